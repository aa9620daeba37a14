"""What do several tests of the joined house say the same way?"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from ostiary.app.organization.execution import Applied

START = datetime(2026, 5, 1, 9, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parents[1] / "examples/organization.toml"
Apply = Callable[[str], Applied]
_PROVIDER = "issuer.example.org"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::${{account}}:oidc-provider/{_PROVIDER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{_PROVIDER}:sub": "SUBJECT", f"{_PROVIDER}:aud": "a"}},
        },
    }
)


def statement(action: str, resource: str) -> str:
    """An identity policy that allows one thing."""
    allow = {"Effect": "Allow", "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": allow})
