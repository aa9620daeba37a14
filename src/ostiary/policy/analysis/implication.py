"""Does a request that satisfies some conditions certainly satisfy another, or can nothing satisfy them all?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ostiary.policy.analysis.effort import Effort
from ostiary.policy.analysis.facts import Fact, about
from ostiary.policy.analysis.pointwise import excludes, implies, is_always_true
from ostiary.policy.language.conditions import Quantifier

_ONE, _ALL, _ANY = Quantifier.ONE, Quantifier.ALL, Quantifier.ANY


def all_follow(goals: Sequence[Fact], known: Sequence[Fact], effort: Effort) -> bool:
    """Whether every goal holds whenever all of `known` hold. Raises TooHardError."""
    return all(_follows(goal, about(goal.key, known, effort), effort) for goal in goals)


def contradict(facts: Sequence[Fact], effort: Effort) -> bool:
    """Whether no request can satisfy all of them. Raises TooHardError."""
    keys = dict.fromkeys(fact.key for fact in facts)
    effort.spend(len(facts))
    if len(keys) == len(facts) and not any(fact.is_null for fact in facts):
        return False
    return any(_contradict_of_one_key(about(key, facts, effort), effort) for key in keys)


def _follows(goal: Fact, known: Sequence[Fact], effort: Effort) -> bool:
    if any(fact.content == goal.content for fact in known):
        return True
    if not goal.absent and all(fact.absent for fact in known):
        return False
    return any(fact.excludes_presence for fact in known) or _follows_when_present(goal, known, effort)


def _follows_when_present(goal: Fact, known: Sequence[Fact], effort: Effort) -> bool:
    if goal.is_null:
        return False in goal.wants_absence and (goal.in_doubt or any(fact.excludes_empty for fact in known))
    if goal.quantifier is not _ANY and is_always_true(goal, effort):
        return True
    return any(_carries_over(fact, goal) and implies(fact, goal, effort) for fact in known if not fact.is_null)


def _carries_over(known: Fact, goal: Fact) -> bool:
    """Whether what is true value by value is true of the sets that the quantifiers speak of.

    Without a quantifier, all values of a set must satisfy an Allow, and one of them suffices for a Deny. To
    ForAllValues and ForAnyValue an empty value is an empty set.
    """
    match known.quantifier, goal.quantifier:
        case (Quantifier.ONE, Quantifier.ONE):
            return True
        case (Quantifier.ONE, Quantifier.ALL):
            return not known.in_doubt
        case (Quantifier.ONE, Quantifier.ANY):
            return known.excludes_empty
        case (Quantifier.ANY, Quantifier.ONE):
            return goal.in_doubt
        case (left, right):
            return left is right


def _contradict_of_one_key(facts: Sequence[Fact], effort: Effort) -> bool:
    if all(fact.absent for fact in facts):
        return False
    if any(fact.excludes_value for fact in facts) and any(fact.excludes_empty for fact in facts):
        return True
    return any(fact.excludes_presence for fact in facts) or any(
        _cannot_share(one, other) and excludes(one, other, effort) for one, other in combinations(facts, 2)
    )


def _cannot_share(one: Fact, other: Fact) -> bool:
    """Whether a present key would need one value that satisfies both."""
    if one.is_null or other.is_null:
        return False
    return _meets_all(one, other) or _meets_all(other, one)


def _meets_all(one: Fact, other: Fact) -> bool:
    """Whether some value satisfies the first, and the second is satisfied only if every value satisfies it."""
    # An empty value satisfies ForAllValues whatever that lists.
    return one.quantifier is not _ALL and _asks_all(other) and (other.quantifier is _ONE or one.excludes_empty)


def _asks_all(fact: Fact) -> bool:
    return fact.quantifier is _ALL or (fact.quantifier is _ONE and not fact.in_doubt)
