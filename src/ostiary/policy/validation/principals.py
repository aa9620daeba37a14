"""Does a policy speak of the principals that its author means?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.document import shown
from ostiary.policy.model import PolicyKind
from ostiary.policy.validation.outline import Outline, StatementOutline
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_SOURCE_KEYS = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
_SAML = ":saml-provider/"
_TAKEN_BY = {
    "sts:assumerole": "accounts, their members and services",
    "sts:assumerolewithsaml": "SAML providers",
    "sts:assumerolewithwebidentity": "OIDC providers",
}
_GRANTING = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST})


def principal_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for _type, place in statement.principals:
            if "${" in place.text:
                details = "variables have no meaning in a principal; use a condition on aws:PrincipalArn"
                yield finding(Code.VARIABLE_UNSUPPORTED_IN_ELEMENT, details, place.location)
        if statement.allows and statement.has("Principal") and outline.kind in _GRANTING:
            yield from _grant_findings(statement, outline.kind)
        if statement.allows and statement.has("Principal") and outline.kind is PolicyKind.TRUST:
            yield from _mismatch_findings(statement)


def _mismatch_findings(statement: StatementOutline) -> Iterator[Finding]:
    """An action that takes a role in a way in which nobody of the statement can."""
    named = [(_way_of(type_, place.text), place) for type_, place in statement.principals]
    if not statement.has("Action") or not named or any(place.text == "*" for _, place in named):
        return
    for action in statement.actions:
        way = lower_ascii(action.text)
        if way in _TAKEN_BY and all(own != way for own, _ in named):
            principals = ", ".join(f"`{shown(place.text)}`" for _, place in named[:3])
            details = (
                f"`{shown(action.text)}` is for {_TAKEN_BY[way]}, and nobody else takes a role by it: {principals}"
            )
            yield finding(
                Code.MISMATCHED_ACTION_FOR_PRINCIPAL, details, action.location, *(place.location for _, place in named)
            )


def _way_of(type_: str, name: str) -> str:
    if type_ != "Federated":
        return "sts:assumerole"
    return "sts:assumerolewithsaml" if _SAML in name else "sts:assumerolewithwebidentity"


def _grant_findings(statement: StatementOutline, kind: PolicyKind) -> Iterator[Finding]:
    for type_, place in statement.principals:
        if place.text == "*" and type_ == "AWS" and not statement.conditions:
            details = "every principal of every account is allowed, without a condition; name who is meant"
            yield finding(Code.OSTIARY_ALLOW_EVERYONE, details, place.location)
        if type_ == "Service" and kind is PolicyKind.RESOURCE and not statement.condition_keys & _SOURCE_KEYS:
            details = (
                "the service may be made to act for others; add a condition on aws:SourceArn, aws:SourceAccount,"
                " aws:SourceOrgID or aws:SourceOrgPaths"
            )
            yield finding(Code.RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL, details, place.location)
