"""Which policies does the house itself bring along?"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from ostiary.domain.access.model import Role
from ostiary.domain.directory.model import PersonKind
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
    everybody: dict[str, Any] = {"Principal": "*", "Action": actions, "Resource": person_arn}
    statements = [{"Sid": "NobodyHelpsHerself", "Effect": "Deny", **everybody, "Condition": herself}]
    # A dollar sign would begin a variable.
    if named := [group.replace("$", "${$}") for group in groups]:
        helpers = {
            "ForAnyValue:StringEquals": {HELPER_GROUPS: named},
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
        }
        statements.append({"Sid": "HelpersOfHerDirectory", "Effect": "Allow", **everybody, "Condition": helpers})
    return _document(*statements)


# What the account that `init` makes is for: to bring the organization up and to see what happens. Not for daily work,
# not for reading secrets, and no long-term key comes of it (BP01-9).
FIRST_ADMINISTRATOR_TASKS = _document(
    {
        "Sid": "BringUpAndSee",
        "Effect": "Allow",
        "Action": [
            "ostiary:*",
            "iam:Get*",
            "iam:List*",
            "iam:Generate*",
            "iam:Simulate*",
            "access-analyzer:*",
            "cloudtrail:LookupEvents",
            "secretsmanager:ListSecrets",
            "secretsmanager:DescribeSecret",
            "sts:GetCallerIdentity",
            "sts:GetAccessKeyInfo",
        ],
        "Resource": "*",
    }
)

# In an emergency everything that its groups may do is needed, but nothing that would outlive the emergency.
BREAK_GLASS_TASKS = _document(
    {"Sid": "WhatItsGroupsMay", "Effect": "Allow", "Action": "*", "Resource": "*"},
    {
        "Sid": "NothingThatStays",
        "Effect": "Deny",
        "Action": ["iam:CreateAccessKey", "iam:CreateUser", "iam:CreateLoginProfile", "ostiary:RotateClientSecret"],
        "Resource": "*",
    },
)

# INVARIANT: every kind has a row; what a guarded account may do at most goes into each session that it hands out, and
# into each answer about it.
TASKS: Mapping[PersonKind, tuple[str, ...]] = MappingProxyType(
    {
        PersonKind.ORDINARY: (),
        PersonKind.FIRST_ADMINISTRATOR: (FIRST_ADMINISTRATOR_TASKS,),
        PersonKind.BREAK_GLASS: (BREAK_GLASS_TASKS,),
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
