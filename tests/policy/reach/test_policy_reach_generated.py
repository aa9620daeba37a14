"""Is a partial answer right for everything that the unknown keys can turn out to be?"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from random import Random

from ostiary.policy import Request
from ostiary.policy.reach.answer import Answer, Verdict, may, may_assume
from policy.reference import material
from policy.reference.comparing import Compiled
from policy.reference.generation import generated

_SEEDS = range(500)
_KEYS = {key.lower() for key in material.KEYS} | {"t:absent", "t:account", "aws:principalarn"}


def _answer(ready: Compiled, request: Request, absent: set[str]) -> Answer:
    if ready.trust is None:
        return may(request, ready.policies, absent=absent)
    return may_assume(request, ready.trust, ready.policies, absent=absent)


def test_a_partial_answer_is_right_for_every_request_that_it_stands_for() -> None:
    verdicts: Counter[tuple[Verdict, bool]] = Counter()
    for seed in _SEEDS:
        rng = Random(seed)
        world, requests = generated(seed)
        ready = Compiled.of(world)
        for asked in requests:
            known = {key: value for key, value in asked.context.items() if rng.random() < 0.5}
            absent = {key for key in sorted(_KEYS - asked.context.keys()) if rng.random() < 0.5}
            answer = _answer(ready, replace(asked, context=known), absent)
            for other in requests:
                more = {key: value for key, value in other.context.items() if key not in absent}
                whole = replace(asked, context={**more, **known})
                allowed = ready.decide(whole).allowed
                verdicts[answer.verdict, allowed] += 1
                assert answer.holds(whole) is allowed, f"seed {seed}"
    assert not verdicts[Verdict.YES, False]
    assert not verdicts[Verdict.NO, True]
    assert min(verdicts[Verdict.IF, True], verdicts[Verdict.IF, False], verdicts[Verdict.YES, True]) > 100
