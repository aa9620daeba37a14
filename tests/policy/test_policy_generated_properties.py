"""What holds for the policies and requests that are generated to be hard to decide?

`test_policy_properties.py` asks the same of small policies, with hypothesis; here every element of the language is met.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any

import pytest

from ostiary.policy import (
    Decision,
    Miss,
    PolicyKind,
    PolicySet,
    Request,
    Trace,
    decide,
    decide_assume,
    decide_many,
    print_policy,
)
from policy.policy_callers import policy, request
from policy.reference.comparing import Compiled, compiled
from policy.reference.evaluation import Document, World
from policy.reference.generation import generated

_SEEDS = range(250)
_KINDS = {
    "identity": PolicyKind.IDENTITY,
    "resource": PolicyKind.RESOURCE,
    "boundary": PolicyKind.BOUNDARY,
    "session": PolicyKind.SESSION,
    "service_controls": PolicyKind.SERVICE_CONTROL,
    "resource_controls": PolicyKind.RESOURCE_CONTROL,
    "trust": PolicyKind.TRUST,
}
Change = Callable[[PolicyKind, Document], Document]


def _worlds() -> Iterator[tuple[Random, World, list[Request]]]:
    for seed in _SEEDS:
        yield Random(seed), *generated(seed)


def _decisions(world: World, requests: list[Request]) -> list[Decision]:
    ready = Compiled.of(world)
    return [ready.decide(one) for one in requests]


def _without_statements(decision: Decision) -> Decision:
    return replace(decision, matched=(), missing_keys=())


def _each(place: Any, change: Callable[[Document], Any]) -> Any:
    """The same layer with every policy changed."""
    if isinstance(place, list | tuple):
        return [_each(one, change) for one in place]
    return None if place is None else change(copy.deepcopy(place))


def _changed(world: World, change: Change) -> World:
    return World(**{name: _each(getattr(world, name), partial(change, kind)) for name, kind in _KINDS.items()})


def _documents(world: World) -> Iterator[dict[str, Any]]:
    """Every policy, to be changed in place."""
    for _layer, level in world.levels():
        for document in level:
            assert isinstance(document, dict)
            yield document


def _statements(document: dict[str, Any]) -> list[dict[str, Any]]:
    """The statements as a list that can be changed."""
    if isinstance(document["Statement"], dict):
        document["Statement"] = [document["Statement"]]
    found: list[dict[str, Any]] = document["Statement"]
    return found


def test_listening_to_a_decision_never_changes_it() -> None:
    for _rng, world, requests in _worlds():
        ready = Compiled.of(world)
        for one in requests:
            trace = Trace()
            if ready.trust is None:
                assert decide(one, ready.policies, trace=trace) == decide(one, ready.policies)
            else:
                told = decide_assume(one, ready.trust, ready.policies, trace=trace)
                assert told == decide_assume(one, ready.trust, ready.policies)
            # What it tells is what was decided.
            applied = {(entry.policy_id, entry.index) for entry in trace.entries if entry.missed is None}
            assert applied >= {(found.policy_id, found.index) for found in ready.decide(one).matched}


def test_the_missing_keys_are_those_that_statements_in_question_ask_for() -> None:
    for _rng, world, requests in _worlds():
        ready = Compiled.of(world)
        keys = {
            (document["Id"], statement.index): statement.condition_keys
            for name, kind in _KINDS.items()
            for document in _flat(getattr(world, name))
            for statement in compiled(document, kind).statements
        }
        for one in requests:
            trace = Trace()
            if ready.trust is None:
                decision = decide(one, ready.policies, trace=trace)
            else:
                decision = decide_assume(one, ready.trust, ready.policies, trace=trace)
            in_question = [entry for entry in trace.entries if entry.missed in {None, Miss.CONDITION}]
            asked = {key for entry in in_question for key in keys[entry.policy_id, entry.index]}
            absent = {key for key in asked if one.context.get(key, ()) == ()}
            assert absent <= set(decision.missing_keys)
            assert not any(one.context.get(key, ()) for key in decision.missing_keys)


def _flat(place: Any) -> Iterator[Document]:
    if isinstance(place, list | tuple):
        for one in place:
            yield from _flat(one)
    elif place is not None:
        yield place


def test_many_questions_are_answered_like_each_of_them() -> None:
    for _rng, world, requests in _worlds():
        policies = Compiled.of(world).policies
        assert decide_many(requests, policies) == [decide(one, policies) for one in requests]


def test_a_printed_policy_decides_alike_and_prints_the_same() -> None:
    def printed(kind: PolicyKind, document: Document) -> Document:
        text = print_policy(compiled(document, kind))
        again: dict[str, Any] = json.loads(text)
        assert print_policy(compiled(again, kind)) == text
        return again

    for _rng, world, requests in _worlds():
        assert _decisions(_changed(world, printed), requests) == _decisions(world, requests)


def test_adding_a_deny_never_grants() -> None:
    for rng, world, requests in _worlds():
        more = copy.deepcopy(world)
        statements = _statements(rng.choice(list(_documents(more)) or [{"Statement": []}]))
        if not statements:
            continue
        added = copy.deepcopy(rng.choice(statements)) | {"Effect": "Deny"}
        added.pop("Sid", None)
        statements.append(added)
        pairs = zip(_decisions(world, requests), _decisions(more, requests), strict=True)
        assert all(before.allowed or not after.allowed for before, after in pairs)


def test_removing_an_allow_never_grants() -> None:
    for rng, world, requests in _worlds():
        less = copy.deepcopy(world)
        lists = [_statements(document) for document in _documents(less)]
        choices = [
            (one, statement) for one in lists for statement in one if statement["Effect"] == "Allow" and len(one) > 1
        ]
        if choices:
            statements, removed = rng.choice(choices)
            statements[:] = [one for one in statements if one is not removed]
        pairs = zip(_decisions(world, requests), _decisions(less, requests), strict=True)
        assert all(before.allowed or not after.allowed for before, after in pairs)


def _of_another_world(rng: Random, place: str) -> Any:
    while True:
        if given := getattr(generated(rng.randrange(10_000))[0], place):
            return given


@pytest.mark.parametrize("place", ["boundary", "session", "service_controls", "resource_controls"])
def test_a_further_limit_never_grants(place: str) -> None:
    for rng, world, requests in _worlds():
        given, before = _of_another_world(rng, place), getattr(world, place)
        if place in {"boundary", "session"} and before is not None:
            continue
        limit: dict[str, Any] = {place: [*before, *given] if before is not None else given}
        pairs = zip(_decisions(world, requests), _decisions(replace(world, **limit), requests), strict=True)
        assert all(free.allowed or not limited.allowed for free, limited in pairs)


def _shuffled(rng: Random, value: Any) -> Any:
    if isinstance(value, dict):
        items = [(key, _shuffled(rng, one)) for key, one in value.items()]
        return dict(rng.sample(items, len(items)))
    if isinstance(value, list):
        return [_shuffled(rng, one) for one in rng.sample(value, len(value))]
    return value


def test_the_order_of_everything_does_not_matter() -> None:
    for rng, world, requests in _worlds():
        mixed = World(**{name: _shuffled(rng, value) for name, value in vars(world).items()})
        pairs = zip(_decisions(world, requests), _decisions(mixed, requests), strict=True)
        for before, after in pairs:
            assert _without_statements(after) == _without_statements(before)
            assert len(after.matched) == len(before.matched)
            assert set(after.missing_keys) == set(before.missing_keys)


def test_the_case_of_keys_and_actions_does_not_matter() -> None:
    def shouting(_kind: PolicyKind, document: Document) -> Document:
        whole = dict(document)
        for statement in _statements(whole):
            for name in ("Action", "NotAction"):
                if name in statement:
                    statement[name] = json.loads(json.dumps(statement[name]).swapcase())
            condition = statement.get("Condition", {})
            statement["Condition"] = {
                operator: {key.upper(): value for key, value in keys.items()} for operator, keys in condition.items()
            }
        if whole.get("Version") == "2012-10-17":
            text = re.sub(r"\$\{[a-zA-Z:/]+", lambda found: found[0].swapcase(), json.dumps(whole))
            return dict(json.loads(text))
        return whole

    for _rng, world, requests in _worlds():
        asked = [
            replace(one, action=one.action.upper(), context={key.upper(): value for key, value in one.context.items()})
            for one in requests
        ]
        # Sentences tell the action as it was asked for.
        loud = [replace(one, reason="") for one in _decisions(_changed(world, shouting), asked)]
        assert loud == [replace(one, reason="") for one in _decisions(world, requests)]


def test_statements_in_one_policy_and_in_several_decide_alike() -> None:
    def split(level: Any) -> list[Document]:
        return [
            {**document, "Id": f"{document['Id']}-{number}", "Statement": statement}
            for document in copy.deepcopy(level)
            for number, statement in enumerate(_statements(document))
        ]

    for _rng, world, requests in _worlds():
        several = replace(
            world,
            identity=split(world.identity),
            session=None if world.session is None else split(world.session),
            service_controls=[split(level) for level in world.service_controls],
            resource_controls=[split(level) for level in world.resource_controls],
        )
        before, after = _decisions(world, requests), _decisions(several, requests)
        assert [_without_statements(one) for one in after] == [_without_statements(one) for one in before]


def _allows(condition: dict[str, Any], context: dict[str, Any]) -> bool:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    return decide(request(context=context), PolicySet(identity=[policy([statement])])).allowed


def test_a_value_is_itself_in_every_operator_with_wildcards() -> None:
    rng, alphabet = Random(0), "ab*?:/$"
    for _ in range(1000):
        value = "".join(rng.choices(alphabet, k=rng.randrange(1, 5)))
        text = rng.choice((value, "".join(rng.choices(alphabet, k=rng.randrange(6))), value + "a"))
        context = {"t:v": value, "t:text": text, "t:arn": f"arn:aws:{text}:eu::{text}"}
        assert _allows({"StringLike": {"t:text": "${t:v}*"}}, context) is text.startswith(value)
        assert _allows({"StringNotLike": {"t:text": "?${t:v}"}}, context) is (text[1:] != value or not text)
        parts = {"ArnLike": {"t:arn": "arn:aws:${t:v}:*::${t:v}*"}}
        assert _allows(parts, context) is (text == value and ":" not in value)
