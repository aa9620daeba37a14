"""What was hoped for, and was it reached? The goals of the design for the rows that are measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench.candidates import Row
from bench.measure import LoadResult, StartResult

_OURS = "Ostiary"
_MEBIBYTE = 1024**2
_START_GOAL_SECONDS = 1.5
_MEMORY_GOAL_MEBIBYTES = 120


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours must answer at least `factor` times as many requests per second as `peer`."""

    row: Row
    peer: str
    factor: float


@dataclass(frozen=True, slots=True)
class Verdict:
    work: str
    goal: str
    measured: str
    met: bool


RATIOS = (
    Ratio(Row.TOKEN, "oidc-provider", 4),
    Ratio(Row.TOKEN, "bare WSGI", 0.5),
    Ratio(Row.ASSUME_ROLE, "moto", 10),
    Ratio(Row.GET_SECRET_VALUE, "moto", 8),
)


def judge_load(result: LoadResult) -> Iterator[Verdict]:
    if result.failure or _OURS not in result.runs:
        return
    for goal in RATIOS:
        if goal.row is result.row:
            ratio = median(result.ratios(_OURS, goal.peer))
            yield Verdict(goal.row, f"at least {goal.factor:g}x {goal.peer}", f"{ratio:.2f}x", ratio >= goal.factor)


def judge_start(result: StartResult) -> Iterator[Verdict]:
    if result.failure or _OURS not in result.starts:
        return
    start = median(result.starts[_OURS])
    yield Verdict(
        "start to first answer", f"under {_START_GOAL_SECONDS} s", f"{start:.2f} s", start < _START_GOAL_SECONDS
    )
    worker = result.memory[_OURS].largest / _MEBIBYTE
    goal = f"under {_MEMORY_GOAL_MEBIBYTES} MB"
    yield Verdict("idle memory per worker", goal, f"{worker:.0f} MB", worker < _MEMORY_GOAL_MEBIBYTES)
