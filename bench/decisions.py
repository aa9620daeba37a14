"""How fast is a decision in process, beside two other engines, and does it stay so?

`peers/decisions.py` measures in the peers' interpreter, on the server's core; this file starts it and reads its answer.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from bench.goals import Verdict
from bench.places import PEER_PYTHON, ROOT, BenchError
from bench.processes import pinned

OURS = "Ostiary"
_MOST_SECONDS = 600
_GOAL_MICROS = 10
_GOAL_CEDAR = 5
# Between runs on a shared machine a decision varies by as much.
_FLAT = 1.3


@dataclass(frozen=True, slots=True)
class Hostile:
    pattern: str
    pattern_characters: int
    text_characters: int
    micros: float


@dataclass(slots=True)
class DecisionResult:
    """Microseconds of CPU time per decision: of each round by engine, and by the number of policies in the account."""

    questions: int = 0
    speed: Mapping[str, Sequence[float]] = field(default_factory=dict)
    growth: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    hostile: Sequence[Hostile] = ()
    failure: str = ""

    def ratio(self, other: str) -> float:
        """How many times as long the other takes, round by round."""
        return median(theirs / ours for ours, theirs in zip(self.speed[OURS], self.speed[other], strict=True))


def measure_decisions(cpu: int, *, runs: int) -> DecisionResult:
    try:
        found = _run(cpu, runs)
    except BenchError as error:
        return DecisionResult(failure=str(error))
    return DecisionResult(
        questions=found["questions"],
        speed=found["speed"],
        growth=found["growth"],
        hostile=[Hostile(*row) for row in found["hostile"]],
    )


def _run(cpu: int, runs: int) -> dict[str, Any]:
    print("bench: decisions in process", flush=True)
    command = pinned([str(PEER_PYTHON), "-m", "bench.peers.decisions", str(runs)], cpu)
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=_MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"the decisions did not end within {_MOST_SECONDS} s") from None
    if done.returncode != 0:
        raise BenchError(f"the decisions failed: {done.stderr.strip()[-800:]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def judge_decisions(result: DecisionResult) -> Iterator[Verdict]:
    if result.failure:
        return
    ours = median(result.speed[OURS])
    yield Verdict("policy decision", f"under {_GOAL_MICROS} us", f"{ours:.1f} us", ours < _GOAL_MICROS)
    cedar = result.ratio("cedarpy")
    yield Verdict("policy decision", f"at least {_GOAL_CEDAR}x cedarpy", f"{cedar:.1f}x", cedar >= _GOAL_CEDAR)
    growth = result.growth[OURS]
    sizes = sorted(growth, key=int)
    factor = growth[sizes[-1]] / growth[sizes[0]]
    goal = f"flat from {int(sizes[0]):,} to {int(sizes[-1]):,} policies"
    yield Verdict("policy decision", goal, f"{factor:.2f}x", factor < _FLAT)


def decision_section(result: DecisionResult) -> str:
    title = "## Policy decisions in process\n"
    if result.failure:
        return f"{title}\n**No result**: {result.failure}\n"
    return "\n".join([title, *_speed(result), "", *_growth(result), "", *_hostile(result), ""])


def _speed(result: DecisionResult) -> Iterator[str]:
    yield f"10 policies of 5 statements are attached; {result.questions} questions, answered alike by all engines.\n"
    yield "| engine | us per decision | lowest - highest | decisions/s | Ostiary is faster by |"
    yield "|---|---:|---:|---:|---:|"
    for name, micros in result.speed.items():
        factor = "" if name == OURS else f"{result.ratio(name):.1f}x"
        spread = f"{min(micros):.1f} - {max(micros):.1f}"
        yield f"| {name} | {median(micros):.1f} | {spread} | {1e6 / median(micros):,.0f} | {factor} |"


def _growth(result: DecisionResult) -> Iterator[str]:
    sizes = sorted(result.growth[OURS], key=int)
    yield "Microseconds per decision by the number of policies in the account, 10 of them attached to whoever asks:\n"
    yield f"| engine | {' | '.join(f'{int(size):,}' for size in sizes)} |"
    yield f"|---|{'---:|' * len(sizes)}"
    for name, by_size in result.growth.items():
        yield f"| {name} | {' | '.join(f'{by_size[size]:,.1f}' if size in by_size else '-' for size in sizes)} |"


def _hostile(result: DecisionResult) -> Iterator[str]:
    yield "Patterns that make backtracking matchers explode, tried on a text of many `a`:\n"
    yield "| pattern | its characters | text, characters | us |"
    yield "|---|---:|---:|---:|"
    for one in result.hostile:
        yield f"| {one.pattern} | {one.pattern_characters:,} | {one.text_characters:,} | {one.micros:,.1f} |"
