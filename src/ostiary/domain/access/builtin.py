"""Which policies does the house itself bring along?"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ostiary.domain.access.model import Role
from ostiary.kit import ids

ADMINISTRATOR_ROLE = "OstiaryAdministrator"


def _document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


ALLOW_ALL = _document({"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"})

# A person acts on herself alone: her id is the last part of her own ARN, and a variable is never a wildcard.
SELF_SERVICE = _document(
    {
        "Sid": "OnlyHerself",
        "Effect": "Allow",
        "Action": "ostiary:*",
        "Resource": [
            "arn:aws:identitystore:::user/${aws:userid}",
            "arn:aws:identitystore:::user/${aws:userid}/*",
        ],
    }
)

# A reserved role is entered by assignment only; `sts:AssumeRole` finds this.
ONLY_BY_ASSIGNMENT = _document(
    {"Sid": "OnlyByAssignment", "Effect": "Deny", "Principal": "*", "Action": "sts:*"},
)


def root_arn(account: str) -> str:
    return f"arn:aws:iam::{account}:root"


def administrator_role(account: str, *, now: datetime) -> Role:
    """The role that `init` makes: trusts its account, whose only root user is the local operator."""
    trust = {"Effect": "Allow", "Principal": {"AWS": root_arn(account)}, "Action": ["sts:AssumeRole", "sts:TagSession"]}
    return Role(
        role_id=ids.aws_unique_id("AROA"),
        account=account,
        name=ADMINISTRATOR_ROLE,
        description="May do everything in this account; made by ostiary init",
        trust_policy=_document(trust),
        policies={"Everything": ALLOW_ALL},
        created_at=now,
    )
