"""Which values may a column hold, and how do they look in the database?

Conversion and refusal happen in the column's type, so no statement can forget them. Times become microseconds since
1970 UTC, mappings and tuples become JSON text.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import msgspec
from sqlalchemy import TEXT, BigInteger, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from ostiary.domain.audit.errors import UnstorableText
from ostiary.kit.clock import from_micros, to_micros

EnumT = TypeVar("EnumT", bound=StrEnum)
_map_decoder = msgspec.json.Decoder(dict[str, str])
_tuple_decoder = msgspec.json.Decoder(tuple[str, ...])


def check_storable(text: str) -> str:
    """Raises UnstorableText for what PostgreSQL (NUL) or UTF-8 (half a surrogate pair) cannot hold, on both engines."""
    if "\0" in text:
        raise UnstorableText("a text contains a NUL character: remove it", operator_text=f"NUL in {text[:80]!r}")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise UnstorableText(
                "a text contains half of a surrogate pair, which is no character: remove it",
                operator_text=f"lone surrogate in {text[:80]!a}",
            ) from None
    return text


def json_text(value: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Raises UnstorableText; NUL is stored escaped, and refused all the same, so that one rule holds everywhere."""
    try:
        text = msgspec.json.encode(dict(value) if isinstance(value, Mapping) else value).decode()
    except UnicodeEncodeError:
        raise UnstorableText("a text contains half of a surrogate pair, which is no character: remove it") from None
    if "\\u0000" in text and "\0" in "".join(_texts(value)):
        raise UnstorableText("a text contains a NUL character: remove it")
    return text


def _texts(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, Mapping):
        return [text for pair in value.items() for part in pair for text in _texts(part)]
    return [text for part in value for text in _texts(part)] if isinstance(value, tuple) else []


class StoredText(TypeDecorator[str]):
    """Text, compared and ordered by its bytes on both engines."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return TEXT(collation="C")
        return Text()

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        return None if value is None else check_storable(value)


class Named(TypeDecorator[EnumT], Generic[EnumT]):
    """A member of a closed vocabulary, by its value."""

    impl = StoredText
    cache_ok = True

    def __init__(self, members: type[EnumT]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: EnumT | None, _dialect: Dialect) -> str | None:
        return None if value is None else self.members(value).value

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> EnumT | None:
        return None if value is None else self.members(value)


class Moment(TypeDecorator[datetime]):
    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, _dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class TextMap(TypeDecorator[Mapping[str, str]]):
    impl = StoredText
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, _dialect: Dialect) -> str | None:
        return None if value is None else json_text(value)

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> Mapping[str, str] | None:
        return None if value is None else MappingProxyType(_map_decoder.decode(value))


class TextTuple(TypeDecorator[tuple[str, ...]]):
    impl = StoredText
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _dialect: Dialect) -> str | None:
        return None if value is None else json_text(tuple(value))

    def process_result_value(self, value: Any | None, _dialect: Dialect) -> tuple[str, ...] | None:
        return None if value is None else _tuple_decoder.decode(value)
