"""Which place in a policy's text does a path name, and how does AWS write that path?

https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_Location.html
https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_PathElement.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ostiary.policy.language.document import shown
from ostiary.policy.validation.json_tree import Kind, Member, Node, Position, SourceError, Span, read_source

__all__ = [
    "Index",
    "Key",
    "Kind",
    "Location",
    "Member",
    "Node",
    "PathElement",
    "Place",
    "Position",
    "SourceError",
    "Span",
    "Substring",
    "Value",
    "locate",
    "read_source",
    "statement_span",
]

_INDEX = re.compile(r"\[([0-9]{1,6})\]", re.ASCII)
_MAX_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Value:
    """The value under a name of an object."""

    name: str

    def as_json(self) -> dict[str, object]:
        return {"value": self.name}


@dataclass(frozen=True, slots=True)
class Key:
    """The name itself."""

    name: str

    def as_json(self) -> dict[str, object]:
        return {"key": self.name}


@dataclass(frozen=True, slots=True)
class Index:
    index: int

    def as_json(self) -> dict[str, object]:
        return {"index": self.index}


@dataclass(frozen=True, slots=True)
class Substring:
    """A part of a string's value, in characters."""

    start: int
    length: int

    def as_json(self) -> dict[str, object]:
        return {"substring": {"start": self.start, "length": self.length}}


PathElement = Value | Key | Index | Substring


@dataclass(frozen=True, slots=True)
class Location:
    path: tuple[PathElement, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the document and the way to it."""

    node: Node
    path: tuple[PathElement, ...] = ()
    named: Member | None = None
    """The member whose value this is, or whose value's item."""

    @property
    def text(self) -> str:
        return self.node.text

    @property
    def location(self) -> Location:
        return Location(self.path, self.node.span)

    def member(self, member: Member) -> Place:
        return Place(member.value, (*self.path, Value(sound(member.name))), member)

    @property
    def name_location(self) -> Location:
        """The name under which the value stands, alone or in a list."""
        if self.named is None:
            return self.location
        around = self.path[: -2 if isinstance(self.path[-1], Index) else -1]
        span = self.node.lines.span(self.named.start, self.named.end)
        return Location((*around, Key(sound(self.named.name))), span)

    def key(self, member: Member) -> Location:
        """The place of a member's name."""
        return Location((*self.path, Key(sound(member.name))), self.node.lines.span(member.start, member.end))

    def child(self, name: str) -> Place | None:
        """The member of that name; the first one, when it stands twice."""
        return next((self.member(member) for member in self.node.members if member.name == name), None)

    def items(self) -> Iterator[Place]:
        for index, item in enumerate(self.node.items):
            yield Place(item, (*self.path, Index(index)), self.named)

    def values(self) -> Iterator[Place]:
        """The items of a list, or the value that stands for a list of one."""
        if self.node.kind is Kind.ARRAY:
            yield from self.items()
        else:
            yield self

    def part(self, start: int, length: int) -> Location:
        """A part of a string; its span is exact unless the text is written with escapes."""
        node = self.node
        path = (*self.path, Substring(start, length))
        if node.end - node.start != len(node.text) + 2:
            return Location(path, node.span)
        first = node.start + 1 + start
        return Location(path, node.lines.span(first, first + length))


def sound(text: str) -> str:
    """The text with halves of surrogate pairs, which cannot be sent anywhere, written out."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def statements_of(root: Node) -> list[Place]:
    """The statements, whether they stand in a list or alone; empty when there are none."""
    found = Place(root).child("Statement")
    return [] if found is None else list(found.values())


def statement_span(text: str, index: int) -> Span:
    """The text of a statement. Raises SourceError, or IndexError when there is no such statement."""
    return statements_of(read_source(text))[index].node.span


def locate(node: Node, path: str) -> tuple[Span, tuple[PathElement, ...]]:
    """The place that a path such as `Statement[2].Condition.StringEquals` names, or the nearest one around it.

    Names may hold dots and brackets and may be cut short: the path is read against the document, longest name first.
    """
    best = Place(node)
    best_rest = len(path)
    waiting: list[tuple[Place, int]] = [(best, 0)]
    for _ in range(_MAX_STEPS):
        if not waiting:
            break
        place, at = waiting.pop()
        if len(path) - at < best_rest:
            best, best_rest = place, len(path) - at
        if best_rest == 0:
            break
        waiting.extend(_steps(place, path, at))
    return best.node.span, best.path


def _steps(place: Place, path: str, at: int) -> list[tuple[Place, int]]:
    """The children that the rest of the path can mean, the likeliest last."""
    found = _INDEX.match(path, at)
    if found is not None:
        index = int(found[1])
        if place.node.kind is Kind.OBJECT and place.path == (Value("Statement"),) and index == 0:
            return [(place, found.end())]
        item = place.node.child(index)
        return [] if item is None else [(Place(item, (*place.path, Index(index))), found.end())]
    start = at + 1 if path.startswith(".", at) else at
    ends = [
        (start + len(written), member)
        for member in place.node.members
        if path.startswith(written := shown(member.name), start) and path[start + len(written) :][:1] in {"", ".", "["}
    ]
    # A name that stands twice is meant where it stands first.
    ends.sort(key=lambda one: (one[0], -one[1].start))
    return [(place.member(member), end) for end, member in ends]
