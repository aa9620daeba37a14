"""Does a policy give away more than it seems to?

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_oidc.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.parsing import parse_policy
from ostiary.policy.language.template import Wildcards, compile_template
from ostiary.policy.model import PolicyError, PolicyKind
from ostiary.policy.validation.outline import WITH_VARIABLES, Outline, StatementOutline
from ostiary.policy.validation.source import Location, Place
from ostiary.policy.validation.trust_findings import open_trusts
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_PARTS = 6
_CLAIM_CODES = {"sub": Code.OSTIARY_TRUST_WITHOUT_SUBJECT, "aud": Code.OSTIARY_TRUST_WITHOUT_AUDIENCE}
_ANY_ROLES = ("role/a", "role/Z9/other.name")


@dataclass(frozen=True, slots=True)
class _Escalation:
    """An action that should be allowed only on named roles. `restraint` is the condition key that helps as well."""

    family: str
    action: str
    restraint: str
    danger: str


_ESCALATIONS = (
    _Escalation("PASS_ROLE", "iam:PassRole", "iam:PassedToService", "any role can be passed to a service"),
    _Escalation(
        "CREATE_SLR", "iam:CreateServiceLinkedRole", "iam:AWSServiceName", "service-linked roles can be created at will"
    ),
)


def security_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        # Boundaries, session and control policies limit: they grant nothing.
        if outline.kind is PolicyKind.IDENTITY and statement.allows:
            yield from _escalation_findings(statement)
        if outline.kind is PolicyKind.TRUST and statement.allows:
            yield from _trust_findings(statement, outline)


def _escalation_findings(statement: StatementOutline) -> Iterator[Finding]:
    for one in _ESCALATIONS:
        action = _way_of_action(statement, one.action)
        resource = _way_of_resource(statement)
        if action is None or resource is None:
            continue
        way, place = action
        limited = lower_ascii(one.restraint) in statement.condition_keys
        if limited and not statement.has("NotResource"):
            continue
        code = Code(f"{one.family}_WITH_{_WAYS[way, statement.has('NotResource')]}")
        details = f"{one.action} is allowed and {one.danger}; name the roles, or add a condition on {one.restraint}"
        yield finding(code, details, place.location, resource.location)


_WAYS = {
    ("exact", False): "STAR_IN_RESOURCE",
    ("star", False): "STAR_IN_ACTION_AND_RESOURCE",
    ("not", False): "STAR_IN_RESOURCE_AND_NOT_ACTION",
    ("exact", True): "NOT_RESOURCE",
    ("star", True): "STAR_IN_ACTION_AND_NOT_RESOURCE",
    ("not", True): "NOT_ACTION_AND_NOT_RESOURCE",
}


def _way_of_action(statement: StatementOutline, action: str) -> tuple[str, Place] | None:
    """How the statement allows the action, and where."""
    wanted = lower_ascii(action)
    naming = [place for place in statement.actions if _matches(lower_ascii(place.text), wanted, Wildcards.TEXT)]
    if statement.has("NotAction"):
        element = statement.place.child("NotAction")
        return ("not", element) if element is not None and statement.actions and not naming else None
    exact = next((place for place in naming if lower_ascii(place.text) == wanted), None)
    if exact is not None:
        return "exact", exact
    return ("star", naming[0]) if naming else None


def _way_of_resource(statement: StatementOutline) -> Place | None:
    """What names all roles of an account: a pattern, or the whole NotResource."""
    if statement.has("NotResource"):
        return statement.place.child("NotResource")
    return next((place for place in statement.resources if _names_all_roles(place.text)), None)


def _names_all_roles(text: str) -> bool:
    parts = text.split(":")
    account = parts[4] if len(parts) >= _PARTS and parts[4].isdigit() else "123456789012"
    return all(_matches(text, f"arn:aws:iam::{account}:{role}", Wildcards.RESOURCE) for role in _ANY_ROLES)


def _matches(pattern: str, text: str, wildcards: Wildcards) -> bool:
    if "*" not in pattern:
        return pattern == text
    fixed = compile_template(pattern, "", variables=False, wildcards=wildcards).fixed
    return fixed is not None and fixed.matches(text)


def _trust_findings(statement: StatementOutline, outline: Outline) -> Iterator[Finding]:
    version = WITH_VARIABLES if outline.variables else "2008-10-17"
    document = f'{{"Version":"{version}","Statement":[{statement.place.node.raw}]}}'
    try:
        trust = parse_policy(document, policy_id="", kind=PolicyKind.TRUST)
    except PolicyError:
        return
    element = statement.place.child("Principal") or statement.place
    for one in open_trusts(trust):
        yield finding(_CLAIM_CODES[one.claim], f"the statement {one.reason}", _place_of(statement, one.issuer, element))


def _place_of(statement: StatementOutline, issuer: str, element: Place) -> Location:
    named = (place for type_, place in statement.principals if type_ == "Federated")
    return next((place for place in named if lower_ascii(place.text).endswith(issuer)), element).location
