"""Boolean formulas over what is not known yet: made small while they are built, evaluated once it is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ostiary.policy.language.conditions import Condition
from ostiary.policy.language.elements import Resources
from ostiary.policy.language.scope import Scope


@dataclass(frozen=True, slots=True)
class Test:
    """One condition of a statement, or its resource, that reads a condition key which is not known."""

    of: Condition | Resources

    def holds(self, scope: Scope) -> bool:
        return self.of.match(scope) if isinstance(self.of, Resources) else self.of.holds(scope)

    def __str__(self) -> str:
        if isinstance(self.of, Resources):
            return f"the resource is {'none' if self.of.negated else 'one'} of {', '.join(self.of.texts)}"
        return f"{self.of.name} {self.of.written_key} {' | '.join(map(repr, self.of.values))}"


@dataclass(frozen=True, slots=True)
class Not:
    part: Formula

    def holds(self, scope: Scope) -> bool:
        return not self.part.holds(scope)

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds; of no part at all, always."""

    parts: tuple[Formula, ...] = ()

    def holds(self, scope: Scope) -> bool:
        return all(part.holds(scope) for part in self.parts)

    def __str__(self) -> str:
        return " and ".join(f"({part})" if isinstance(part, AnyOf) else str(part) for part in self.parts) or "always"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some part holds; of no part at all, never."""

    parts: tuple[Formula, ...] = ()

    def holds(self, scope: Scope) -> bool:
        return any(part.holds(scope) for part in self.parts)

    def __str__(self) -> str:
        return " or ".join(f"({part})" if isinstance(part, AllOf) else str(part) for part in self.parts) or "never"


Formula = Test | Not | AllOf | AnyOf
ALWAYS: Formula = AllOf()
NEVER: Formula = AnyOf()


def conjunction(parts: Iterable[Formula]) -> Formula:
    kept: dict[Formula, None] = {}
    for part in parts:
        if part == NEVER:
            return NEVER
        kept.update(dict.fromkeys(part.parts if isinstance(part, AllOf) else (part,)))
    return next(iter(kept)) if len(kept) == 1 else AllOf(tuple(kept))


def disjunction(parts: Iterable[Formula]) -> Formula:
    kept: dict[Formula, None] = {}
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        kept.update(dict.fromkeys(part.parts if isinstance(part, AnyOf) else (part,)))
    return next(iter(kept)) if len(kept) == 1 else AnyOf(tuple(kept))


def negation(part: Formula) -> Formula:
    if part == ALWAYS:
        return NEVER
    if part == NEVER:
        return ALWAYS
    return part.part if isinstance(part, Not) else Not(part)
