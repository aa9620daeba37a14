"""What do tests of the policy simulator share?"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from parts.aws_world import allow

READ = "secretsmanager:GetSecretValue"


def deny(action: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


def only(answer: Any) -> Any:
    """The one result of an answer that is whole."""
    assert answer["IsTruncated"] is False
    (result,) = answer["EvaluationResults"]
    return result


def refusal(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Code and message."""
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]
