"""Do the compiled evaluator and a slow, obvious one that was written from the documents alone always agree?

`OSTIARY_FUZZ_PAIRS` asks for more questions than the usual ones; `policy.reference.fuzz` is the long run.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ostiary.policy import (
    ContextValue,
    Decision,
    Layer,
    Policy,
    PolicySet,
    Request,
    decide,
    decide_assume,
    decide_trust,
)
from policy import test_policy_vectors as vectors
from policy.reference import evaluation, material
from policy.reference.comparing import Compiled, difference, read
from policy.reference.conditions import condition_holds
from policy.reference.evaluation import Answer, World
from policy.reference.generation import REQUESTS, generated
from policy.reference.minimizing import minimized
from policy.reference.truth import Truth

_PAIRS = int(os.environ.get("OSTIARY_FUZZ_PAIRS", "20000"))
_SEEDS = json.loads((Path(__file__).parent / "reference" / "seeds.json").read_text(encoding="utf-8"))["pairs"]


@dataclass
class _Run:
    pairs: int = 0
    differences: list[str] = field(default_factory=list)
    answers: Counter[tuple[bool, Layer | None, bool]] = field(default_factory=Counter)


@pytest.fixture(scope="module")
def run() -> _Run:
    made = _Run()
    for seed in range(_PAIRS // REQUESTS):
        world, requests = generated(seed)
        ready = Compiled.of(world)
        for request in requests:
            made.pairs += 1
            if told := difference(world, ready, request):
                made.differences.append(f"seed {seed}: {told}")
            decision = ready.decide(request)
            made.answers[decision.allowed, decision.layer, decision.explicit] += 1
    return made


def test_generated_questions_are_answered_as_by_the_documents(run: _Run) -> None:
    assert run.differences[:5] == []
    assert run.pairs == _PAIRS


def test_generated_questions_have_both_answers_for_every_reason(run: _Run) -> None:
    allowed = sum(count for (yes, _layer, _explicit), count in run.answers.items() if yes)
    assert 0.3 <= allowed / run.pairs <= 0.7
    refusals = [(False, layer, explicit) for layer in Layer for explicit in (True, False)]
    grants = [(True, layer, False) for layer in (Layer.RESOURCE, Layer.TRUST, Layer.IDENTITY)]
    rare = {reason: run.answers[reason] for reason in (*refusals, *grants) if run.answers[reason] < run.pairs / 400}
    assert rare == {}


def _conditions(world: World) -> Iterator[tuple[str, str, str, Any]]:
    for _layer, level in world.levels():
        for document in level:
            listed = document["Statement"]
            for statement in [listed] if isinstance(listed, dict) else listed:
                for operator, keys in statement.get("Condition", {}).items():
                    for key, wanted in keys.items():
                        yield document.get("Version", "2008-10-17"), operator, key, wanted


def test_generated_conditions_hold_and_fail_for_every_operator() -> None:
    seen: Counter[tuple[str, Truth]] = Counter()
    for seed in range(1500):
        world, requests = generated(seed)
        for version, operator, key, wanted in _conditions(world):
            truth = condition_holds({operator: {key: wanted}}, version, requests[0].context)
            quantifier, _, name = operator.rpartition(":")
            plain = name.removesuffix("IfExists")
            features = {plain, f"{quantifier}:", "IfExists" if plain != name else "as written"}
            seen.update((feature, truth) for feature in features)
    operators = {operator for of_kind in material.OPERATORS.values() for operator in of_kind}
    features = operators | {"Null", ":", "ForAllValues:", "ForAnyValue:", "IfExists", "as written"}
    rare = {(name, truth) for name in features for truth in (Truth.YES, Truth.NO) if seen[name, truth] < 10}
    assert rare == set()
    assert {name for name in features if not seen[name, Truth.DOUBT]} == set()


def test_keys_that_differ_in_case_are_one_key_with_all_their_values() -> None:
    rng = Random(0)
    keys, values = ("t:a", "T:a", "t:A", "t:b", "t:\u212a", "t:k", "T:K"), ("x", "y", "", ("x",), ("x", "y"), ())
    for _ in range(500):
        context = {key: rng.choice(values) for key in rng.sample(keys, rng.randrange(len(keys)))}
        asked = Request(material.CALLERS[0], "s3:GetObject", "*", material.ACCOUNT, context)
        found, expected = dict(asked.context), evaluation.merged(context)
        assert {key: _as_set(value) for key, value in found.items()} == {
            key: _as_set(value) for key, value in expected.items()
        }
        assert {key for key, value in found.items() if isinstance(value, str)} == {
            key for key, value in expected.items() if isinstance(value, str)
        }


def _as_set(value: ContextValue) -> frozenset[str]:
    return frozenset((value,) if isinstance(value, str) else value)


@pytest.mark.parametrize("pair", [pytest.param(pair, id=pair["why"]) for pair in _SEEDS])
def test_what_once_was_answered_differently_is_answered_alike(pair: dict[str, Any]) -> None:
    world, request = read(pair)
    assert difference(world, Compiled.of(world), request) == ""


def test_a_difference_is_told_and_minimized(monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison that never tells of a difference would prove nothing."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Null": {"t:absent": "true"}}}
    world = World(
        identity=[{"Id": "a", "Statement": [everything, deny, everything]}, {"Id": "b", "Statement": [everything]}],
        boundary={"Id": "c", "Statement": [everything]},
    )
    asked = Request(material.CALLERS[0], "s3:GetObject", "arn:aws:s3:::lake/x", material.ACCOUNT, {})
    assert difference(world, Compiled.of(world), asked) == ""
    monkeypatch.setattr(evaluation, "condition_holds", lambda condition, *_: Truth.NO if condition else Truth.YES)
    told = difference(world, Compiled.of(world), asked)
    assert told.startswith("allowed: False but the reference says True")
    least = minimized(world, asked)
    assert (least.boundary, len(least.identity)) == (None, 1)
    assert [one["Effect"] for one in least.identity[0]["Statement"]] == ["Deny"]


# The reference against the tables


def _document(policy: Policy) -> dict[str, Any]:
    return {**json.loads(policy.text), "Id": policy.policy_id}


def _optional(policy: Policy | None) -> dict[str, Any] | None:
    return None if policy is None else _document(policy)


def _world(policies: PolicySet, *, resource: Policy | None = None, trust: Policy | None = None) -> World:
    return World(
        identity=[_document(one) for one in policies.identity],
        resource=_optional(resource),
        boundary=_optional(policies.boundary),
        session=None if policies.session is None else [_document(one) for one in policies.session],
        service_controls=[[_document(one) for one in level] for level in policies.service_controls],
        resource_controls=[[_document(one) for one in level] for level in policies.resource_controls],
        trust=_optional(trust),
    )


def _as_decision(answer: Answer, compiled: Decision) -> Decision:
    return replace(compiled, allowed=answer.allowed, layer=answer.layer, matched=answer.matched, silent=answer.silent)


def _tables() -> Iterator[Any]:
    for name, test in vars(vectors).items():
        if name.startswith("test_") and hasattr(test, "pytestmark"):
            for case in test.pytestmark[0].args[1]:
                yield test, case.values[0]


def test_the_reference_answers_every_table_of_the_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_decide(request: Request, policies: PolicySet) -> Decision:
        world = _world(policies, resource=policies.resource)
        return _as_decision(evaluation.decide(world, request), decide(request, policies))

    def slow_decide_trust(request: Request, trust: Policy) -> Decision:
        return _as_decision(evaluation.decide_trust(_document(trust), request), decide_trust(request, trust))

    def slow_decide_assume(request: Request, trust: Policy, policies: PolicySet) -> Decision:
        compiled = decide_assume(request, trust, policies)
        return _as_decision(evaluation.decide(_world(policies, trust=trust), request), compiled)

    monkeypatch.setattr(vectors, "decide", slow_decide)
    monkeypatch.setattr(vectors, "decide_trust", slow_decide_trust)
    monkeypatch.setattr(vectors, "decide_assume", slow_decide_assume)
    cases = list(_tables())
    assert len(cases) > 400
    for test, case in cases:
        test(case)
