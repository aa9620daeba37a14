"""Can an action of a statement ever be about one of its resources?

Only what is certain: a wildcard or a variable in the policy is taken to reach whatever it may, and actions without
resources of their own are left alone.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

from ostiary.policy.language.document import shown
from ostiary.policy.model import PolicyKind
from ostiary.policy.registry.actions import find_action
from ostiary.policy.validation.outline import Outline, StatementOutline
from ostiary.policy.validation.vocabulary import Code, Finding, finding

_PARTS = 6
_OPEN = re.compile(r"[*?]|\$\{")
_MAX_RESOURCES = 200


def reachability_findings(outline: Outline) -> Iterator[Finding]:
    for statement in outline.statements:
        named = statement.has("Action") and statement.has("Resource") and not statement.has("NotResource")
        if named and outline.kind is not PolicyKind.TRUST and 0 < len(statement.resources) <= _MAX_RESOURCES:
            yield from _statement_findings(statement)


def _statement_findings(statement: StatementOutline) -> Iterator[Finding]:
    texts = [place.text for place in statement.resources]
    known: dict[tuple[str, ...], bool] = {}
    for place in statement.actions:
        action = find_action(place.text)
        if action is None or not action.resources:
            continue
        if action.resources not in known:
            known[action.resources] = any(may_meet(text, own) for text in texts for own in action.resources)
        if not known[action.resources]:
            details = (
                f"`{shown(place.text)}` is never about a resource of this statement; it is about"
                f" {', '.join(f'`{own}`' for own in action.resources[:3])}"
            )
            first = statement.resources[0]
            yield finding(Code.OSTIARY_RESOURCE_NEVER_MATCHES, details, place.location, first.location)


def may_meet(written: str, own: str) -> bool:
    """Whether one text can match both; False is certain."""
    pairs = zip_longest(written.split(":", _PARTS - 1), own.split(":", _PARTS - 1), fillvalue="")
    for number, (one, other) in enumerate(pairs, 1):
        if not _parts_may_meet(one, other):
            return False
        # A `*` that ends a part may run on over the colons after it.
        if number < _PARTS and (one.endswith("*") or one.startswith("${")):
            return True
    return True


def _parts_may_meet(one: str, other: str) -> bool:
    first, second = _OPEN.search(one), _OPEN.search(other)
    if first is None and second is None:
        return one == other
    begin_one = one[: first.start()] if first else one
    begin_other = other[: second.start()] if second else other
    if first is None:
        return one.startswith(begin_other)
    if second is None:
        return other.startswith(begin_one)
    shorter = min(len(begin_one), len(begin_other))
    return begin_one[:shorter] == begin_other[:shorter]
