"""How are the events, the leaves of the tree and the checkpoints kept?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, ColumnElement, Connection, Row, func, insert, literal, select, type_coerce, update

from ostiary.domain.audit.event import Event, encode, index_of
from ostiary.domain.audit.ports import EventQuery, StoredCheckpoint, StoredEvent
from ostiary.storage.facts import insert_of
from ostiary.storage.schema import checkpoint, event, leaf_tile, lease

_TILE = 256
_HASH = 32
_COLUMNS = ("event_id", "at", "name", "source", "account", "user_name", "access_key_id", "read_only", "body")
_INSERT = f"INSERT INTO event ({', '.join(_COLUMNS)}) VALUES "  # noqa: S608 - names from the line above
_SQLITE_ROW = "(?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INSERT_SQLITE = _INSERT + _SQLITE_ROW
_INSERT_POSTGRESQL = _INSERT + "(%s, %s, %s, %s, %s, %s, %s, %s, %s)"
MAX_ROWS = 64
_MANY_SQLITE = [_INSERT + ", ".join([_SQLITE_ROW] * count) for count in range(MAX_ROWS + 1)]
EventRow = tuple[str, int, str, str, str, str, str, bool, bytes]


def event_row(event_: Event) -> EventRow:
    return (*index_of(event_), encode(event_))


def insert_events(connection: Connection, rows: list[EventRow]) -> None:
    """By the driver, not the expression language: this runs once for every answer that leaves the server."""
    text = _INSERT_POSTGRESQL if connection.dialect.name == "postgresql" else _INSERT_SQLITE
    connection.exec_driver_sql(text, rows)


def many_events(rows: Sequence[EventRow]) -> tuple[str, list[str | int | bytes]]:
    """One SQLite statement for up to MAX_ROWS events, and its parameters."""
    return _MANY_SQLITE[len(rows)], [value for row in rows for value in row]


class AuditTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def append(self, event_: Event) -> None:
        insert_events(self._connection, [event_row(event_)])

    def find(self, query: EventQuery) -> Sequence[StoredEvent]:
        statement = (
            _select_events()
            .where(*_conditions(query, self._connection.dialect.name))
            .order_by(event.c.sequence.desc())
            .limit(query.limit)
        )
        return [_stored(row) for row in self._connection.execute(statement)]

    def unsealed(self, limit: int) -> Sequence[StoredEvent]:
        statement = _select_events().where(event.c.leaf_index.is_(None)).order_by(event.c.sequence).limit(limit)
        return [_stored(row) for row in self._connection.execute(statement)]

    def place(self, sequences: Sequence[int], *, first_index: int) -> None:
        text = "UPDATE event SET leaf_index = {0} WHERE sequence = {0} AND leaf_index IS NULL"
        mark = "%s" if self._connection.dialect.name == "postgresql" else "?"
        rows = [(first_index + offset, sequence) for offset, sequence in enumerate(sequences)]
        if rows:
            self._connection.exec_driver_sql(text.format(mark), rows)

    def put_leaf_hashes(self, first_index: int, hashes: Sequence[bytes]) -> None:
        data = b"".join(hashes)
        number, used = divmod(first_index, _TILE)
        if used:
            data = self._tile(number)[: used * _HASH] + data
        for start in range(0, len(data), _TILE * _HASH):
            self._put_tile(number, data[start : start + _TILE * _HASH])
            number += 1

    def leaf_hashes(self, start: int, end: int) -> Sequence[bytes]:
        if end <= start:
            return []
        first = start // _TILE
        statement = select(leaf_tile.c.hashes).where(leaf_tile.c.number.between(first, (end - 1) // _TILE))
        data = b"".join(self._connection.execute(statement.order_by(leaf_tile.c.number)).scalars())
        hashes = [data[at : at + _HASH] for at in range(0, len(data), _HASH)]
        return hashes[start - first * _TILE : end - first * _TILE]

    def sealed_events(self, start: int, limit: int) -> Sequence[StoredEvent]:
        statement = _select_events().where(event.c.leaf_index >= start).order_by(event.c.leaf_index).limit(limit)
        return [_stored(row) for row in self._connection.execute(statement)]

    def add_checkpoint(self, checkpoint_: StoredCheckpoint) -> None:
        self._connection.execute(
            insert(checkpoint).values(
                size=checkpoint_.size,
                root=checkpoint_.root,
                note=checkpoint_.note,
                frontier=checkpoint_.frontier,
                signed_at=checkpoint_.signed_at,
            )
        )

    def latest_checkpoint(self) -> StoredCheckpoint | None:
        row = self._connection.execute(select(checkpoint).order_by(checkpoint.c.size.desc()).limit(1)).one_or_none()
        return None if row is None else _checkpoint(row)

    def checkpoints(self, *, after_size: int, limit: int) -> Sequence[StoredCheckpoint]:
        statement = select(checkpoint).where(checkpoint.c.size > after_size).order_by(checkpoint.c.size).limit(limit)
        return [_checkpoint(row) for row in self._connection.execute(statement)]

    def take_lease(self, *, name: str, holder: str, now: datetime, until: datetime) -> bool:
        statement = insert_of(self._connection, lease).values(name=name, holder=holder, held_until=until)
        free = (lease.c.holder == holder) | (lease.c.held_until < now)
        taken = self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=[lease.c.name],
                set_={"holder": statement.excluded.holder, "held_until": statement.excluded.held_until},
                where=free,
            ),
            execution_options={"preserve_rowcount": True},
        )
        return taken.rowcount == 1

    def _tile(self, number: int) -> bytes:
        hashes: bytes = self._connection.execute(
            select(leaf_tile.c.hashes).where(leaf_tile.c.number == number)
        ).scalar_one()
        return hashes

    def _put_tile(self, number: int, hashes: bytes) -> None:
        changed = self._connection.execute(update(leaf_tile).where(leaf_tile.c.number == number).values(hashes=hashes))
        if changed.rowcount == 0:
            self._connection.execute(insert(leaf_tile).values(number=number, hashes=hashes))


def _select_events() -> Any:
    """The time stays a number: it is compared with what the body says."""
    others = [column for column in event.c if column is not event.c.at]
    return select(type_coerce(event.c.at, BigInteger).label("at"), *others)


def _conditions(query: EventQuery, dialect: str) -> list[ColumnElement[bool]]:
    equal = {
        event.c.event_id: query.event_id,
        event.c.name: query.name,
        event.c.user_name: query.user_name,
        event.c.source: query.source,
        event.c.access_key_id: query.access_key_id,
        event.c.read_only: query.read_only,
    }
    conditions = [column == value for column, value in equal.items() if value is not None]
    if query.accounts is not None:
        conditions.append(event.c.account.in_(query.accounts))
    if query.since is not None:
        conditions.append(event.c.at >= query.since)
    if query.until is not None:
        conditions.append(event.c.at <= query.until)
    if query.before is not None:
        conditions.append(event.c.sequence < query.before)
    if query.resource is not None:
        conditions.append(_mentions(query.resource, dialect))
    return conditions


def _mentions(resource: str, dialect: str) -> ColumnElement[bool]:
    """The body is JSON that we wrote; a resource stands in it as a whole JSON string."""
    wanted = msgspec.json.encode(resource)
    if dialect == "postgresql":
        return func.position(literal(wanted).op("IN")(event.c.body)) > 0
    return func.instr(event.c.body, wanted) > 0


def _stored(row: Row[Any]) -> StoredEvent:
    return StoredEvent(
        sequence=row.sequence,
        leaf_index=row.leaf_index,
        body=bytes(row.body),
        index=(
            row.event_id,
            row.at,
            row.name,
            row.source,
            row.account,
            row.user_name,
            row.access_key_id,
            bool(row.read_only),
        ),
    )


def _checkpoint(row: Row[Any]) -> StoredCheckpoint:
    return StoredCheckpoint(
        size=row.size,
        root=bytes(row.root),
        note=row.note,
        frontier=bytes(row.frontier),
        signed_at=row.signed_at,
    )
