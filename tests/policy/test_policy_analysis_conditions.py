"""Is what the analysis says about two conditions true of every context, and does it say enough?

Every pair of the conditions below is asked about, and the answer is held against the evaluator's for every context.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import product
from random import Random
from typing import Any

import pytest

from ostiary.policy import Request
from ostiary.policy.analysis.effort import Effort
from ostiary.policy.analysis.facts import Fact, facts_of
from ostiary.policy.analysis.implication import all_follow, contradict
from ostiary.policy.language.scope import Scope
from policy.analysis_samples import CONDITIONS, VALUES
from policy.policy_callers import CALLERS, policy

EFFECTS = ("Allow", "Deny")
# From what is certain in an Allow to an Allow or a Deny, and from what a Deny holds of to a Deny.
DIRECTIONS = [("Allow", "Allow"), ("Allow", "Deny"), ("Deny", "Deny")]
MORE: dict[str, list[tuple[str, list[str]]]] = {
    "t:team": [
        ("StringEqualsIgnoreCaseIfExists", ["red", "blue"]),
        ("ForAnyValue:StringNotLike", ["r*"]),
        ("StringNotLike", ["b${t:name}"]),
        ("ForAllValues:StringNotEquals", ["red", "${t:name}"]),
        ("StringNotLikeIfExists", ["r*", "b*"]),
        ("StringLike", ["${t:name, 'r'}*"]),
        ("StringLike", ["?*"]),
        ("ForAnyValue:StringLike", ["*"]),
        ("ArnEquals", ["*"]),
        ("ArnEquals", ["${t:name}"]),
        ("ArnLike", ["arn:aws:iam::1:role/${t:name}"]),
        ("ArnNotEquals", ["arn:aws:iam::*:role/${t:name}"]),
        ("ForAllValues:ArnLike", ["arn:aws:iam::1:*"]),
        ("ArnLike", ["arn:aws:iam::${t:name}:role/a"]),
        ("StringEquals", ["arn:aws:iam::${t:name}:role/a"]),
        ("ArnNotLike", ["arn:aws:iam::${t:name}:role/a"]),
        ("StringLike", ["arn:aws:iam::*:role/a"]),
        ("BinaryEquals", ["cm90"]),
        ("StringEquals", ["${*}"]),
        ("StringLike", ["${*}"]),
        ("ForAnyValue:StringEquals", ["", "red"]),
        ("ForAllValues:StringEquals", ["", "red"]),
    ],
    "t:age": [
        ("ForAnyValue:NumericNotEquals", ["7", "10"]),
        ("NumericGreaterThanEquals", ["5"]),
        ("NumericEquals", ["7.0", "10"]),
        ("ForAnyValue:NumericGreaterThan", ["10"]),
        ("Null", ["true"]),
    ],
    "t:ip": [
        ("IpAddress", ["0.0.0.0/0", "::/0"]),
        ("IpAddressIfExists", ["203.0.113.0/25"]),
        ("ForAnyValue:NotIpAddress", ["203.0.113.0/24"]),
        ("ForAllValues:IpAddress", ["203.0.113.0/24"]),
        ("StringEquals", ["203.0.113.9"]),
        ("StringLike", ["203.0.113.*"]),
    ],
    "t:time": [
        ("DateLessThan", ["2026-01-01T00:00:00Z"]),
        ("DateGreaterThanEquals", ["2025-01-01"]),
        ("DateLessThanEqualsIfExists", ["1767225600"]),
        ("DateNotEquals", ["2025-01-01T00:00:00+00:00"]),
    ],
}
TIMES = ["2025-01-01T00:00:00Z", "1767225600", "1767225599.5", "2024-05", "soon"]
# Which share of the true implications and contradictions must at least be seen. The rest are accidents of the few
# values, and comparisons across families of operators.
SEEN_AT_LEAST = 0.6


def conditions(key: str) -> list[tuple[str, list[str]]]:
    return CONDITIONS.get(key, []) + MORE.get(key, [])


@cache
def scopes(key: str) -> tuple[Scope, ...]:
    """Every value of the key alone, absent, and in sets of two, with several values of the variable."""
    values = TIMES if key == "t:time" else VALUES[key]
    own: list[Any] = [None, (), *values, *((one,) for one in values), *product(values[:9], repeat=2)]
    names = (
        [None, "red", "r", "", "a", ("a", "b"), "arn:aws:iam::1:role/a", "1", "1:role/a:x"]
        if key == "t:team"
        else [None]
    )
    return tuple(
        Scope(
            Request(
                CALLERS["user"],
                "s3:GetObject",
                "*",
                "",
                {k: v for k, v in ((key, value), ("t:name", name)) if v is not None},
            ),
            has_boundary=False,
        )
        for value, name in product(own, names)
    )


@cache
def facts(key: str, effect: str) -> list[tuple[Fact, int]]:
    """The conditions, each with the contexts that it holds of, as bits."""
    found = []
    for operator, values in conditions(key):
        statement = {"Effect": effect, "Action": "*", "Resource": "*", "Condition": {operator: {key: values}}}
        (fact,) = facts_of(policy([statement]).statements[0], variables=True)
        holds = sum(1 << place for place, scope in enumerate(scopes(key)) if fact.condition.holds(scope))
        found.append((fact, holds))
    return found


def pairs(key: str) -> Iterator[tuple[Fact, int, Fact, int]]:
    for left, right in DIRECTIONS:
        for (known, known_of), (goal, goal_of) in product(facts(key, left), facts(key, right)):
            yield known, known_of, goal, goal_of


@pytest.mark.parametrize("key", ["t:team", "t:age", "t:ip", "t:time"])
def test_an_implication_that_is_seen_holds_in_every_context(key: str) -> None:
    seen = true = 0
    for known, known_of, goal, goal_of in pairs(key):
        follows = all_follow([goal], [known], Effort())
        assert not (follows and known_of & ~goal_of), (known, goal)
        seen += follows
        true += not known_of & ~goal_of
    assert seen >= SEEN_AT_LEAST * true, f"{seen} of {true}"


@pytest.mark.parametrize("key", ["t:team", "t:age", "t:ip", "t:time"])
def test_a_contradiction_that_is_seen_holds_in_every_context(key: str) -> None:
    seen = true = 0
    for known, known_of, other, other_of in pairs(key):
        contradicts = contradict([known, other], Effort())
        assert not (contradicts and known_of & other_of), (known, other)
        seen += contradicts
        true += not known_of & other_of
    assert seen >= SEEN_AT_LEAST * true, f"{seen} of {true}"


@pytest.mark.parametrize("key", ["t:team", "t:age", "t:ip"])
def test_what_follows_from_two_conditions_together_holds_in_every_context(key: str) -> None:
    rng = Random(7)
    for left, right in DIRECTIONS:
        for _ in range(1500):
            (one, one_of), (other, other_of) = rng.choice(facts(key, left)), rng.choice(facts(key, right))
            if right == "Deny" and left == "Allow":
                (other, other_of) = rng.choice(facts(key, "Deny"))
            goal, goal_of = rng.choice(facts(key, right))
            both = one_of & other_of
            assert not (all_follow([goal], [one, other], Effort()) and both & ~goal_of), (one, other, goal)
            third, third_of = rng.choice(facts(key, right))
            assert not (contradict([one, other, third], Effort()) and both & third_of), (one, other, third)
