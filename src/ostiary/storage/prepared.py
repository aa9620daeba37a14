"""How is a question that is always the same asked without being put together again?

SQLAlchemy takes longer to prepare a small read than SQLite to answer it, and a sign-in has dozens. Here a statement is
compiled once, and from then on the driver gets its text and values; the types convert as they do everywhere. On
PostgreSQL, where the network takes the time, everything goes through SQLAlchemy.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Dialect, Select
from sqlalchemy.types import TypeEngine

_Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class _Prepared:
    """`values` and `columns`: those of them that are converted on the way."""

    text: str
    names: tuple[str, ...]
    fixed: Mapping[str, Any]
    values: tuple[tuple[int, _Convert], ...]
    keys: tuple[str, ...]
    columns: tuple[tuple[int, _Convert], ...]

    def ask(self, driver: sqlite3.Connection, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        given = {**self.fixed, **parameters} if self.fixed else parameters
        values = [given[name] for name in self.names]
        for place, convert in self.values:
            values[place] = convert(values[place])
        return [self._read(row) for row in driver.execute(self.text, values)]

    def _read(self, row: tuple[Any, ...]) -> dict[str, Any]:
        read = list(row)
        for place, convert in self.columns:
            read[place] = convert(read[place])
        return dict(zip(self.keys, read, strict=True))


def rows(connection: Connection, statement: Select[Any], parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every row by the names of its columns. `statement` is a constant of its module, whenever it has parameters."""
    if parameters and connection.dialect.name == "sqlite":
        driver = connection.connection.driver_connection
        prepared = _prepared(statement, connection.dialect)
        if prepared is not None and isinstance(driver, sqlite3.Connection):
            try:
                return prepared.ask(driver, parameters)
            except sqlite3.Error:
                pass  # asked again below: SQLAlchemy says what it is as everywhere
    return [dict(row) for row in connection.execute(statement, parameters).mappings()]


@lru_cache(maxsize=256)
def _prepared(statement: Select[Any], dialect: Dialect) -> _Prepared | None:
    """None for what has another text for other values."""
    compiled: Any = statement.compile(dialect=dialect)
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    names = tuple(compiled.positiontup or ())
    columns = [(column.key, column.type) for column in statement.selected_columns]
    return _Prepared(
        text=str(compiled),
        names=names,
        fixed={name: compiled.binds[name].value for name in names if not compiled.binds[name].required},
        values=_conversions(
            [compiled.binds[name].type for name in names], lambda kind: kind.bind_processor(dialect), dialect
        ),
        keys=tuple(map(itemgetter(0), columns)),
        columns=_conversions([kind for _, kind in columns], lambda kind: kind.result_processor(dialect, None), dialect),
    )


def _conversions(
    types: list[TypeEngine[Any]], processor: Callable[[TypeEngine[Any]], _Convert | None], dialect: Dialect
) -> tuple[tuple[int, _Convert], ...]:
    found = [(place, processor(kind.dialect_impl(dialect))) for place, kind in enumerate(types)]
    return tuple((place, convert) for place, convert in found if convert is not None)
