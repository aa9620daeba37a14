"""On which line of a TOML text does each key stand? The standard library's parser does not tell.

https://toml.io/en/v1.0.0 - the text was parsed before, so this scanner may take its form for granted; where it loses
the thread it stops, and the keys behind have the line of what encloses them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress

Place = tuple[str | int, ...]

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_STRING = re.compile(
    r'"""(?:[^\\]|\\.)*?"""(?:"{0,2})' r"|'''.*?'''(?:'{0,2})" r'|"(?:[^"\\\n]|\\.)*"' r"|'[^'\n]*'",
    re.DOTALL,
)
_KEY = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+|[ \t.])+""")
_SCALAR = re.compile(r"[^,\]}\n#]*")


def key_lines(text: str) -> Mapping[Place, int]:
    """From the place of a key, such as `("person", 0, "groups")`, to its line, counted from 1."""
    scanner = _Scanner(text)
    with suppress(_Lost, RecursionError):  # only the precision of an error's line is lost
        scanner.run()
    return scanner.lines


def line_at(lines: Mapping[Place, int], place: Place) -> int:
    """The line of the place, else of the nearest one that encloses it."""
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return 1


class _Lost(Exception):
    pass


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted_to = 0
        self._arrays: dict[Place, int] = {}
        self.lines: dict[Place, int] = {}

    def run(self) -> None:
        context: Place = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                context = self._header()
            else:
                self._pair(context)
            self._skip_blank()

    def _header(self) -> Place:
        array = self._text.startswith("[[", self._at)
        self._at += 2 if array else 1
        self._skip_blank()
        path = self._key()
        self._skip_blank()
        self._expect("]]" if array else "]")
        place = self._resolve(path[:-1]) + path[-1:]
        if array:
            index = self._arrays.get(place, -1) + 1
            self._arrays[place] = index
            self.lines.setdefault(place, self._now())
            place = (*place, index)
        else:
            place = self._resolve(path)
        self.lines.setdefault(place, self._now())
        return place

    def _resolve(self, path: Place) -> Place:
        """A name of an array of tables means its last table; a header makes the tables that enclose its own."""
        place: Place = ()
        for part in path:
            place = (*place, part)
            self.lines.setdefault(place, self._now())
            if place in self._arrays:
                place = (*place, self._arrays[place])
        return place

    def _pair(self, context: Place) -> None:
        line = self._now()
        path = self._key()
        for length in range(1, len(path) + 1):
            self.lines.setdefault(context + path[:length], line)
        self._skip_blank()
        self._expect("=")
        self._skip_blank()
        self._value(context + path)

    def _value(self, place: Place) -> None:
        if string := _STRING.match(self._text, self._at):
            self._at = string.end()
        elif self._text.startswith("[", self._at):
            self._array(place)
        elif self._text.startswith("{", self._at):
            self._table(place)
        else:
            self._match(_SCALAR)

    def _array(self, place: Place) -> None:
        self._expect("[")
        index = 0
        self._skip_blank()
        while not self._text.startswith("]", self._at):
            self.lines.setdefault((*place, index), self._now())
            self._value((*place, index))
            self._next_item("]")
            index += 1
        self._expect("]")

    def _table(self, place: Place) -> None:
        self._expect("{")
        self._skip_blank()
        while not self._text.startswith("}", self._at):
            self._pair(place)
            self._next_item("}")
        self._expect("}")

    def _next_item(self, closing: str) -> None:
        self._skip_blank()
        if self._text.startswith(",", self._at):
            self._at += 1
            self._skip_blank()
        elif not self._text.startswith(closing, self._at):
            raise _Lost

    def _key(self) -> Place:
        raw = self._match(_KEY)
        try:
            found = tomllib.loads(f"{raw} = 0")
        except ValueError:
            raise _Lost from None
        path: Place = ()
        while isinstance(found, dict):
            name, found = next(iter(found.items()))
            path = (*path, name)
        return path

    def _match(self, pattern: re.Pattern[str]) -> str:
        matched = pattern.match(self._text, self._at)
        if matched is None or matched.end() == self._at:
            raise _Lost
        self._at = matched.end()
        return matched.group()

    def _expect(self, sign: str) -> None:
        if not self._text.startswith(sign, self._at):
            raise _Lost
        self._at += len(sign)

    def _skip_blank(self) -> None:
        blank = _BLANK.match(self._text, self._at)
        self._at = blank.end() if blank else self._at

    def _now(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line
