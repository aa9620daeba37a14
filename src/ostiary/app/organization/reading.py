"""Is a file an organization file? Every problem is found, not only the first, and each has its line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from ostiary.app.organization.document import (
    SECTIONS,
    Declared,
    Document,
    DocumentRefused,
    Entry,
    Problem,
    printable,
)
from ostiary.app.organization.lines import Place, key_lines, line_at

MAX_BYTES = 16 * 1024 * 1024
_SYNTAX_LINE = re.compile(r" \(at line ([0-9]+), column [0-9]+\)\Z")
_SHOWN = 60
_DATES = frozenset({"expires", "until"})


def read_file(path: Path) -> Document:
    """Raises DocumentRefused, OSError."""
    with path.open("rb") as file:
        return read_document(file.read(MAX_BYTES + 1), file=str(path), folder=path.parent)


def read_document(content: bytes, *, file: str, folder: Path) -> Document:
    """Raises DocumentRefused."""
    text = _decode(content, file)
    tables = _parse(text, file)
    reader = _Reader(key_lines(text))
    sections = dict(reader.sections(tables))
    if reader.problems:
        raise DocumentRefused(file, reader.problems)
    return Document(file=file, folder=folder, digest=sha256(content).hexdigest(), sections=sections)


def _decode(content: bytes, file: str) -> str:
    if len(content) > MAX_BYTES:
        raise DocumentRefused(file, [Problem(1, f"the file is larger than {MAX_BYTES} bytes: split it")])
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as failure:
        line = content.count(b"\n", 0, failure.start) + 1
        raise DocumentRefused(file, [Problem(line, "the file is not UTF-8")]) from None


def _parse(text: str, file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        problem = Problem(1, "the file is nested too deeply")
    except ValueError as failure:
        said = str(failure)
        found = _SYNTAX_LINE.search(said)
        line = int(found.group(1)) if found else text.count("\n") + 1
        problem = Problem(line, f"not TOML: {_first_small(said)}")
    raise DocumentRefused(file, [problem])


def _first_small(said: str) -> str:
    return said[:1].lower() + said[1:200]


@dataclass(slots=True)
class _Reader:
    lines: Mapping[Place, int]
    problems: list[Problem] = field(default_factory=list)

    def sections(self, tables: Mapping[str, Any]) -> Iterator[tuple[str, tuple[Declared[Entry], ...]]]:
        for name, value in tables.items():
            known = SECTIONS.get(name)
            if known is None:
                self._refuse((name,), f"`{_shown(name)}` is not a section: known are {', '.join(sorted(SECTIONS))}")
            else:
                found = (self._entry(known, table, place) for place, table in self._tables(name, value))
                yield name, tuple(one for one in found if one is not None)

    def _tables(self, name: str, value: Any) -> Iterator[tuple[Place, Mapping[str, Any]]]:
        if name == "organization" and isinstance(value, dict):
            yield (name,), value
        elif name == "organization" and isinstance(value, list) and len(value) > 1:
            self._refuse((name, 1), "there is one organization: keep one table")
        elif isinstance(value, list) and all(isinstance(table, dict) for table in value):
            yield from (((name, index), table) for index, table in enumerate(value))
        else:
            self._refuse((name,), f"`{name}` must be an array of tables: write [[{name}]]")

    def _entry(self, kind: type[Entry], table: Mapping[str, Any], place: Place) -> Declared[Entry] | None:
        before = len(self.problems)
        fields = {one.name: one for one in msgspec.structs.fields(kind)}
        values: dict[str, Any] = {}
        for key, value in table.items():
            if key in fields:
                values[key] = self._value(value, fields[key].type, (*place, key), key)
            else:
                known = ", ".join(fields)
                self._refuse((*place, key), f"unknown key `{_shown(key)}` in [[{place[0]}]]: known are {known}")
        for name, one in fields.items():
            if one.required and name not in table:
                self._refuse(place, f"`{name}` is missing in [[{place[0]}]]")
        if len(self.problems) > before:
            return None
        lines = {".".join(path): line_at(self.lines, (*place, *path)) for path in _paths(table)}
        return Declared(kind(**values), line_at(self.lines, place), lines)

    def _value(self, value: Any, wanted: Any, place: Place, key: str) -> Any:
        try:
            _check_texts(value)
            _check_date(key, value)
            return msgspec.convert(_timed(value), wanted)
        except msgspec.ValidationError as failure:
            self._refuse(place, f"`{key}`: {_wording(str(failure))}")
        except OverflowError:
            self._refuse(place, f"`{key}`: the date is out of range")
        except RecursionError:
            self._refuse(place, f"`{key}`: nested too deeply")
        return None

    def _refuse(self, place: Place, text: str) -> None:
        self.problems.append(Problem(line_at(self.lines, place), text))


def _paths(table: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key, value in table.items():
        yield (key,)
        if isinstance(value, dict):
            yield from ((key, member) for member in value)


def _check_texts(value: Any) -> None:
    """Raises ValidationError for NUL, which no database keeps."""
    match value:
        case str() if "\0" in value:
            raise msgspec.ValidationError("a text contains a NUL character")
        case dict():
            for name, member in value.items():
                _check_texts(name)
                _check_texts(member)
        case list():
            for member in value:
                _check_texts(member)
        case _:
            pass


def _check_date(key: str, value: Any) -> None:
    if key in _DATES and isinstance(value, str):
        raise msgspec.ValidationError("a date stands without quotes, such as 2027-01-31")


def _timed(value: Any) -> Any:
    """A date means its first moment in UTC, and so does a time without zone. Raises OverflowError, ValidationError."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    if isinstance(value, date):
        return datetime.combine(value, time(), UTC)
    return value


def _wording(said: str) -> str:
    """What the converter says, as we say it."""
    return _first_small(said.replace(" - at `$", " at `").replace("`str`", "text").replace("`datetime`", "a date"))


def _shown(text: str) -> str:
    cleaned = printable(text)
    return cleaned if len(cleaned) <= _SHOWN else cleaned[:_SHOWN] + "…"
