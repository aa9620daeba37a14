"""Does a text match a pattern of `*` and `?`, in linear time whatever both are?

Patterns with `*` only are matched piece by piece; all others by a bit-parallel automaton that reads each character of
the text once. There is no backtracking.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Protocol


class Wild(Enum):
    """Wildcards; the IN_SEGMENT ones do not match the colon that ends a segment of an ARN."""

    MANY = "*"
    ONE = "?"
    MANY_IN_SEGMENT = "*:"
    ONE_IN_SEGMENT = "?:"


Token = str | Wild
Matches = Callable[[str], bool]


class Glob(Protocol):
    def matches(self, text: str) -> bool: ...


class Exact:
    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def matches(self, text: str) -> bool:
        return text == self.text


class Pieces:
    """`a*b*c`: the first piece begins the text, the last ends it, the others follow each other between.

    `prefix` is the text that must begin a match, when that is all the pattern asks.
    """

    __slots__ = ("matches", "prefix")

    def __init__(self, pieces: Sequence[str]) -> None:
        head, tail = pieces[0], pieces[-1]
        middle = tuple(piece for piece in pieces[1:-1] if piece)
        self.prefix = None if middle or tail else head
        self.matches = _in_order(head, middle, tail) if middle else _around(head, tail)


def _around(head: str, tail: str) -> Matches:
    # The tail may not overlap the head: `ab*ba` does not match `aba`.
    least = len(head) + len(tail)
    return lambda text: text.startswith(head) and text.endswith(tail) and len(text) >= least


def _in_order(head: str, middle: Sequence[str], tail: str) -> Matches:
    begin, rest = len(head), len(tail)

    def matches(text: str) -> bool:
        if not text.startswith(head) or not text.endswith(tail):
            return False
        at, end = begin, len(text) - rest
        for piece in middle:
            at = text.find(piece, at, end)
            if at < 0:
                return False
            at += len(piece)
        return at <= end

    return matches


class Automaton:
    """Bit i of the state means: the first i characters of the pattern (not counting stars) are matched."""

    __slots__ = ("_by_character", "_length", "_one", "_one_in_segment", "_stay", "_stay_in_segment")

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._by_character: dict[str, int] = {}
        self._one = self._one_in_segment = self._stay = self._stay_in_segment = 0
        self._length = 0
        for token in tokens:
            if isinstance(token, str):
                self._add_text(token)
            else:
                self._add_wild(token)

    def _add_text(self, text: str) -> None:
        for character in text:
            self._by_character[character] = self._by_character.get(character, 0) | 1 << self._length
            self._length += 1

    def _add_wild(self, wild: Wild) -> None:
        bit = 1 << self._length
        if wild is Wild.MANY:
            self._stay |= bit
        elif wild is Wild.MANY_IN_SEGMENT:
            self._stay_in_segment |= bit
        else:
            self._one |= bit if wild is Wild.ONE else 0
            self._one_in_segment |= bit if wild is Wild.ONE_IN_SEGMENT else 0
            self._length += 1

    def matches(self, text: str) -> bool:
        reached = 1
        by_character, one, stay = self._by_character, self._one, self._stay
        one_segment, stay_segment = one | self._one_in_segment, stay | self._stay_in_segment
        for character in text:
            colon = character == ":"
            step = by_character.get(character, 0) | (one if colon else one_segment)
            reached = (reached & step) << 1 | reached & (stay if colon else stay_segment)
            if not reached:
                return False
        return bool(reached >> self._length & 1)


def compile_glob(tokens: Sequence[Token]) -> Glob:
    """Choose the cheapest matcher that is exact for these tokens."""
    pieces = [""]
    for token in tokens:
        if isinstance(token, str):
            pieces[-1] += token
        elif token is Wild.MANY:
            pieces.append("")
        else:
            return Automaton(tokens)
    return Exact(pieces[0]) if len(pieces) == 1 else Pieces(pieces)
