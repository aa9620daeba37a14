"""Where in a JSON text does each value stand? RFC 8259, read in linear time and without recursion.

The language's own reader (`language.document`) decides what is JSON; this one reads the same texts and remembers
places. It refuses what no policy can be: documents larger or deeper than the language allows.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import NoReturn

from ostiary.policy.language.document import MAX_DOCUMENT_BYTES

MAX_DEPTH = 32
"""A policy is seven deep; whatever is deeper has the wrong type somewhere above."""

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_STRINGS = json.JSONDecoder()


class Kind(Enum):
    """The types of JSON; the value is how an error text names them."""

    OBJECT = "an object"
    ARRAY = "a list"
    STRING = "a string"
    NUMBER = "a number"
    BOOLEAN = "a boolean"
    NULL = "null"


class Refusal(Enum):
    """Why a text could not be read."""

    SYNTAX = auto()
    SIZE = auto()
    DEPTH = auto()


_CONSTANTS = {"true": Kind.BOOLEAN, "false": Kind.BOOLEAN, "null": Kind.NULL}


@dataclass(frozen=True, slots=True)
class Position:
    """Lines count from 1, columns and offsets from 0, in characters: as Access Analyzer counts them."""

    line: int
    column: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span:
    start: Position
    end: Position


class SourceError(Exception):
    """A text that is not a document, and the position at which that shows."""

    def __init__(self, refusal: Refusal, message: str, position: Position) -> None:
        super().__init__(message)
        self.refusal = refusal
        self.message = message
        self.position = position


class Lines:
    """A text and where its lines begin."""

    __slots__ = ("_starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def position(self, offset: int) -> Position:
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1], offset)

    def span(self, start: int, end: int) -> Span:
        return Span(self.position(start), self.position(end))


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """A value with its place. `text` is a string's value, otherwise what is written."""

    kind: Kind
    lines: Lines = field(repr=False)
    start: int
    end: int
    text: str = field(repr=False)
    members: tuple[Member, ...] = ()
    items: tuple[Node, ...] = ()

    @property
    def span(self) -> Span:
        return self.lines.span(self.start, self.end)

    @property
    def raw(self) -> str:
        """The JSON text as it is written."""
        return self.lines.text[self.start : self.end]

    @property
    def is_string(self) -> bool:
        return self.kind is Kind.STRING

    def child(self, name_or_index: str | int) -> Node | None:
        """A member by its name (the first one, when a name stands twice) or an item by its index."""
        if isinstance(name_or_index, int):
            return self.items[name_or_index] if 0 <= name_or_index < len(self.items) else None
        return next((member.value for member in self.members if member.name == name_or_index), None)


@dataclass(frozen=True, slots=True, eq=False)
class Member:
    """A name and its value. `start` and `end` enclose the name with its quotes."""

    name: str
    start: int
    end: int
    value: Node


def read_source(text: str) -> Node:
    """Read a whole document. Raises SourceError."""
    return _Reader(text).document()


@dataclass(slots=True)
class _Container:
    start: int
    closer: str
    members: list[Member] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    name: tuple[str, int, int] = ("", 0, 0)

    def add(self, value: Node) -> None:
        if self.closer == "}":
            self.members.append(Member(*self.name, value))
        else:
            self.items.append(value)


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = Lines(text)
        self._text = text
        self._open: list[_Container] = []
        if len(text) > MAX_DOCUMENT_BYTES:
            self._refuse(0, f"the document is larger than {MAX_DOCUMENT_BYTES} bytes", Refusal.SIZE)

    def document(self) -> Node:
        value, end = self._value(self._space(0))
        after = self._space(end)
        if after < len(self._text):
            self._refuse(after, "the document has ended, but more text follows")
        return value

    def _value(self, at: int) -> tuple[Node, int]:
        """The one value of the document, and its end: containers wait on a stack of their own."""
        while True:
            value, at = self._opened(at) if self._text[at : at + 1] in {"{", "["} else self._scalar(at)
            while value is not None and self._open:
                value, at = self._added(value, at)
            if value is not None:
                return value, at

    def _opened(self, at: int) -> tuple[Node | None, int]:
        """Open a container: None and where its first value begins, or the container when it is empty."""
        if len(self._open) >= MAX_DEPTH:
            self._refuse(at, "the document is nested too deeply", Refusal.DEPTH)
        container = _Container(at, "}" if self._text[at] == "{" else "]")
        self._open.append(container)
        first = self._space(at + 1)
        if self._text[first : first + 1] == container.closer:
            return self._closed(first + 1)
        return None, self._value_start(container, first)

    def _added(self, value: Node, at: int) -> tuple[Node | None, int]:
        """Put a value into the innermost container: None and where the next one begins, or the closed container."""
        container = self._open[-1]
        container.add(value)
        at = self._space(at)
        sign = self._text[at : at + 1]
        if sign == container.closer:
            return self._closed(at + 1)
        if sign != ",":
            self._refuse(at, f"`,` or `{container.closer}` is missing")
        return None, self._value_start(container, self._space(at + 1))

    def _closed(self, end: int) -> tuple[Node, int]:
        container = self._open.pop()
        kind = Kind.OBJECT if container.closer == "}" else Kind.ARRAY
        members, items = tuple(container.members), tuple(container.items)
        return Node(kind, self._lines, container.start, end, "", members, items), end

    def _value_start(self, container: _Container, at: int) -> int:
        if container.closer == "]":
            return at
        if self._text[at : at + 1] != '"':
            self._refuse(at, "a name in double quotes is missing")
        name, end = self._string(at)
        container.name = (name, at, end)
        colon = self._space(end)
        if self._text[colon : colon + 1] != ":":
            self._refuse(colon, "`:` is missing")
        return self._space(colon + 1)

    def _scalar(self, at: int) -> tuple[Node, int]:
        if self._text[at : at + 1] == '"':
            text, end = self._string(at)
            return Node(Kind.STRING, self._lines, at, end, text), end
        for word, kind in _CONSTANTS.items():
            if self._text.startswith(word, at):
                return Node(kind, self._lines, at, at + len(word), word), at + len(word)
        found = _NUMBER.match(self._text, at)
        if found is None:
            marked = self._text.startswith("\ufeff", at)
            self._refuse(at, "a byte order mark cannot begin JSON; remove it" if marked else "a value is missing")
        return Node(Kind.NUMBER, self._lines, at, found.end(), found[0]), found.end()

    def _string(self, at: int) -> tuple[str, int]:
        try:
            text, end = _STRINGS.raw_decode(self._text, at)
        except json.JSONDecodeError as error:
            self._refuse(error.pos, f"the string is not sound: {error.msg.lower().removesuffix(' at')}")
        return str(text), end

    def _space(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at

    def _refuse(self, at: int, message: str, refusal: Refusal = Refusal.SYNTAX) -> NoReturn:
        raise SourceError(refusal, message, self._lines.position(min(at, len(self._text))))
