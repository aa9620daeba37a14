"""Does a role trust policy name the outside subjects and audiences that it trusts, exactly?

A trust for an OIDC issuer without a fixed subject lets everybody in whom that issuer knows: every repository of a
public CI service, every pod of a cluster.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.conditions import Condition, Quantifier
from ostiary.policy.language.statement import Policy, Statement
from ostiary.policy.model import Effect

_FIXING = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike"})
_OIDC = ":oidc-provider/"
_SAML = ":saml-provider/"
_CONSEQUENCES = {
    "sub": "every subject of that issuer might assume the role",
    "aud": "tokens made for others would be accepted",
}


@dataclass(frozen=True, slots=True)
class OpenTrust:
    """A statement that trusts an issuer (`host/path`) without fixing one of its claims."""

    statement: Statement
    issuer: str
    claim: str

    @property
    def reason(self) -> str:
        return (
            f"trusts `{self.issuer}` without a StringEquals condition that fixes `{self.issuer}:{self.claim}`:"
            f" {_CONSEQUENCES[self.claim]}; list the exact values"
        )


def open_trusts(trust: Policy) -> Iterator[OpenTrust]:
    """Each statement and issuer whose subject or audience is not fixed exactly."""
    for statement, issuer in _trusted_issuers(trust):
        for claim in _CONSEQUENCES:
            if not _is_fixed(trust, statement, f"{issuer}:{claim}"):
                yield OpenTrust(statement, issuer, claim)


def wildcard_subjects(trust: Policy, issuer_key_prefix: str) -> list[str]:
    """A sentence for each statement that trusts the issuer (`host/path`) without fixing its `sub` exactly."""
    wanted = lower_ascii(issuer_key_prefix)
    return [_sentence(trust, one) for one in open_trusts(trust) if one.issuer == wanted and one.claim == "sub"]


def federated_condition_findings(trust: Policy) -> list[str]:
    """A sentence for each statement and issuer whose subject or audience is not fixed exactly."""
    return [_sentence(trust, one) for one in open_trusts(trust)]


def _trusted_issuers(trust: Policy) -> Iterator[tuple[Statement, str]]:
    """Allow statements with each OIDC issuer that they trust. SAML providers have no such subject key."""
    for statement in trust.statements:
        if statement.effect is Effect.ALLOW and statement.principals is not None:
            for name in sorted(statement.principals.federated):
                if _SAML not in name:
                    yield statement, lower_ascii(name.partition(_OIDC)[2] or name)


def _is_fixed(trust: Policy, statement: Statement, key: str) -> bool:
    return any(
        condition.key == key and _fixes(condition, with_variables=trust.version == "2012-10-17")
        for condition in statement.conditions
    )


def _fixes(condition: Condition, *, with_variables: bool) -> bool:
    # ForAllValues and IfExists hold when the claim is missing; a variable may resolve to the claim itself.
    if condition.operator not in _FIXING or condition.if_exists or condition.quantifier is Quantifier.ALL:
        return False
    wild = ("*", "?") if condition.operator == "StringLike" else ()
    opening = ("${",) if with_variables else ()
    return not any(sign in value for value in condition.values for sign in (*wild, *opening))


def _sentence(trust: Policy, one: OpenTrust) -> str:
    return f"{one.statement.path} of `{trust.policy_id}` {one.reason}"
