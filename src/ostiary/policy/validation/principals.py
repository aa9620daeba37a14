"""Does a policy speak of the principals that its author means?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ostiary.policy.model import PolicyKind
from ostiary.policy.validation.outline import Outline, StatementOutline
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_SOURCE_KEYS = frozenset({"aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"})
_GRANTING = frozenset({PolicyKind.RESOURCE, PolicyKind.TRUST})


def principal_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for _type, place in statement.principals:
            if "${" in place.text:
                details = "variables have no meaning in a principal; use a condition on aws:PrincipalArn"
                yield finding(Code.VARIABLE_UNSUPPORTED_IN_ELEMENT, details, place.location)
        if statement.allows and statement.has("Principal") and outline.kind in _GRANTING:
            yield from _grant_findings(statement, outline.kind)


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
