"""Does a role trust policy name the outside subjects and audiences that it trusts, exactly?

A trust for an OIDC issuer without a fixed subject lets everybody in whom that issuer knows: every repository of a
public CI service, every pod of a cluster.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.conditions import Condition, Quantifier
from ostiary.policy.language.statement import Policy, Statement
from ostiary.policy.model import Effect

_FIXING = frozenset({"StringEquals", "StringEqualsIgnoreCase", "StringLike"})
_OIDC = ":oidc-provider/"
_SAML = ":saml-provider/"


def wildcard_subjects(trust: Policy, issuer_key_prefix: str) -> list[str]:
    """A sentence for each statement that trusts the issuer (`host/path`) without fixing its `sub` exactly."""
    wanted = lower_ascii(issuer_key_prefix)
    return [
        _finding(trust, statement, issuer, "sub", "every subject of that issuer might assume the role")
        for statement, issuer in _trusted_issuers(trust)
        if issuer == wanted and not _is_fixed(trust, statement, f"{issuer}:sub")
    ]


def federated_condition_findings(trust: Policy) -> list[str]:
    """A sentence for each statement and issuer whose subject or audience is not fixed exactly."""
    findings = []
    for statement, issuer in _trusted_issuers(trust):
        if not _is_fixed(trust, statement, f"{issuer}:sub"):
            findings.append(
                _finding(trust, statement, issuer, "sub", "every subject of that issuer might assume the role")
            )
        if not _is_fixed(trust, statement, f"{issuer}:aud"):
            findings.append(_finding(trust, statement, issuer, "aud", "tokens made for others would be accepted"))
    return findings


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


def _finding(trust: Policy, statement: Statement, issuer: str, claim: str, consequence: str) -> str:
    return (
        f"{statement.path} of `{trust.policy_id}` trusts `{issuer}` without a StringEquals condition that fixes"
        f" `{issuer}:{claim}`: {consequence}; list the exact values"
    )
