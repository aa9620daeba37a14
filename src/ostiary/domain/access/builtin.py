"""Which policies does the house itself bring along?"""

from __future__ import annotations

import json
from collections.abc import Iterable
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

REQUEST_RECOVERY, APPROVE_RECOVERY = "ostiary:RequestRecovery", "ostiary:ApproveRecovery"
HELPER_GROUPS = "ostiary:HelperGroups"


def recovery_policy(person_arn: str, groups: Iterable[str]) -> str:
    """The resource policy of a person's account: members of `groups`, and never she herself, help her back in."""
    actions = [REQUEST_RECOVERY, APPROVE_RECOVERY]
    herself = {"ArnEquals": {"aws:PrincipalArn": person_arn}}
    helpers = {
        # A dollar sign would begin a variable.
        "ForAnyValue:StringEquals": {HELPER_GROUPS: [group.replace("$", "${$}") for group in groups]},
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
    }
    everybody: dict[str, Any] = {"Principal": "*", "Action": actions, "Resource": person_arn}
    return _document(
        {"Sid": "NobodyHelpsHerself", "Effect": "Deny", **everybody, "Condition": herself},
        {"Sid": "HelpersOfHerDirectory", "Effect": "Allow", **everybody, "Condition": helpers},
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
