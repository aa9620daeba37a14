"""How are roles, policies of IAM users, permission sets, assignments, organizational units and controls kept?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Table, delete, select

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
from ostiary.storage.facts import Fact, many, put
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import (
    application,
    assignment,
    control_policy,
    organizational_unit,
    permission_set,
    role,
    user_policy,
)

_ROLES = select(role).order_by(role.c.account, role.c.name)
_USER_POLICIES = select(user_policy).order_by(*user_policy.primary_key)
_PERMISSION_SETS = select(permission_set).order_by(permission_set.c.name)
_ASSIGNMENTS = select(
    assignment.c.group_name.label("group"), assignment.c.permission_set, assignment.c.account, assignment.c.until
).order_by(*assignment.primary_key)
_UNITS = select(organizational_unit).order_by(organizational_unit.c.name)
_CONTROLS = select(control_policy).order_by(*control_policy.primary_key)
_APPLICATION_GRANTS = select(application.c.client_id, application.c.enabled, application.c.policies).order_by(
    application.c.client_id
)


class AccessTable:
    """Every change raises the generation, so that no worker decides by an old index."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def roles(self) -> Sequence[Role]:
        return many(self._connection, _ROLES, Role)

    def put_role(self, role_: Role) -> None:
        self._put(role, role_)

    def delete_role(self, account: str, name: str) -> None:
        self._delete(role, account=account, name=name)

    def user_policies(self) -> Sequence[UserPolicy]:
        return many(self._connection, _USER_POLICIES, UserPolicy)

    def put_user_policy(self, policy: UserPolicy) -> None:
        self._put(user_policy, policy)

    def delete_user_policy(self, account: str, user_name: str, policy_name: str) -> None:
        self._delete(user_policy, account=account, user_name=user_name, policy_name=policy_name)

    def permission_sets(self) -> Sequence[PermissionSet]:
        return many(self._connection, _PERMISSION_SETS, PermissionSet)

    def put_permission_set(self, permission_set_: PermissionSet) -> None:
        self._put(permission_set, permission_set_)

    def delete_permission_set(self, name: str) -> None:
        self._delete(permission_set, name=name)

    def assignments(self) -> Sequence[Assignment]:
        return many(self._connection, _ASSIGNMENTS, Assignment)

    def put_assignment(self, assignment_: Assignment) -> None:
        put(self._connection, assignment, {**_key(assignment_), "until": assignment_.until})
        raise_generation(self._connection, Topic.ACCESS)

    def delete_assignment(self, assignment_: Assignment) -> None:
        self._delete(assignment, **_key(assignment_))

    def organizational_units(self) -> Sequence[OrganizationalUnit]:
        return many(self._connection, _UNITS, OrganizationalUnit)

    def put_organizational_unit(self, unit: OrganizationalUnit) -> None:
        self._put(organizational_unit, unit)

    def delete_organizational_unit(self, name: str) -> None:
        self._delete(organizational_unit, name=name)

    def control_policies(self) -> Sequence[ControlPolicy]:
        return many(self._connection, _CONTROLS, ControlPolicy)

    def put_control_policy(self, policy: ControlPolicy) -> None:
        self._put(control_policy, policy)

    def delete_control_policy(self, kind: ControlKind, name: str) -> None:
        self._delete(control_policy, kind=kind, name=name)

    def application_grants(self) -> Sequence[ApplicationGrants]:
        """What `applications` keeps, as far as access needs it."""
        return many(self._connection, _APPLICATION_GRANTS, ApplicationGrants)

    def _put(self, table: Table, fact: Fact) -> None:
        put(self._connection, table, fact)
        raise_generation(self._connection, Topic.ACCESS)

    def _delete(self, table: Table, **key: str) -> None:
        self._connection.execute(delete(table).filter_by(**key))
        raise_generation(self._connection, Topic.ACCESS)


def _key(assignment_: Assignment) -> dict[str, str]:
    return {
        "group_name": assignment_.group,
        "permission_set": assignment_.permission_set,
        "account": assignment_.account,
    }
