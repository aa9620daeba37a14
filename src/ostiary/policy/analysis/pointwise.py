"""Does every single value that one condition holds of satisfy another, or none?

Two conditions on one key, value by value; sets and absent keys are left to `implication`. Whatever is not recognised
is answered with no.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ostiary.policy.analysis.effort import Effort
from ostiary.policy.analysis.facts import Fact
from ostiary.policy.analysis.languages import EVERYTHING, Language, patterns_of, uncovered
from ostiary.policy.casing import lower_ascii
from ostiary.policy.language.conditions import Quantifier
from ostiary.policy.language.glob import Wild
from ostiary.policy.language.readings import (
    Network,
    read_boolean,
    read_bytes,
    read_moment,
    read_network,
    read_number,
)
from ostiary.policy.language.template import Wildcards

_WILDCARDS: Mapping[str, Wildcards] = {
    "StringEquals": Wildcards.NONE,
    "StringNotEquals": Wildcards.NONE,
    "StringLike": Wildcards.TEXT,
    "StringNotLike": Wildcards.TEXT,
    "ArnEquals": Wildcards.ARN,
    "ArnNotEquals": Wildcards.ARN,
    "ArnLike": Wildcards.ARN,
    "ArnNotLike": Wildcards.ARN,
}
_READERS: tuple[tuple[str, Callable[[str], Any]], ...] = (
    ("Numeric", read_number),
    ("Date", read_moment),
    ("Bool", read_boolean),
    ("Binary", read_bytes),
)
_COMPARISONS: tuple[tuple[str, Callable[[int, int], bool]], ...] = (
    ("LessThanEquals", operator.le),
    ("LessThan", operator.lt),
    ("GreaterThanEquals", operator.ge),
    ("GreaterThan", operator.gt),
    ("Equals", operator.eq),
    ("Bool", operator.eq),
)
_COMPILING = 10  # units of effort for looking at two conditions at all
_ADDRESSES = ("IpAddress", "NotIpAddress")
_ANY_CASE = ("StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase")
# Every text of six parts that begins as an ARN; nothing else is read as one.
_ARNS = Language((("arn:", Wild.MANY, ":", Wild.MANY, ":", Wild.MANY, ":", Wild.MANY, ":", Wild.MANY),))
_NOT_ARNS = Language(_ARNS.patterns, negated=True)


def implies(known: Fact, goal: Fact, effort: Effort) -> bool:
    """Whether the goal certainly holds of every value that `known` holds of. Raises TooHardError."""
    effort.spend(_COMPILING + len(known.values) + len(goal.values))
    if known.few_values is not None and not goal.has_variables and _may_be_asked(goal, known.few_values):
        effort.spend(len(known.values) * len(goal.values) // 4)
        return all(goal.holds_of(value) for value in known.few_values)
    if known.operator in _WILDCARDS and goal.operator in _WILDCARDS:
        return _text_implies(known, goal, effort)
    if known.operator in _ANY_CASE and goal.operator in (*_ANY_CASE, "StringNotEquals"):
        return _any_case_implies(known, goal)
    if known.operator in _ADDRESSES and goal.operator in _ADDRESSES:
        effort.spend(2 * len(known.values) * len(goal.values))
        return _addresses_imply(known, goal)
    holds = _on_one_line(known, goal, effort)
    return holds is not None and all(right or not left for left, right in holds)


def excludes(one: Fact, other: Fact, effort: Effort) -> bool:
    """Whether there is certainly no value that both hold of. Raises TooHardError."""
    effort.spend(_COMPILING + len(one.values) + len(other.values))
    for few, rest in ((one, other), (other, one)):
        if few.few_values is not None and not rest.has_variables and _may_be_asked(rest, few.few_values):
            effort.spend(len(few.values) * len(rest.values) // 4)
            return not any(rest.holds_of(value) for value in few.few_values)
    if one.operator in _WILDCARDS and other.operator in _WILDCARDS:
        cases = ((*left, *right) for left in _text_cases(one) for right in _text_cases(other))
        return all(uncovered(case, (), effort) is None for case in cases)
    if one.in_doubt and other.in_doubt:
        # A value that cannot be read makes both hold.
        return False
    if one.operator in _ADDRESSES and other.operator in _ADDRESSES:
        effort.spend(2 * len(one.values) * len(other.values))
        return _addresses_exclude(one, other)
    holds = _on_one_line(one, other, effort)
    return holds is not None and not any(left and right for left, right in holds)


def is_always_true(goal: Fact, effort: Effort) -> bool:
    """Whether it holds of every value."""
    if goal.operator not in _WILDCARDS or not any(set(value) == {"*"} for value in goal.values):
        return False
    return _texts_satisfy((EVERYTHING,), goal, effort)


def _may_be_asked(fact: Fact, values: Sequence[str]) -> bool:
    """An empty value alone is an empty set to a set operator, which says nothing of it beside others."""
    return not fact.is_null and (fact.quantifier is Quantifier.ONE or "" not in values)


def _language(fact: Fact) -> Language:
    wildcards = _WILDCARDS[fact.operator]
    values = patterns_of(fact.values, wildcards, variables=fact.variables)
    if wildcards is Wildcards.ARN and "*" in fact.values:
        values = (*values, (Wild.MANY,))
    return Language(values, fact.negated, fact.in_doubt)


def _text_cases(fact: Fact) -> list[tuple[Language, ...]]:
    """The values that it holds of: in all languages of one of the cases."""
    language = _language(fact)
    if _WILDCARDS[fact.operator] is not Wildcards.ARN:
        return [(language,)]
    return [(language,), (_NOT_ARNS,)] if fact.in_doubt else [(language, _ARNS)]


def _text_implies(known: Fact, goal: Fact, effort: Effort) -> bool:
    return all(_texts_satisfy(case, goal, effort) for case in _text_cases(known))


def _texts_satisfy(case: tuple[Language, ...], goal: Fact, effort: Effort) -> bool:
    language = _language(goal)
    if _WILDCARDS[goal.operator] is not Wildcards.ARN:
        return uncovered(case, (language,), effort) is None
    if goal.in_doubt:
        return uncovered(case, (language, _NOT_ARNS), effort) is None
    return uncovered(case, (_ARNS,), effort) is None and uncovered(case, (language,), effort) is None


def _any_case_implies(known: Fact, goal: Fact) -> bool:
    """Letters that only unicode folds together are in doubt, so they count as equal where equality is excluded."""
    if known.has_variables or goal.has_variables or any("${" in value for value in (*known.values, *goal.values)):
        return False
    lowered, wanted = set(map(lower_ascii, known.values)), set(map(lower_ascii, goal.values))
    if known.negated:
        return goal.negated and wanted <= lowered
    if goal.operator == "StringNotEquals" or goal.negated:
        return {value.casefold() for value in known.values}.isdisjoint(value.casefold() for value in goal.values)
    return lowered <= wanted


def _networks(fact: Fact) -> tuple[Network, ...]:
    return tuple(network for value in fact.values if (network := read_network(value)) is not None)


def _lie_within(inner: Sequence[Network], outer: Sequence[Network]) -> bool:
    # Whole blocks: two halves that a policy lists apart are one network.
    v4 = list(ipaddress.collapse_addresses(n for n in outer if isinstance(n, ipaddress.IPv4Network)))
    v6 = list(ipaddress.collapse_addresses(n for n in outer if isinstance(n, ipaddress.IPv6Network)))
    return all(
        any(one.subnet_of(block) for block in v4)
        if isinstance(one, ipaddress.IPv4Network)
        else any(one.subnet_of(block) for block in v6)
        for one in inner
    )


def _do_not_meet(left: Sequence[Network], right: Sequence[Network]) -> bool:
    return not any(a.version == b.version and a.overlaps(b) for a in left for b in right)


def _addresses_imply(known: Fact, goal: Fact) -> bool:
    left, right = _networks(known), _networks(goal)
    if known.negated:
        return goal.negated and _lie_within(right, left)
    return _do_not_meet(left, right) if goal.negated else _lie_within(left, right)


def _addresses_exclude(one: Fact, other: Fact) -> bool:
    left, right = _networks(one), _networks(other)
    if one.negated and other.negated:
        return False
    if one.negated or other.negated:
        return _lie_within(right, left) if one.negated else _lie_within(left, right)
    return _do_not_meet(left, right)


def _on_one_line(one: Fact, other: Fact, effort: Effort) -> list[tuple[bool, bool]] | None:
    """Whether each holds, at every bound that one of them names and between the bounds."""
    families = [next((name for name, _ in _READERS if fact.operator.startswith(name)), None) for fact in (one, other)]
    if families[0] is None or families[0] != families[1]:
        return None
    read = dict(_READERS)[families[0]]
    bounds = sorted({read(value) for value in (*one.values, *other.values)})
    effort.spend(len(bounds) * (len(one.values) + len(other.values)))
    # A bound stands at an odd place, what lies between two of them at an even one.
    places = {bound: 2 * index + 1 for index, bound in enumerate(bounds)}
    tests = [_test_of(fact, [places[read(value)] for value in fact.values]) for fact in (one, other)]
    return [(tests[0](place), tests[1](place)) for place in range(2 * len(bounds) + 1)]


def _test_of(fact: Fact, places: Sequence[int]) -> Callable[[int], bool]:
    compare = next(compare for name, compare in _COMPARISONS if fact.operator.endswith(name))
    return lambda place: any(compare(place, wanted) for wanted in places) != fact.negated
