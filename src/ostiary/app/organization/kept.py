"""What is kept now, in the shape in which it is compared with a file?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any

from ostiary.domain.access.model import (
    Assignment,
    ControlKind,
    ControlPolicy,
    OrganizationalUnit,
    PermissionSet,
    Role,
)
from ostiary.domain.applications.model import Application
from ostiary.domain.credentials.model import IamUser
from ostiary.domain.directory.model import (
    Account,
    AttributeDefinition,
    Directory,
    Group,
    Organization,
    Person,
    Workload,
)
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.upstream import UpstreamProvider, secret_identity
from ostiary.domain.secrets.model import Secret
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from ostiary.kit.crypto.sealing import Keyring
from ostiary.storage.transaction import Transaction

Key = tuple[str, ...]
_NOTHING: Mapping[str, str] = MappingProxyType({})
_PAGE = 1000


class NoOrganization(Exception):
    """The database holds nothing that could be compared."""


@dataclass(frozen=True, slots=True)
class UserWithPolicies:
    """An IAM user and its identity policies are one thing to whoever writes the file."""

    user: IamUser
    policies: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """Compared, and never shown."""

    text: str = field(repr=False)

    def __str__(self) -> str:
        return "[redacted]"


@dataclass(frozen=True, slots=True)
class ProviderWithSecret:
    """The provider without its sealed secret, which differs each time that it is sealed."""

    provider: UpstreamProvider
    secret: ClientSecret
    sealed: bytes = field(default=b"", repr=False, compare=False)


Fact = (
    Organization
    | Account
    | OrganizationalUnit
    | ControlPolicy
    | Directory
    | SignInPolicy
    | AttributeDefinition
    | Group
    | Person
    | Workload
    | Role
    | PermissionSet
    | Assignment
    | Application
    | IssuerTrust
    | Secret
    | UserWithPolicies
    | ProviderWithSecret
)


class Kept:
    """Lives as long as its transaction; people and secrets, of which there may be many, are looked up singly."""

    def __init__(self, tx: Transaction, keyring: Keyring | None = None) -> None:
        self._tx = tx
        self._keyring = keyring

    @property
    def keyring(self) -> Keyring:
        if self._keyring is None:
            raise RuntimeError("client secrets can be compared only with the server's keys")
        return self._keyring

    @cached_property
    def organization(self) -> Organization:
        found = self._tx.directory.organization()
        if found is None:
            raise NoOrganization("this database holds no organization: run `ostiary init` first")
        return found

    @cached_property
    def accounts(self) -> dict[str, Account]:
        return {account.account_id: account for account in self._tx.directory.accounts()}

    @cached_property
    def units(self) -> dict[str, OrganizationalUnit]:
        return {unit.name: unit for unit in self._tx.access.organizational_units()}

    @cached_property
    def controls(self) -> dict[ControlKind, dict[str, ControlPolicy]]:
        found: dict[ControlKind, dict[str, ControlPolicy]] = {kind: {} for kind in ControlKind}
        for control in self._tx.access.control_policies():
            found[control.kind][control.name] = control
        return found

    @cached_property
    def directories(self) -> dict[str, Directory]:
        return {directory.name: directory for directory in self._tx.directory.directories()}

    @cached_property
    def signin_policies(self) -> dict[tuple[ScopeKind, str], SignInPolicy]:
        return {(policy.kind, policy.name): policy for policy in self._tx.signin_policies.signin_policies()}

    @cached_property
    def definitions(self) -> dict[str, AttributeDefinition]:
        return {definition.name: definition for definition in self._tx.directory.attribute_definitions()}

    @cached_property
    def groups(self) -> dict[str, Group]:
        return {group.name: group for group in self._tx.directory.groups()}

    @cached_property
    def workloads(self) -> dict[str, Workload]:
        return {workload.name: workload for workload in self._tx.directory.workloads()}

    @cached_property
    def roles(self) -> dict[tuple[str, str], Role]:
        return {(role.account, role.name): role for role in self._tx.access.roles()}

    @cached_property
    def permission_sets(self) -> dict[str, PermissionSet]:
        return {permission_set.name: permission_set for permission_set in self._tx.access.permission_sets()}

    @cached_property
    def assignments(self) -> dict[Key, Assignment]:
        return {(a.group, a.permission_set, a.account): a for a in self._tx.access.assignments()}

    @cached_property
    def applications(self) -> dict[str, Application]:
        return {application.client_id: application for application in self._tx.applications.applications()}

    @cached_property
    def issuer_trusts(self) -> dict[tuple[str, str], IssuerTrust]:
        return {(trust.account, trust.issuer): trust for trust in self._tx.federation.issuer_trusts()}

    @cached_property
    def upstream_providers(self) -> dict[str, ProviderWithSecret]:
        return {one.name: self._opened(one) for one in self._tx.federation.upstream_providers()}

    def _opened(self, provider: UpstreamProvider) -> ProviderWithSecret:
        secret = self.keyring.open(provider.sealed_secret, identity=secret_identity(provider.name)).decode()
        return ProviderWithSecret(replace(provider, sealed_secret=b""), ClientSecret(secret), provider.sealed_secret)

    @cached_property
    def iam_users(self) -> dict[tuple[str, str], UserWithPolicies]:
        policies: dict[tuple[str, str], dict[str, str]] = {}
        for policy in self._tx.access.user_policies():
            policies.setdefault((policy.account, policy.user_name), {})[policy.policy_name] = policy.document
        users = self._tx.credentials.iam_users()
        return {(u.account, u.name): UserWithPolicies(u, policies.get((u.account, u.name), {})) for u in users}

    def person(self, user_name: str) -> Person | None:
        return self._tx.directory.person_by_user_name(user_name)

    def people(self) -> Iterator[Person]:
        """Everybody: may be long."""
        after = ""
        while page := self._tx.directory.people(after_user_name=after, limit=_PAGE):
            yield from page
            after = page[-1].user_name

    def secret(self, account: str, name: str) -> Secret | None:
        return self._tx.secrets.secret(account, name)

    def is_enrolled(self, person: Person) -> bool:
        """Whether she could sign in: by a passkey, or by a password with an authenticator app."""
        if self._tx.credentials.passkeys(person.person_id):
            return True
        factors = self._tx.credentials.totp_factors(person.person_id)
        confirmed = any(factor.confirmed_at is not None for factor in factors)
        return confirmed and self._tx.credentials.password(person.person_id) is not None

    def all_of(self, kind: str) -> Mapping[Any, Any]:
        """Every object of a kind of which the file can be the authority."""
        match kind:
            case "role":
                return self.roles
            case "assignment":
                return self.assignments
            case "issuer_trust":
                return self.issuer_trusts
            case "iam_user":
                return self.iam_users
            case "sign_in_policy":
                return self.signin_policies
            case _:
                return {(name,): fact for name, fact in self._by_name(kind).items()}

    def _by_name(self, kind: str) -> Mapping[str, Any]:
        by_name: Mapping[str, Mapping[str, Any]] = {
            "organizational_unit": self.units,
            "service_control_policy": self.controls[ControlKind.SERVICE],
            "resource_control_policy": self.controls[ControlKind.RESOURCE],
            "attribute": self.definitions,
            "group": self.groups,
            "workload": self.workloads,
            "permission_set": self.permission_sets,
            "application": self.applications,
        }
        return self.upstream_providers if kind == "upstream_provider" else by_name[kind]
