"""What does access need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.access.model import (
    ApplicationGrants,
    Assignment,
    ControlKind,
    ControlPolicy,
    OrganizationalUnit,
    PermissionSet,
    Role,
    UserPolicy,
)
from ostiary.domain.directory.ports import DirectorySlice


class AccessRows(Protocol):
    def roles(self) -> Sequence[Role]: ...

    def put_role(self, role: Role) -> None: ...

    def delete_role(self, account: str, name: str) -> None: ...

    def user_policies(self) -> Sequence[UserPolicy]: ...

    def put_user_policy(self, policy: UserPolicy) -> None: ...

    def delete_user_policy(self, account: str, user_name: str, policy_name: str) -> None: ...

    def permission_sets(self) -> Sequence[PermissionSet]: ...

    def put_permission_set(self, permission_set: PermissionSet) -> None: ...

    def delete_permission_set(self, name: str) -> None: ...

    def assignments(self) -> Sequence[Assignment]: ...

    def put_assignment(self, assignment: Assignment) -> None: ...

    def delete_assignment(self, assignment: Assignment) -> None: ...

    def organizational_units(self) -> Sequence[OrganizationalUnit]: ...

    def put_organizational_unit(self, unit: OrganizationalUnit) -> None: ...

    def delete_organizational_unit(self, name: str) -> None: ...

    def control_policies(self) -> Sequence[ControlPolicy]: ...

    def put_control_policy(self, policy: ControlPolicy) -> None: ...

    def delete_control_policy(self, kind: ControlKind, name: str) -> None: ...

    def application_grants(self) -> Sequence[ApplicationGrants]:
        """Of every application, whatever its state; they are changed where applications are."""
        ...


class AccessSlice(Protocol):
    @property
    def access(self) -> AccessRows: ...


class AccessIndexSlice(AccessSlice, DirectorySlice, Protocol): ...


class NamedUser(Protocol):
    """Of an IAM user, what tells who it is; the room `credentials` keeps it, which this one may not know."""

    @property
    def name(self) -> str: ...

    @property
    def account(self) -> str: ...

    @property
    def user_id(self) -> str: ...

    @property
    def expires_at(self) -> datetime: ...


class NamedApplication(Protocol):
    """Of an application, what tells who it is; the room `applications` stands above this one."""

    @property
    def arn(self) -> str: ...

    @property
    def client_id(self) -> str: ...

    @property
    def enabled(self) -> bool: ...


class UserRows(Protocol):
    def iam_users(self) -> Sequence[NamedUser]: ...


class ApplicationRows(Protocol):
    def applications(self) -> Sequence[NamedApplication]: ...


class StandingSlice(DirectorySlice, Protocol):
    @property
    def credentials(self) -> UserRows: ...

    @property
    def applications(self) -> ApplicationRows: ...
