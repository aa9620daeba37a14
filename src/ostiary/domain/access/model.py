"""What is a role, a permission set, an assignment?

Policies are kept as the JSON text that was given; they are parsed when the index in memory is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from ostiary.kit import arn

_NOTHING: Mapping[str, str] = MappingProxyType({})
SSO_PATH = "aws-reserved/sso.amazonaws.com/"


@dataclass(frozen=True, slots=True)
class Role:
    """`path` is `/` or `/a/b/`; `policies` maps policy names to JSON texts; life in seconds, 900 to 43200."""

    role_id: str
    account: str
    name: str
    trust_policy: str
    created_at: datetime
    path: str = "/"
    description: str = ""
    policies: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    permissions_boundary: str = ""
    max_session_seconds: int = 3600
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def arn(self) -> str:
        return arn.iam(self.account, "role", self.path.lstrip("/") + self.name)


@dataclass(frozen=True, slots=True)
class UserPolicy:
    """An identity policy of an IAM user."""

    account: str
    user_name: str
    policy_name: str
    document: str


@dataclass(frozen=True, slots=True)
class PermissionSet:
    """Reusable rights (BP06-2); in each account where it is assigned it acts as a reserved role."""

    name: str
    description: str
    policies: Mapping[str, str]
    session_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Assignment:
    """group x permission set x account, optionally until a date (BP06-3, BP06-4)."""

    group: str
    permission_set: str
    account: str
    until: datetime | None = None
