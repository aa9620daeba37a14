"""Which rules hold for this person, here and now? All policies are in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import assert_never

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Directory, PasswordProfile, Person, PersonKind
from ostiary.domain.signin_policy.combining import combine
from ostiary.domain.signin_policy.model import Prompt, RiskAnswer, RiskRules, ScopeKind, SignInPolicy, SignInRules
from ostiary.domain.signin_policy.ports import SignInPolicySlice

# Whoever is in a directory that is not known gets the strictest there is.
_UNKNOWN = Directory("", session_minutes=60, idle_minutes=15)
_OF_FIRST_ADMINISTRATOR = SignInPolicy(ScopeKind.GROUP, "", required=AssuranceLevel.MULTI_FACTOR, prompt=Prompt.ALWAYS)

# A row of the table must not shut the door for emergencies, nor open it wider.
_OF_SEALED_ACCOUNTS = SignInRules(
    session=timedelta(hours=1),
    idle=timedelta(minutes=15),
    password_profile=PasswordProfile.NIST,
    risk=RiskRules(medium=RiskAnswer.ALLOW, high=RiskAnswer.ALLOW, observe_only=True),
)


_MOST_COMBINED = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class SignInPolicyIndex:
    directories: Mapping[str, Directory] = field(default_factory=lambda: MappingProxyType({}))
    policies: Mapping[tuple[ScopeKind, str], SignInPolicy] = field(default_factory=lambda: MappingProxyType({}))
    _combined: dict[tuple[object, ...], SignInRules] = field(default_factory=dict, init=False, repr=False)

    def rules_for(self, person: Person, *, application: str = "") -> SignInRules:
        """`application` is the client id of the one that she is on the way to."""
        match person.kind:
            case PersonKind.BREAK_GLASS:
                return _OF_SEALED_ACCOUNTS
            case PersonKind.FIRST_ADMINISTRATOR:
                guarded = [_OF_FIRST_ADMINISTRATOR]
            case PersonKind.ORDINARY:
                guarded = []
            case _:
                assert_never(person.kind)
        return self._rules(person.directory, [*self.policies_for(person, application=application), *guarded])

    def policies_for(self, person: Person, *, application: str = "") -> list[SignInPolicy]:
        """The rows that speak of her, that of her directory first."""
        scopes = [(ScopeKind.DIRECTORY, person.directory), *((ScopeKind.GROUP, group) for group in person.groups)]
        if application:
            scopes.append((ScopeKind.APPLICATION, application))
        return [policy for scope in scopes if (policy := self.policies.get(scope)) is not None]

    def rules_of_directory(self, name: str) -> SignInRules:
        """For somebody of whom nothing is known but where she will belong."""
        own = self.policies.get((ScopeKind.DIRECTORY, name))
        return self._rules(name, [own] if own is not None else [])

    def _rules(self, directory: str, policies: list[SignInPolicy]) -> SignInRules:
        """Combined once for all who have the same rows: they are asked for at every step and every request."""
        rows = (directory, *((policy.kind, policy.name) for policy in policies))
        found = self._combined.get(rows)
        if found is None:
            if len(self._combined) >= _MOST_COMBINED:
                self._combined.clear()
            found = self._combined[rows] = self._combine(directory, policies)
        return found

    def _combine(self, directory: str, policies: list[SignInPolicy]) -> SignInRules:
        known = self.directories.get(directory)
        if known is None:
            strict = SignInPolicy(ScopeKind.DIRECTORY, directory, required=AssuranceLevel.PHISHING_RESISTANT)
            return combine(replace(_UNKNOWN, name=directory), [strict, *policies])
        return combine(known, policies)


def load_signin_policies(tx: SignInPolicySlice) -> SignInPolicyIndex:
    return SignInPolicyIndex(
        directories={one.name: one for one in tx.directory.directories()},
        policies={(policy.kind, policy.name): policy for policy in tx.signin_policies.signin_policies()},
    )
