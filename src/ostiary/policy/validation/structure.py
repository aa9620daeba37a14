"""Is the document as a whole well kept: version, size, Sids, statements that repeat each other?"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ostiary.policy.casing import lower_ascii
from ostiary.policy.model import PolicyKind
from ostiary.policy.validation.outline import WITH_VARIABLES, Outline, StatementOutline
from ostiary.policy.validation.source import Kind
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_IDENTITY_CHARACTERS = 6_144
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_CONTROL_CHARACTERS = {PolicyKind.SERVICE_CONTROL: 10_240, PolicyKind.RESOURCE_CONTROL: 5_120}
_MANAGED = frozenset({PolicyKind.IDENTITY, PolicyKind.BOUNDARY})


def structure_findings(outline: Outline) -> Iterator[Finding]:
    if outline.root.kind is Kind.OBJECT and outline.root.child("Version") is None:
        details = f"Version is missing, so variables are plain text; write `{WITH_VARIABLES}`"
        yield finding(Code.MISSING_VERSION, details, outline.place.location)
    yield from _size_findings(outline)
    for statement in outline.statements:
        sid = statement.place.child("Sid")
        if sid is not None and sid.node.is_string and not sid.text:
            yield finding(Code.EMPTY_SID_VALUE, "the Sid is empty; give it a value or remove it", sid.location)


def _size_findings(outline: Outline) -> Iterator[Finding]:
    text = outline.root.lines.text
    location = outline.place.location
    most = _CONTROL_CHARACTERS.get(outline.kind)
    if most is not None and len(text) > most:
        details = f"AWS takes at most {most} characters in a policy of the kind {outline.kind}; split it"
        yield finding(Code.POLICY_SIZE_EXCEEDS_SCP_QUOTA, details, location)
    if outline.kind in _MANAGED and sum(map(len, text.split())) > _IDENTITY_CHARACTERS:
        details = f"AWS takes at most {_IDENTITY_CHARACTERS} characters besides white space in a policy; split it"
        yield finding(Code.POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA, details, location)


def redundant_statement_findings(outline: Outline) -> Iterator[Finding]:
    """To be asked of documents that the language accepts: of others not everything stands in the outline."""
    seen: dict[Hashable, StatementOutline] = {}
    for statement in outline.statements:
        earlier = seen.setdefault(_meaning(statement), statement)
        if earlier is not statement:
            details = f"the statement says the same as Statement[{earlier.index}]; remove one"
            yield finding(Code.REDUNDANT_STATEMENT, details, statement.place.location, earlier.place.location)


def _meaning(statement: StatementOutline) -> Hashable:
    """What a statement says, whatever the order and spelling in which it says it."""
    return (
        statement.effect,
        tuple(statement.has(name) for name in ("Principal", "NotPrincipal", "Action", "Resource")),
        frozenset((type_, place.text) for type_, place in statement.principals),
        frozenset(lower_ascii(place.text) for place in statement.actions),
        frozenset(place.text for place in statement.resources),
        frozenset(
            (
                one.quantifier,
                one.operator,
                one.if_exists,
                one.lowered_key,
                frozenset(place.text for place in one.values),
            )
            for one in statement.conditions
        ),
    )
