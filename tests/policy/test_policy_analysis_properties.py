"""Is what passes certain, whatever the policies, and does the analysis end, whatever they ask of it?"""

from __future__ import annotations

import json
import time
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.policy import Policy, PolicyKind, parse_policy
from ostiary.policy.analysis import Access, check_access_not_granted, check_no_new_access
from ostiary.policy.analysis.automaton import Pattern, PatternSet, Search
from ostiary.policy.analysis.effort import Effort, TooHardError
from ostiary.policy.language.glob import Automaton, Wild
from ostiary.policy.language.template import Variable
from policy.analysis_samples import (
    ASKED_ACTIONS,
    ASKED_RESOURCES,
    RESOURCES,
    allowed,
    random_pair,
    random_request,
    random_statement,
    shown,
)
from policy.policy_callers import policy

_KINDS = [*PolicyKind, PolicyKind.IDENTITY, PolicyKind.RESOURCE, PolicyKind.TRUST]
# Seconds; the bound of the effort is about a second on a machine that does nothing else.
_SOON = 10.0


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(_KINDS))
def test_no_request_has_new_access_when_the_check_passed(seed: int, kind: PolicyKind) -> None:
    rng = Random(seed)
    new, existing = random_pair(rng, kind)
    if not check_no_new_access(new, existing).passed:
        return
    for _ in range(40):
        asked = random_request(rng, kind)
        after = allowed(asked, new)
        if any(after):
            before = allowed(asked, existing)
            assert not any(now and not then for now, then in zip(after, before, strict=True)), shown(
                new, existing, asked
            )


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_no_request_has_the_access_that_is_not_granted(seed: int) -> None:
    rng = Random(seed)
    own = policy([random_statement(rng, PolicyKind.IDENTITY) for _ in range(rng.choice([1, 2, 3]))])
    actions = tuple(rng.sample(ASKED_ACTIONS[:4], rng.choice([0, 1, 2])))
    resources = tuple(rng.sample(ASKED_RESOURCES[:10], rng.choice([0, 1])))
    if not check_access_not_granted(own, [Access(actions, resources)]).passed:
        return
    for _ in range(40):
        asked = random_request(rng, PolicyKind.IDENTITY)
        if (not actions or asked.action in actions) and (not resources or asked.resource in resources):
            assert not any(allowed(asked, own)), f"{own.text} {asked}"


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32), kind=st.sampled_from(list(PolicyKind)))
def test_a_policy_has_no_new_access_over_itself_or_over_more(seed: int, kind: PolicyKind) -> None:
    rng = Random(seed)
    statements = [random_statement(rng, kind) for _ in range(3)]
    more = [*statements, {**random_statement(rng, kind), "Effect": "Allow"}]
    for statement in more:
        if statement["Effect"] == "Allow" and "NotPrincipal" in statement:
            statement["Principal"] = statement.pop("NotPrincipal")
    assert check_no_new_access(policy(statements, kind), policy(more, kind)).passed
    assert check_no_new_access(policy(statements, kind), policy(list(reversed(statements)), kind)).passed


_TOKENS = st.lists(st.sampled_from(["a", "b", ":", *Wild]), max_size=5).map(tuple)
_SETS = st.builds(lambda one, two, negated: PatternSet((one, two), negated), _TOKENS, _TOKENS, st.booleans())


def _texts(most: int) -> list[str]:
    found = [""]
    for text in found:
        if len(text) < most:
            found += [text + character for character in "ab:x"]
    return found


_TEXTS = _texts(4)


def _automaton(pattern: Pattern) -> Automaton:
    return Automaton([token for token in pattern if not isinstance(token, Variable)])


@settings(deadline=None, max_examples=100)
@given(required=st.lists(_SETS, min_size=1, max_size=2), covers=st.lists(_SETS, max_size=2))
def test_a_search_finds_a_text_exactly_if_there_is_one(required: list[PatternSet], covers: list[PatternSet]) -> None:
    def is_in(text: str, one: PatternSet) -> bool:
        return any(_automaton(pattern).matches(text) for pattern in one.patterns) != one.negated

    def is_found(text: str) -> bool:
        return all(is_in(text, one) for one in required) and not any(is_in(text, one) for one in covers)

    found = Search(required, covers, Effort()).uncovered()
    shortest = next(filter(is_found, _TEXTS), None)
    if found is None:
        assert shortest is None
    else:
        assert is_found(found)
        assert shortest is None or len(found) == len(shortest)


def _allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def _hostile() -> list[tuple[str, Any, Any]]:
    arn = "arn:aws:s3:::"
    many = [f"s3:{a}*{b}*{c}*" for a in "abcde" for b in "fghij" for c in "klmno"]
    numbers = {"NumericEquals": {"t:n": [str(n) for n in range(2000)]}}
    others = {"NumericNotEquals": {"t:n": [str(n) for n in range(2000, 4000)]}}
    several = [_allow(f"s3:*{a}*", f"{arn}*{a}*") for a in "abcdefghijklmnop"]
    tiny = [{"Effect": effect, "Action": "a:*", "Resource": "*"} for effect in ("Allow", "Deny")] * 240
    return [
        ("one of exponentially many states", [_allow("*", f"{arn}*a{'?' * 40}")], [_allow("*", f"{arn}*b{'?' * 40}")]),
        ("long patterns", [_allow("*", arn + "*a?" * 600)], [_allow("*", arn + "*?a" * 600)]),
        ("many patterns", [_allow(many, "*")], [_allow([one + "?" for one in many], "*")]),
        ("many subsets", [_allow("*", "*")], several),
        ("many values", [_allow("*", "*", Condition=numbers)], [_allow("*", "*", Condition=others)]),
        ("many statements", tiny, [*tiny[:1], *tiny[2:]]),
    ]


@pytest.mark.parametrize(("new", "existing"), [row[1:] for row in _hostile()], ids=[row[0] for row in _hostile()])
def test_hostile_policies_are_answered_soon(new: Any, existing: Any) -> None:
    first, second = _parsed(new), _parsed(existing)
    begin = time.monotonic()
    comparison = check_no_new_access(first, second)
    check_access_not_granted(first, [Access(("s3:*a*b*c*",), (RESOURCES[1],))])
    assert time.monotonic() - begin < _SOON
    assert comparison.passed or comparison.reasons


def test_many_principals_are_answered_soon() -> None:
    accounts = [f"{number:012d}" for number in range(1, 600)]
    statements = [
        {"Effect": effect, "Action": action, "Resource": "*", "Principal": {"AWS": accounts[at : at + 10]}}
        for effect, action in (("Allow", "a:*"), ("Deny", "a:x*"))
        for at in range(0, 590, 10)
    ]
    new, existing = policy(statements, PolicyKind.RESOURCE), policy(statements[1:], PolicyKind.RESOURCE)
    begin = time.monotonic()
    assert not check_no_new_access(new, existing).passed
    assert check_no_new_access(existing, new).passed
    assert time.monotonic() - begin < _SOON


def test_long_patterns_together_are_too_hard_before_they_are_joined() -> None:
    long: Pattern = (Wild.ONE, Wild.MANY) * 1800
    with pytest.raises(TooHardError):
        Search([PatternSet((long,) * 100)], [], Effort())
    Search([PatternSet((long,) * 10)], [], Effort())


def test_much_access_is_answered_soon() -> None:
    pairs = [f"*{one}*{two}*" for one in "abcdefghij" for two in "abcdefghij"]
    asked = Access(tuple("s3:" + one for one in pairs), tuple("arn:aws:s3:::" + one for one in pairs))
    long = [f"arn:aws:s3:::{'x' * 1500}{number}/${{aws:username}}/*" for number in range(20)]
    begin = time.monotonic()
    check_access_not_granted(_parsed([_allow("s3:*", long)]), [asked])
    check_access_not_granted(_parsed([_allow([f"s3:A{number}" for number in range(2500)], "*")]), [asked])
    assert time.monotonic() - begin < _SOON


def _parsed(statements: Any) -> Policy:
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    return parse_policy(document, policy_id="p", kind=PolicyKind.IDENTITY)


def test_what_cannot_be_decided_fails_and_says_so() -> None:
    _, new, existing = _hostile()[0]
    comparison = check_no_new_access(_parsed(new), _parsed(existing))
    assert not comparison.passed
    assert "cannot be decided" in comparison.reasons[0].description
