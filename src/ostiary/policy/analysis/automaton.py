"""Which texts do several sets of patterns match together?

All patterns run in one bit-parallel automaton (see `language.glob`); a search visits each combination of states once,
so inclusion and intersection are answered for all texts, of whatever length. A variable is one symbol of the
alphabet: only the same variable, or a `*` that may run on beyond colons, matches it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ostiary.policy.analysis.effort import Effort
from ostiary.policy.language.glob import Token, Wild
from ostiary.policy.language.template import Variable


@dataclass(frozen=True, slots=True)
class PartVariable(Variable):
    """A variable within a part of an ARN that is matched part by part: with a colon in its value nothing matches."""


Pattern = tuple[Token | Variable, ...]
Symbol = str | Variable

_BITS_PER_UNIT = 2048
_PLACES_PER_UNIT = 16_384
_OTHERS = "xyzabcdefghijklmnopqrstuvw0123456789"


@dataclass(frozen=True, slots=True)
class PatternSet:
    """The texts that one of the patterns matches, or that none does."""

    patterns: tuple[Pattern, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class _Part:
    """The bits of one set of patterns; from a state with a bit of `forever`, every longer text matches, too."""

    own: int
    accept: int
    forever: int
    negated: bool

    def accepts(self, state: int) -> bool:
        return bool(state & self.accept) != self.negated

    def is_dead(self, state: int) -> bool:
        """Whether no longer text can be in the set."""
        return bool(state & self.forever) if self.negated else not state & self.own

    def is_sure(self, state: int) -> bool:
        """Whether every longer text is in the set."""
        return not state & self.own if self.negated else bool(state & self.forever)


class _Bits:
    """One automaton of all patterns: bit i of a state means that a pattern was matched up to its i-th place."""

    def __init__(self) -> None:
        self.by_symbol: dict[Symbol, int] = {}
        self.start = self.size = 0
        self._one = self._one_in_segment = self._stay = self._stay_in_segment = 0
        self._shadowed: list[tuple[int, int]] = []

    def add_set(self, patterns: PatternSet, effort: Effort) -> _Part:
        begin, accept, forever = self.size, 0, 0
        for pattern in patterns.patterns:
            first, last_is_many = self.size, self._add_pattern(pattern)
            added = self.size - first
            # Each place is put into a number of as many bits as there are places.
            effort.spend(1 + added // 8 + added * self.size // _PLACES_PER_UNIT)
            accept |= 1 << (self.size - 1)
            forever |= 1 << (self.size - 1) if last_is_many else 0
        return _Part((1 << self.size) - (1 << begin), accept, forever, patterns.negated)

    def _add_pattern(self, pattern: Pattern) -> bool:
        first = self.size
        self.start |= 1 << first
        for token in pattern:
            if isinstance(token, Wild):
                self._add_wild(token, first)
            else:
                for symbol in token if isinstance(token, str) else (token,):
                    self.by_symbol[symbol] = self.by_symbol.get(symbol, 0) | 1 << self.size
                    self.size += 1
        self.size += 1
        return bool(self._stay >> (self.size - 1) & 1)

    def _add_wild(self, wild: Wild, first: int) -> None:
        bit = 1 << self.size
        if wild is Wild.MANY:
            self._stay |= bit
            # What was matched less far can do nothing that this star cannot: forgetting it keeps the states few.
            self._shadowed.append((bit, ~(bit - (1 << first))))
        elif wild is Wild.MANY_IN_SEGMENT:
            self._stay_in_segment |= bit
        else:
            self._one |= bit if wild is Wild.ONE else 0
            self._one_in_segment |= bit if wild is Wild.ONE_IN_SEGMENT else 0
            self.size += 1

    def step(self, state: int, symbol: Symbol | None) -> int:
        """The state after one more symbol; None stands for every character that no pattern names."""
        moves, stays = self.by_symbol.get(symbol, 0) if symbol is not None else 0, self._stay
        if isinstance(symbol, PartVariable):
            stays |= self._stay_in_segment
        elif not isinstance(symbol, Variable):
            moves |= self._one
            if symbol != ":":
                moves |= self._one_in_segment
                stays |= self._stay_in_segment
        return self.reduced((state & moves) << 1 | state & stays)

    def reduced(self, state: int) -> int:
        for bit, mask in self._shadowed:
            if state & bit:
                state &= mask
        return state

    @property
    def cost(self) -> int:
        """Of one step: some operations on numbers of this many bits, and one for each star."""
        return 1 + (4 + len(self._shadowed)) * (1 + self.size // _BITS_PER_UNIT) // 8


class Search:
    """Visits the texts that are in all `required` sets, shortest first, and says in which `others` they are."""

    def __init__(self, required: Sequence[PatternSet], others: Sequence[PatternSet], effort: Effort) -> None:
        self._bits, self._effort = _Bits(), effort
        self._required = [self._bits.add_set(one, effort) for one in required]
        # Only a text that must match can hold a variable.
        variables = {symbol for symbol in self._bits.by_symbol if isinstance(symbol, Variable)}
        self._others = [self._bits.add_set(one, effort) for one in others]
        characters = {symbol for symbol in self._bits.by_symbol if isinstance(symbol, str)} | {":"}
        self._symbols: tuple[Symbol, ...] = (*sorted(characters), *variables)
        self._came_from: dict[int, tuple[int, Symbol | None]] = {}

    def profiles(self) -> Iterator[tuple[int, str]]:
        """Each combination of `others` that some text is in, as bits, with such a text."""
        seen: set[int] = set()
        for state in self._visit(until_covered=False):
            profile = sum(1 << index for index, part in enumerate(self._others) if part.accepts(state))
            if profile not in seen:
                seen.add(profile)
                yield profile, self._text(state)

    def uncovered(self) -> str | None:
        """A text that is in all required sets and in none of the others."""
        for state in self._visit(until_covered=True):
            if not any(part.accepts(state) for part in self._others):
                return self._text(state)
        return None

    def _visit(self, *, until_covered: bool) -> Iterator[int]:
        """States of texts that are in all required sets."""
        start = self._bits.reduced(self._bits.start)
        waiting, seen = deque([start]), {start}
        while waiting:
            state = waiting.popleft()
            if any(part.is_dead(state) for part in self._required):
                continue
            if until_covered and any(part.is_sure(state) for part in self._others):
                continue
            if all(part.accepts(state) for part in self._required):
                yield state
            for symbol, after in self._successors(state):
                if after not in seen:
                    seen.add(after)
                    self._came_from[after] = state, symbol
                    waiting.append(after)

    def _successors(self, state: int) -> Iterator[tuple[Symbol | None, int]]:
        bits, cost = self._bits, self._bits.cost
        self._effort.spend(cost * (1 + len(self._symbols) // 8))
        yield None, bits.step(state, None)
        for symbol in self._symbols:
            # A character that moves nothing here is like one that no pattern names; only the colon ends a segment.
            if symbol == ":" or bits.by_symbol[symbol] & state:
                self._effort.spend(cost)
                yield symbol, bits.step(state, symbol)

    def _text(self, state: int) -> str:
        named = {symbol for symbol in self._bits.by_symbol if isinstance(symbol, str)}
        other = next((character for character in _OTHERS if character not in named), "~")
        parts: list[str] = []
        while state in self._came_from:
            state, symbol = self._came_from[state]
            parts.append(other if symbol is None else f"${{{symbol.key}}}" if isinstance(symbol, Variable) else symbol)
        return "".join(reversed(parts))
