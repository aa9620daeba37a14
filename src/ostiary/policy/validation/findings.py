"""What is wrong, dangerous or needless in a policy? Everything, not only the first.

INVARIANT: `parse_policy` refuses a document if and only if a finding `refuses` it, which is an ERROR. What the language
refuses is asked of the language itself (`grammar`); the other checks are each a function from the document's outline.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from ostiary.policy.language.document import MAX_DOCUMENT_BYTES
from ostiary.policy.language.parsing import parse_policy
from ostiary.policy.model import PolicyError, PolicyKind
from ostiary.policy.validation.actions import action_findings
from ostiary.policy.validation.conditions import condition_findings
from ostiary.policy.validation.grammar import grammar_findings, unnamed_finding
from ostiary.policy.validation.json_tree import Lines, Refusal
from ostiary.policy.validation.outline import Outline, outline_of
from ostiary.policy.validation.principals import principal_findings
from ostiary.policy.validation.reachability import reachability_findings
from ostiary.policy.validation.resources import resource_findings
from ostiary.policy.validation.security import security_findings
from ostiary.policy.validation.source import (
    Index,
    Key,
    Location,
    PathElement,
    Position,
    SourceError,
    Span,
    Substring,
    Value,
)
from ostiary.policy.validation.source import read_source as _read_source
from ostiary.policy.validation.structure import redundant_statement_findings, structure_findings
from ostiary.policy.validation.variables import variable_findings
from ostiary.policy.validation.vocabulary import Code, Finding, FindingType, finding, refusal

__all__ = [
    "Code",
    "Finding",
    "FindingType",
    "Index",
    "Key",
    "Location",
    "PathElement",
    "Span",
    "Substring",
    "Value",
    "validate",
]

MAX_OF_ONE_CODE = 50
_SERIOUSNESS = {type_: rank for rank, type_ in enumerate(FindingType)}
_UNREADABLE = {
    Refusal.SYNTAX: Code.JSON_SYNTAX_ERROR,
    Refusal.SIZE: Code.OSTIARY_DOCUMENT_TOO_LARGE,
    Refusal.DEPTH: Code.OSTIARY_NESTED_TOO_DEEPLY,
}
_CHECKS: tuple[Callable[[Outline], Iterator[Finding]], ...] = (
    structure_findings,
    action_findings,
    resource_findings,
    reachability_findings,
    principal_findings,
    condition_findings,
    variable_findings,
    security_findings,
)


def validate(document: str | bytes, *, kind: PolicyKind) -> list[Finding]:
    """All findings in the order of the document; of a finding that repeats itself only the first ones are listed."""
    try:
        text = _text_of(document)
        root = _read_source(text)
    except SourceError as error:
        location = Location((), Span(error.position, error.position))
        return [refusal(_UNREADABLE[error.refusal], error.message, location)]
    refused = _refused(text, kind)
    refusals: list[Finding] = []
    if refused is not None:
        refusals = list(grammar_findings(root, kind)) or [unnamed_finding(root, refused)]
    return _in_order(chain(refusals, _other_findings(outline_of(root, kind), refusals)))


def _text_of(document: str | bytes) -> str:
    if isinstance(document, str):
        return document
    if len(document) > MAX_DOCUMENT_BYTES:
        raise SourceError(Refusal.SIZE, f"the document is larger than {MAX_DOCUMENT_BYTES} bytes", Position(1, 0, 0))
    try:
        return document.decode("utf-8")
    except UnicodeDecodeError as error:
        sound = document[: error.start].decode("utf-8")
        raise SourceError(Refusal.SYNTAX, "the document is not UTF-8", Lines(sound).position(len(sound))) from None


def _refused(text: str, kind: PolicyKind) -> PolicyError | None:
    try:
        parse_policy(text, policy_id="", kind=kind)
    except PolicyError as error:
        return error
    return None


def _other_findings(outline: Outline, refusals: list[Finding]) -> Iterator[Finding]:
    """A value that the language refuses is not judged a second time."""
    refused = {one.locations[0] for one in refusals}
    checks = _CHECKS if refusals else (*_CHECKS, redundant_statement_findings)
    for check in checks:
        yield from (one for one in check(outline) if one.locations[0] not in refused)


def _in_order(findings: Iterable[Finding]) -> list[Finding]:
    listed: dict[tuple[str, Location], Finding] = {}
    count: Counter[str] = Counter()
    for one in findings:
        identity = one.code, one.locations[0]
        if identity not in listed:
            count[one.code] += 1
            if count[one.code] <= MAX_OF_ONE_CODE:
                listed[identity] = one
    found = sorted(listed.values(), key=lambda one: (_offset(one), _SERIOUSNESS[one.type], one.code))
    return found + [_more(code, number, found) for code, number in count.items() if number > MAX_OF_ONE_CODE]


def _offset(one: Finding) -> int:
    return one.locations[0].span.start.offset


def _more(code: str, number: int, found: list[Finding]) -> Finding:
    last = next(one for one in reversed(found) if one.code == code)
    details = f"{code} was found {number} times; the first {MAX_OF_ONE_CODE} are listed"
    return finding(Code.OSTIARY_MORE_FINDINGS, details, *last.locations[:1])
