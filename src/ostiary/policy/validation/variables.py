"""Do the variables of a policy stand where they are read, and do they have values?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

from collections.abc import Iterator

from ostiary.policy.language.document import shown
from ostiary.policy.language.operators import WITH_VARIABLES
from ostiary.policy.registry.keys import find_key
from ostiary.policy.validation.outline import Outline, StatementOutline
from ostiary.policy.validation.source import Location, Place
from ostiary.policy.validation.vocabulary import Code, Finding, finding


def variable_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        for place in _texts_with_variables(statement):
            for start, written in _variables(place.text):
                key, comma, _ = written[2:-1].partition(",")
                location = place.part(start, len(written))
                if ":" not in key:
                    continue
                if outline.variables:
                    yield from _key_findings(key.strip(), location, has_default=bool(comma))
                else:
                    details = "variables are plain text before version 2012-10-17; set Version to `2012-10-17`"
                    yield finding(Code.VARIABLE_UNSUPPORTED_IN_VERSION, details, location)


def _variables(text: str) -> Iterator[tuple[int, str]]:
    start = text.find("${")
    while start >= 0 and (end := text.find("}", start)) >= 0:
        yield start, text[start : end + 1]
        start = text.find("${", end)


def _texts_with_variables(statement: StatementOutline) -> Iterator[Place]:
    yield from statement.resources
    for condition in statement.conditions:
        if condition.operator in WITH_VARIABLES:
            yield from condition.values


def _key_findings(key: str, location: Location, *, has_default: bool) -> Iterator[Finding]:
    known = find_key(key)
    if known is None:
        details = f"`{shown(key)}` is not a known condition key: the variable has no value"
        yield finding(Code.OSTIARY_UNKNOWN_VARIABLE, details, location)
    elif known.multivalued:
        details = f"`{shown(key)}` has several values, and a variable takes only one: it has no value"
        yield finding(Code.OSTIARY_MULTIVALUED_KEY_IN_VARIABLE, details, location)
    elif not known.supplied and not has_default:
        details = f"`{shown(key)}` is {shown(known.note)}: the variable has no value"
        yield finding(Code.OSTIARY_ABSENT_CONDITION_KEY, details, location)
