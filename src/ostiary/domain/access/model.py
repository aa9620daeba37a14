"""What is a role, a permission set, an assignment; which units are there, and which controls hold in them?

Policies are kept as the JSON text that was given; they are parsed when the index in memory is built.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from ostiary.kit import arn

_NOTHING: Mapping[str, str] = MappingProxyType({})
SSO_PATH = "aws-reserved/sso.amazonaws.com/"
ROOT = "root"  # of the organization's tree: where a control holds everywhere


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


@dataclass(frozen=True, slots=True)
class ApplicationGrants:
    """What access knows of an application; a disabled one may do nothing."""

    client_id: str
    enabled: bool
    policies: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def arn(self) -> str:
        return arn.application(self.client_id)


@dataclass(frozen=True, slots=True)
class OrganizationalUnit:
    """A node of the organization's tree, under the unit `parent`, or under the root when that is empty."""

    name: str
    parent: str = ""
    accounts: tuple[str, ...] = ()
    description: str = ""


class ControlKind(StrEnum):
    SERVICE = "service"  # limits the principals of the accounts
    RESOURCE = "resource"  # limits what anybody does with the accounts' resources


@dataclass(frozen=True, slots=True)
class ControlPolicy:
    """A guardrail: it gives nothing, it limits. `targets` are `root`, `unit:NAME`, `account:ID`."""

    kind: ControlKind
    name: str
    document: str
    targets: tuple[str, ...] = ()
    description: str = ""
