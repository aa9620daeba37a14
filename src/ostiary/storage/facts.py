"""How does a fact of the domain become a row, and a row a fact again?

A dataclass and its table have the same names; the few that differ are renamed where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias, TypeVar

from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import MultipleResultsFound

from ostiary.storage.prepared import rows

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

UpsertStatement: TypeAlias = "sqlite.Insert | postgresql.Insert"


class Fact(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Any]]


FactT = TypeVar("FactT")


@cache
def _reader(kind: type[Any]) -> tuple[tuple[str, ...], Any]:
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)


def values_of(fact: Fact) -> dict[str, Any]:
    names, read = _reader(type(fact))
    return dict(zip(names, read(fact), strict=True))


def put(connection: Connection, table: Table, values: Fact | Mapping[str, Any]) -> None:
    """Insert, or replace the row with the same primary key."""
    row = values if isinstance(values, Mapping) else values_of(values)
    connection.execute(_upsert(connection.dialect.name, table), row)


def put_all(connection: Connection, table: Table, facts: Sequence[Fact]) -> None:
    """The same for several, in one statement."""
    if facts:
        connection.execute(_upsert(connection.dialect.name, table), [values_of(fact) for fact in facts])


def insert_of(connection: Connection, table: Table) -> UpsertStatement:
    """An INSERT that knows ON CONFLICT, which the two dialects spell alike and SQLAlchemy keeps apart."""
    return _insert(connection.dialect.name, table)


def _insert(dialect: str, table: Table) -> UpsertStatement:
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - brings all its drivers; not for SQLite

        return postgresql.insert(table)
    return sqlite.insert(table)


@cache
def _upsert(dialect: str, table: Table) -> UpsertStatement:
    statement = _insert(dialect, table)
    key = [column.name for column in table.primary_key]
    rest = {column.name: statement.excluded[column.name] for column in table.c if column.name not in key}
    if not rest:
        return statement.on_conflict_do_nothing(index_elements=key)
    return statement.on_conflict_do_update(index_elements=key, set_=rest)


def one(connection: Connection, statement: Select[Any], kind: type[FactT], /, **parameters: Any) -> FactT | None:
    found = rows(connection, statement, parameters)
    if len(found) > 1:
        raise MultipleResultsFound("one row was asked for, and several are there")
    return kind(**found[0]) if found else None


def many(connection: Connection, statement: Select[Any], kind: type[FactT], /, **parameters: Any) -> list[FactT]:
    return [kind(**row) for row in rows(connection, statement, parameters)]
