"""Which statements were looked at on the way to a decision, and why did each of them apply or not?

A trace only listens: the decision takes the same path with and without it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ostiary.policy.language.conditions import Condition
from ostiary.policy.language.principals import Reach
from ostiary.policy.language.scope import Miss, Scope
from ostiary.policy.language.statement import Statement
from ostiary.policy.model import Effect, Layer


@dataclass(frozen=True, slots=True)
class TraceEntry:
    """`missed` is None for a statement that applied; `condition` is the first that did not hold."""

    policy_id: str
    index: int
    sid: str | None
    layer: Layer
    effect: Effect
    missed: Miss | None
    condition: Condition | None = None


class Trace:
    """Give one to a decision to find the entries in it, layer by layer, statement by statement."""

    def __init__(self) -> None:
        self.entries: list[TraceEntry] = []

    def note(self, statement: Statement, layer: Layer, reach: Reach, scope: Scope) -> None:
        missed = None if reach is not Reach.NONE else scope.missed
        condition = statement.conditions[scope.failed] if missed is Miss.CONDITION else None
        self._add(statement, layer, missed, condition)

    def note_others(self, statements: Iterable[Statement], candidates: tuple[Statement, ...], layer: Layer) -> None:
        """The statements that speak of other actions."""
        for statement in statements:
            if statement not in candidates:
                self._add(statement, layer, Miss.ACTION, None)

    def _add(self, statement: Statement, layer: Layer, missed: Miss | None, condition: Condition | None) -> None:
        self.entries.append(
            TraceEntry(statement.policy_id, statement.index, statement.sid, layer, statement.effect, missed, condition)
        )
