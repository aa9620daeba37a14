"""How does one value of the wire become a Python value that keeps the model's rules?

A reader is a function from a wire value to a Python value. Readers are built once per shape; at run time no model is
looked at. Structures, lists and maps differ by protocol (`json_reader`, `query_reader`); scalars of text are here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ostiary.protocols.aws.wire import scalars
from ostiary.protocols.aws.wire.constraints import missing, number_check, size_check, text_check
from ostiary.protocols.aws.wire.errors import InputRefusedError, wrong_type
from ostiary.protocols.aws.wire.model import Shape

Reader = Callable[..., Any]
Build = Callable[[Shape], Reader]
_PARSE: Mapping[str, Callable[[str], float]] = {
    "boolean": scalars.parse_boolean,
    "integer": scalars.parse_integer,
    "long": scalars.parse_integer,
    "float": scalars.parse_float,
    "double": scalars.parse_float,
}
_NAMES_ONLY = ("location", "locationName", "box", "idempotencyToken", "deprecated", "deprecatedMessage")


class Compiler:
    """Builds each shape's reader once; a shape that holds itself gets a reader that is looked up when it runs."""

    def __init__(self, build: Callable[[Shape, Compiler], Reader]) -> None:
        self._build = build
        self._done: dict[tuple[str, str], Reader | None] = {}
        # Two threads may meet at an operation's first use: one must not see what the other has half built.
        self._building = threading.RLock()

    def __call__(self, shape: Shape) -> Reader:
        own = shape.model.shapes[shape.name]
        place = {k: v for k, v in shape.traits.items() if own.get(k) != v and k not in _NAMES_ONLY}
        key = (shape.name, repr(sorted(place.items())))
        with self._building:
            if key not in self._done:
                self._done[key] = None
                self._done[key] = self._build(shape, self)
            reader = self._done[key]
        if reader is not None:
            return reader

        def read_late(*arguments: Any) -> Any:
            return self._late(key)(*arguments)

        return read_late

    def _late(self, key: tuple[str, str]) -> Reader:
        reader = self._done[key]
        if reader is None:
            raise RuntimeError(f"the reader of {key[0]} was used while it was being built")
        return reader


def text_scalar(shape: Shape, *, time_format: str = "iso8601") -> Reader | None:
    """Readers of scalars that arrive as text, in forms, query strings, headers and paths."""
    kind = shape.kind
    if kind == "string":
        return _text(shape)
    if kind == "blob":
        return blob(shape)
    if kind == "timestamp":
        return _of_text(scalars.PARSE_TIME_TEXT[shape.traits.get("timestampFormat", time_format)])
    parse = _PARSE.get(kind)
    if parse is None:
        return None
    return _of_text(parse) if kind == "boolean" else checked(_of_text(parse), number_check(shape))


def _text(shape: Shape) -> Reader:
    check = text_check(shape)

    def read(value: Any) -> str:
        if type(value) is not str:
            raise wrong_type("text")
        if check is not None:
            check(value)
        return value

    return read


def blob(shape: Shape) -> Reader:
    check = size_check(shape)

    def read(value: Any) -> bytes:
        if type(value) is not str:
            raise wrong_type("base64")
        data = scalars.parse_blob(value)
        check(len(data))
        return data

    return read


def _of_text(parse: Callable[[str], bool | float | datetime]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not str:
            raise wrong_type("a single value")
        return parse(value)

    return read


def checked(read: Reader, check: Callable[[Any], None]) -> Reader:
    def read_and_check(value: Any) -> Any:
        result = read(value)
        check(result)
        return result

    return read_and_check


def structure(shape: Shape, build: Build) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """The known members, by their Python names; unknown ones are ignored as AWS ignores them, null is absent."""
    members = {member.wire_name(name): (name, build(member)) for name, member in shape.members()}
    required = tuple(shape.traits.get("required", ()))
    union = bool(shape.traits.get("union"))
    find = members.get

    def read(given: Mapping[str, Any]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for wire_name, value in given.items():
            found = find(wire_name)
            if found is None or value is None:
                continue
            try:
                result[found[0]] = found[1](value)
            except InputRefusedError as refused:
                raise refused.under(wire_name) from None
        for name in required:
            if name not in result:
                raise missing(name)
        if union and len(result) != 1:
            raise InputRefusedError("Member must have exactly one of its members set")
        return result

    return read


def items(read: Reader, values: list[Any]) -> list[Any]:
    result = []
    for value in values:
        try:
            result.append(read(value))
        except InputRefusedError as refused:
            raise refused.under(f"{len(result) + 1}.member") from None
    return result
