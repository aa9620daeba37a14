"""Which roles and policies are in force, compiled and found in one look?

The index is built whole from one transaction when the generation of access changes, and never changed afterwards. A
stored document that does not parse takes its role or user out of force: nothing is decided by half of the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from types import MappingProxyType

from ostiary.domain.access import builtin
from ostiary.domain.access.guardrails import GuardrailIndex, Guardrails, Levels, build_guardrails
from ostiary.domain.access.model import SSO_PATH, ApplicationGrants, Assignment, PermissionSet, Role, UserPolicy
from ostiary.domain.access.organization_tree import (
    OrganizationTree,
    TreeBroken,
    organization_id,
    organization_path,
    tree_of,
)
from ostiary.domain.access.ports import AccessIndexSlice
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.kit import ids
from ostiary.kit.clock import from_micros
from ostiary.policy import Policy, PolicyError, PolicyKind, PolicySet, federated_condition_findings, parse_policy

NO_POLICIES = PolicySet()
CompiledPolicies = Mapping[tuple[PolicyKind, str, str], Policy]
_CREATED_WITH_ITS_SET = from_micros(0)


@dataclass(frozen=True, slots=True, eq=False)
class RoleEntry:
    """A role with its compiled policies; `unusable` says why nothing may be done with it, empty when it is in force.

    `policies` hold the service controls of the role's account, too.

    `open_trusts` are findings about its trust in outside issuers: with one, no outside identity may assume it.
    """

    role: Role
    trust: Policy | None = None
    policies: PolicySet = NO_POLICIES
    unusable: str = ""
    open_trusts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class UserEntry:
    policies: PolicySet = NO_POLICIES
    unusable: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class ApplicationEntry:
    """What an application may do itself: nothing when it is disabled."""

    enabled: bool = False
    policies: PolicySet = NO_POLICIES
    unusable: str = ""


@dataclass(frozen=True, slots=True)
class AssignedRole:
    """A role that a person may enter from the portal, `until` a date or until the assignment is taken away."""

    role: Role
    permission_set: str
    until: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class AccessIndex:
    roles: Mapping[str, RoleEntry] = field(default_factory=lambda: MappingProxyType({}))
    users: Mapping[tuple[str, str], UserEntry] = field(default_factory=lambda: MappingProxyType({}))
    applications: Mapping[str, ApplicationEntry] = field(default_factory=lambda: MappingProxyType({}))
    assignments: Mapping[str, tuple[Assignment, ...]] = field(default_factory=lambda: MappingProxyType({}))
    arns_by_name: Mapping[tuple[str, str], str] = field(default_factory=lambda: MappingProxyType({}))
    compiled: CompiledPolicies = field(default_factory=lambda: MappingProxyType({}))
    guardrail_index: GuardrailIndex = field(default_factory=GuardrailIndex)
    organization_id: str = ""
    organization_paths: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    findings: tuple[str, ...] = ()

    def guardrails(self, account: str) -> Guardrails:
        """What holds in the account; for one that is not known what holds at the root."""
        return self.guardrail_index.of(account)

    def organization_path(self, account: str) -> str:
        """As `aws:PrincipalOrgPaths` has it; empty for an account that is not of the organization."""
        return self.organization_paths.get(account, "")

    def role(self, role_arn: str) -> RoleEntry | None:
        return self.roles.get(role_arn)

    def role_named(self, account: str, name: str) -> RoleEntry | None:
        return self.roles.get(self.arns_by_name.get((account, name), ""))

    def user(self, account: str, name: str) -> UserEntry | None:
        """None for a user without policies."""
        return self.users.get((account, name))

    def application(self, application_arn: str) -> ApplicationEntry | None:
        """None for what is no application."""
        return self.applications.get(application_arn)

    def roles_of_groups(self, groups: Iterable[str], now: datetime) -> list[AssignedRole]:
        """What assignments that are in force give to the members of these groups, each role once."""
        found: dict[str, AssignedRole] = {}
        for group in groups:
            for assignment in self.assignments.get(group, ()):
                entry = self.role_named(
                    assignment.account, reserved_name(assignment.permission_set, assignment.account)
                )
                if entry is None or (assignment.until is not None and assignment.until <= now):
                    continue
                known = found.get(entry.role.arn)
                if known is None or _ends_later(assignment.until, known.until):
                    found[entry.role.arn] = AssignedRole(entry.role, assignment.permission_set, assignment.until)
        return sorted(found.values(), key=lambda assigned: (assigned.role.account, assigned.permission_set))


EMPTY_INDEX = AccessIndex()


def reserved_name(permission_set: str, account: str) -> str:
    """`AWSReservedSSO_<set>_<16 hex>`: the name of a permission set's role in one account."""
    return f"AWSReservedSSO_{permission_set}_{sha256(f'{account}:{permission_set}'.encode()).hexdigest()[:16]}"


def load_access_index(tx: AccessIndexSlice, *, previous: AccessIndex = EMPTY_INDEX) -> AccessIndex:
    """Build the index; what did not change keeps what `previous` made of it."""
    build = _Builder(previous)
    units = tx.access.organizational_units()
    tree = tree_of(units)
    build.guardrails = build_guardrails(
        units, tx.access.control_policies(), build.policy, previous=previous.guardrail_index
    )
    first_account = _first_account(tx)
    assignments = tx.access.assignments()
    stored = [*tx.access.roles(), *_reserved_roles(tx.access.permission_sets(), assignments)]
    roles = {role.arn: build.role(role) for role in stored}
    return AccessIndex(
        roles=roles,
        users=build.users(tx.access.user_policies()),
        applications={g.arn: build.application(g, first_account) for g in tx.access.application_grants()},
        assignments=_by_group(assignments),
        arns_by_name={(role.account, role.name): role.arn for role in stored},
        compiled=build.compiled,
        guardrail_index=build.guardrails,
        organization_id=organization_id(first_account) if first_account else "",
        organization_paths=_paths(tx, tree, first_account),
        findings=(*build.guardrails.findings, *build.findings),
    )


def _first_account(tx: DirectorySlice) -> str:
    organization = tx.directory.organization()
    return organization.account if organization is not None else ""


def _paths(tx: DirectorySlice, tree: OrganizationTree, first_account: str) -> dict[str, str]:
    """Without the accounts whose place is not known: their principals are told no path."""
    paths: dict[str, str] = {}
    for account in tx.directory.accounts() if first_account else ():
        with suppress(TreeBroken):
            chain = tree.chain_of_account(account.account_id)
            paths[account.account_id] = organization_path(first_account, chain)
    return paths


class _Builder:
    def __init__(self, previous: AccessIndex) -> None:
        self._roles, self._known = previous.roles, previous.compiled
        self.compiled: dict[tuple[PolicyKind, str, str], Policy] = {}
        self.findings: list[str] = []
        self.guardrails = GuardrailIndex()

    def role(self, role: Role) -> RoleEntry:
        try:
            trust = self.policy(PolicyKind.TRUST, f"{role.name}/trust", role.trust_policy)
            identity = self._identity((f"{role.name}/{name}", text) for name, text in role.policies.items())
            boundary = self._boundary(role)
        except PolicyError as error:
            return RoleEntry(role, unusable=self._report(f"the role `{role.arn}` is out of force: {error}"))
        entry = self._unchanged(role) or self._role_entry(role, trust, identity, boundary)
        self.findings += entry.open_trusts
        return entry

    def _role_entry(self, role: Role, trust: Policy, identity: list[Policy], boundary: Policy | None) -> RoleEntry:
        policies = PolicySet(identity=identity, boundary=boundary, service_controls=self._controls(role.account))
        return RoleEntry(role, trust, policies, open_trusts=tuple(federated_condition_findings(trust)))

    def _unchanged(self, role: Role) -> RoleEntry | None:
        """The previous entry, with the index of actions that its policies made, while all of it is as it was."""
        known = self._roles.get(role.arn)
        if known is None or known.unusable or known.role != role:
            return None
        return known if known.policies.service_controls == self._controls(role.account) else None

    def users(self, policies: Sequence[UserPolicy]) -> dict[tuple[str, str], UserEntry]:
        texts: dict[tuple[str, str], list[UserPolicy]] = {}
        for policy in policies:
            texts.setdefault((policy.account, policy.user_name), []).append(policy)
        return {key: self._user(own) for key, own in texts.items()}

    def _user(self, policies: Sequence[UserPolicy]) -> UserEntry:
        try:
            own = ((f"{p.user_name}/{p.policy_name}", p.document) for p in policies)
            return UserEntry(self._policies(policies[0].account, self._identity(own)))
        except PolicyError as error:
            return UserEntry(unusable=self._report(f"the user `{policies[0].user_name}` is out of force: {error}"))

    def application(self, grants: ApplicationGrants, account: str) -> ApplicationEntry:
        if not grants.enabled:
            return ApplicationEntry(unusable=f"the application `{grants.client_id}` is disabled")
        try:
            own = ((f"{grants.client_id}/{name}", text) for name, text in grants.policies.items())
            return ApplicationEntry(enabled=True, policies=self._policies(account, self._identity(own)))
        except PolicyError as error:
            found = f"the application `{grants.client_id}` is out of force: {error}"
            return ApplicationEntry(enabled=True, unusable=self._report(found))

    def _policies(self, account: str, identity: list[Policy]) -> PolicySet:
        return PolicySet(identity=identity, service_controls=self._controls(account))

    def _controls(self, account: str) -> Levels:
        return self.guardrails.of(account).service_controls

    def _identity(self, own: Iterable[tuple[str, str]]) -> list[Policy]:
        """Pairs of id and text. Raises PolicyError."""
        return [self.policy(PolicyKind.IDENTITY, policy_id, text) for policy_id, text in own]

    def _boundary(self, role: Role) -> Policy | None:
        if not role.permissions_boundary:
            return None
        return self.policy(PolicyKind.BOUNDARY, f"{role.name}/boundary", role.permissions_boundary)

    def policy(self, kind: PolicyKind, policy_id: str, text: str) -> Policy:
        key = (kind, policy_id, text)
        policy = self._known.get(key) or self.compiled.get(key) or parse_policy(text, policy_id=policy_id, kind=kind)
        self.compiled[key] = policy
        return policy

    def _report(self, finding: str) -> str:
        self.findings.append(finding)
        return finding


def _reserved_roles(sets: Sequence[PermissionSet], assignments: Sequence[Assignment]) -> list[Role]:
    by_name = {permission_set.name: permission_set for permission_set in sets}
    pairs = sorted({(a.permission_set, a.account) for a in assignments if a.permission_set in by_name})
    return [_reserved_role(by_name[name], account) for name, account in pairs]


def _reserved_role(permission_set: PermissionSet, account: str) -> Role:
    return Role(
        role_id=ids.derived_aws_unique_id("AROA", f"permission-set:{account}:{permission_set.name}"),
        account=account,
        name=reserved_name(permission_set.name, account),
        path=f"/{SSO_PATH}",
        description=permission_set.description,
        trust_policy=builtin.ONLY_BY_ASSIGNMENT,
        policies=permission_set.policies,
        max_session_seconds=permission_set.session_seconds,
        created_at=_CREATED_WITH_ITS_SET,
    )


def _by_group(assignments: Sequence[Assignment]) -> dict[str, tuple[Assignment, ...]]:
    found: dict[str, list[Assignment]] = {}
    for assignment in assignments:
        found.setdefault(assignment.group, []).append(assignment)
    return {group: tuple(own) for group, own in found.items()}


def _ends_later(one: datetime | None, other: datetime | None) -> bool:
    return other is not None and (one is None or one > other)
