"""What may one request of the simulator cost?

Whoever asks chooses policies, resources and condition values alike, and each pattern is held against each value:
counted are the characters that would be read, before the first is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ostiary.policy import Context, Policy
from ostiary.policy.language.conditions import Condition

# Characters that are read for one page of answers: about a second, at the worst.
MAX_EFFORT: Final = 8_000_000
# Filling in a variable costs about as much as reading so many characters.
_VARIABLE: Final = 8
_VARIABLE_OPENS: Final = "${"


@dataclass(frozen=True, slots=True)
class Effort:
    """Of one question: `patterns` are held against its resource, `fixed` is what does not depend on it."""

    patterns: int
    fixed: int

    def of(self, resources: Sequence[str]) -> int:
        """For one action on all of the resources."""
        return self.patterns * sum(map(len, resources)) + self.fixed * len(resources)


def effort_of(policies: Iterable[Policy], context: Context) -> Effort:
    lengths = {key: _length(value) for key, value in context.items()}
    patterns, fixed = 0, len(context)
    for policy in policies:
        for statement in policy.statements:
            patterns += _pieces(statement.resources.texts) if statement.resources is not None else 0
            fixed += 1 + sum(_effort_of_condition(condition, lengths) for condition in statement.conditions)
    return Effort(patterns, fixed)


def _effort_of_condition(condition: Condition, lengths: dict[str, int]) -> int:
    return _pieces(condition.values) * lengths.get(condition.key, 1)


def _pieces(texts: Sequence[str]) -> int:
    return sum(1 + _VARIABLE * text.count(_VARIABLE_OPENS) for text in texts)


def _length(value: str | Sequence[str]) -> int:
    """An empty value is looked at, too."""
    return len(value) + 1 if isinstance(value, str) else sum(len(one) + 1 for one in value)
