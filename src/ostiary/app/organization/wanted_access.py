"""Which roles, permission sets, assignments and IAM users does the file want?"""

from __future__ import annotations

from datetime import datetime

from ostiary.app.organization.document import (
    AssignmentEntry,
    Declared,
    Entry,
    IamUserEntry,
    PermissionSetEntry,
    RoleEntry,
)
from ostiary.app.organization.kept import Key, UserWithPolicies
from ostiary.app.organization.references import References
from ostiary.domain.access.model import Assignment, PermissionSet, Role
from ostiary.domain.credentials.model import IamUser
from ostiary.kit import ids
from ostiary.policy import Policy, PolicyKind, federated_condition_findings

_RESERVED_PATH, _RESERVED_NAME = "/aws-reserved/", "AWSReservedSSO_"


def wanted_roles(refs: References) -> dict[Key, Role]:
    wanted: dict[Key, Role] = {}
    seen: dict[Key, int] = {}
    for one in refs.document.declared("role", RoleEntry):
        role = _role(refs, one)
        key = (role.account, role.name)
        refs.check_once(seen, key, one, key="name", what=f"the role `{role.name}`")
        wanted[key] = role
    return wanted


def _role(refs: References, one: Declared[RoleEntry]) -> Role:
    entry = one.entry
    account = refs.account(one, entry.account)
    known = refs.kept.roles.get((account, entry.name))
    if entry.path.startswith(_RESERVED_PATH) or entry.name.startswith(_RESERVED_NAME):
        refs.refuse(one, "name", f"`{entry.path}{entry.name}` is reserved for permission sets: choose another")
    trust_text, trust = refs.policy(one, "trust_policy", entry.trust_policy, kind=PolicyKind.TRUST, account=account)
    if trust is not None:
        _check_trust(refs, one, trust)
    boundary = ""
    if entry.permissions_boundary is not None:
        key = "permissions_boundary"
        boundary, _ = refs.policy(one, key, entry.permissions_boundary, kind=PolicyKind.BOUNDARY, account=account)
    return Role(
        role_id=known.role_id if known else ids.aws_unique_id("AROA"),
        account=account,
        name=entry.name,
        trust_policy=trust_text,
        created_at=known.created_at if known else refs.now,
        path=entry.path,
        description=entry.description,
        policies=refs.policies(one, entry.policies, account=account),
        permissions_boundary=boundary,
        max_session_seconds=entry.max_session_seconds,
        tags=entry.tags,
    )


def _check_trust(refs: References, one: Declared[RoleEntry], trust: Policy) -> None:
    for finding in federated_condition_findings(trust):
        refs.refuse(one, "trust_policy", finding)
    known = refs.provider_arns()
    for statement in trust.statements:
        for provider in sorted(statement.principals.federated if statement.principals else ()):
            if provider not in known:
                refs.refuse(
                    one,
                    "trust_policy",
                    f"there is no issuer trust with the ARN `{provider}`: declare its issuer in [[issuer_trust]]",
                )


def wanted_permission_sets(refs: References) -> dict[Key, PermissionSet]:
    wanted: dict[Key, PermissionSet] = {}
    seen: dict[str, int] = {}
    for one in refs.document.declared("permission_set", PermissionSetEntry):
        entry = one.entry
        refs.check_once(seen, entry.name, one, key="name", what=f"the permission set `{entry.name}`")
        policies = refs.policies(one, entry.policies, account=None)
        wanted[entry.name,] = PermissionSet(entry.name, entry.description, policies, entry.session_seconds)
    return wanted


def wanted_assignments(refs: References) -> dict[Key, Assignment]:
    wanted: dict[Key, Assignment] = {}
    seen: dict[Key, int] = {}
    for one in refs.document.declared("assignment", AssignmentEntry):
        entry = one.entry
        refs.check_group(one, "group", entry.group)
        refs.check_permission_set(one, entry.permission_set)
        assignment = Assignment(entry.group, entry.permission_set, refs.account(one, entry.account), entry.until)
        key = (assignment.group, assignment.permission_set, assignment.account)
        refs.check_once(seen, key, one, key="group", what="this assignment")
        wanted[key] = assignment
    return wanted


def wanted_iam_users(refs: References) -> dict[Key, UserWithPolicies]:
    wanted: dict[Key, UserWithPolicies] = {}
    seen: dict[Key, int] = {}
    for one in refs.document.declared("iam_user", IamUserEntry):
        entry = one.entry
        account = refs.account(one, entry.account)
        key = (account, entry.name)
        refs.check_once(seen, key, one, key="name", what=f"the IAM user `{entry.name}`")
        refs.check_owner(one, entry.owner)
        known = refs.kept.iam_users.get(key)
        check_future(refs, one, entry.expires, known.user.expires_at if known else None)
        user = IamUser(
            name=entry.name,
            account=account,
            owner=entry.owner,
            reason=entry.reason,
            expires_at=entry.expires,
            created_at=known.user.created_at if known else refs.now,
            user_id=known.user.user_id if known else ids.aws_unique_id("AIDA"),
        )
        wanted[key] = UserWithPolicies(user, refs.policies(one, entry.policies, account=account))
    return wanted


def check_future(refs: References, where: Declared[Entry], expires: datetime, known: datetime | None) -> None:
    """What expired meanwhile may stay in the file; nothing may be made that has expired already."""
    if expires <= refs.now and expires != known:
        refs.refuse(where, "expires", "`expires` is in the past: give the day of the next review")
