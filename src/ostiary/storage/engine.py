"""How is the database reached? SQLite (WAL, synchronous=FULL, foreign keys) or PostgreSQL (psycopg 3, bounded pool).

Reads see one snapshot. On SQLite all writes of a process go through one connection and share commits; on PostgreSQL a
change is a SERIALIZABLE transaction that is run again on conflict, and events share commits.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from ostiary.domain.audit.event import Event
from ostiary.storage.audit import event_rows, insert_events
from ostiary.storage.group_commit import GroupCommit, Waiting
from ostiary.storage.transaction import Transaction

ResultT = TypeVar("ResultT")
_BUSY_MILLISECONDS = 15_000
_CONFLICTS = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_ATTEMPTS = 10


def open_database(url: str, *, pool_size: int = 16) -> SqliteDatabase | PostgresqlDatabase:
    """Raises ValueError for an engine that is not supported; connects lazily."""
    parsed = make_url(url)
    match parsed.get_backend_name():
        case "sqlite":
            return SqliteDatabase(parsed)
        case "postgresql":
            return PostgresqlDatabase(parsed.set(drivername="postgresql+psycopg"), pool_size=pool_size)
        case other:
            raise ValueError(f"the database engine `{other}` is not supported: use sqlite or postgresql")


@dataclass(slots=True)
class _Change:
    """Work waiting for the writer; `result` is what it returned."""

    work: Callable[[Transaction], Any]
    result: Any = None


_Job = Event | _Change


@dataclass(slots=True)
class _Held(threading.local):
    """The read connection that a thread keeps: checking one out costs more than most reads."""

    connection: Connection | None = None
    depth: int = 0


class SqliteDatabase:
    def __init__(self, url: URL) -> None:
        # Threads hold their connections and the writer has its own, so there is nothing for a pool to do.
        self.engine = create_engine(
            url,
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"check_same_thread": False, "timeout": 15},
        )
        event.listen(self.engine, "connect", _prepare_sqlite)
        self._held = _Held()
        self._open: list[Connection] = []
        self._open_lock = threading.Lock()
        self._writer: Connection | None = None
        self._commits: GroupCommit[_Job] = GroupCommit(self._commit)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        held = self._held
        if held.connection is None:
            held.connection = self._connect()
        driver = _driver(held.connection)
        if held.depth == 0:
            driver.execute("BEGIN")
        held.depth += 1
        try:
            yield Transaction(held.connection)
        finally:
            held.depth -= 1
            if held.depth == 0:
                driver.execute("ROLLBACK")

    def write(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        change = _Change(work)
        self._commits.submit(change)
        return change.result  # type: ignore[no-any-return]

    def record(self, event: Event) -> None:
        self._commits.submit(event)

    def close(self) -> None:
        with self._open_lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._writer = None
        self._held = _Held()
        self.engine.dispose()

    def _connect(self) -> Connection:
        connection = self.engine.connect()
        with self._open_lock:
            self._open.append(connection)
        return connection

    def _commit(self, batch: Sequence[Waiting[_Job]]) -> None:
        if self._writer is None:
            self._writer = self._connect()
        driver = _driver(self._writer)
        driver.execute("BEGIN IMMEDIATE")
        try:
            events = [waiting.job for waiting in batch if isinstance(waiting.job, Event)]
            if events:
                insert_events(self._writer, event_rows(events))
            for waiting in batch:
                if isinstance(waiting.job, _Change):
                    self._run(waiting, waiting.job)
            driver.execute("COMMIT")
        except BaseException:
            if driver.in_transaction:
                driver.execute("ROLLBACK")
            raise

    def _run(self, waiting: Waiting[_Job], change: _Change) -> None:
        """One change of a batch, undone alone when it fails, so that it cannot take its neighbours down."""
        assert self._writer is not None  # noqa: S101 - for the type checker: _commit made it
        driver = _driver(self._writer)
        driver.execute("SAVEPOINT change")
        try:
            change.result = change.work(Transaction(self._writer))
        except BaseException as failure:  # noqa: BLE001 - it is raised again in the thread that asked
            waiting.failure = failure
            driver.execute("ROLLBACK TO change")
        driver.execute("RELEASE change")


class PostgresqlDatabase:
    def __init__(self, url: URL, *, pool_size: int) -> None:
        self.engine: Engine = create_engine(
            url, pool_size=pool_size, max_overflow=0, pool_timeout=10, pool_pre_ping=True
        )
        self._serializable = self.engine.execution_options(isolation_level="SERIALIZABLE")
        self._snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._commits: GroupCommit[Event] = GroupCommit(self._commit)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        with self._snapshot.connect() as connection:
            yield Transaction(connection)

    def write(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with self._serializable.begin() as connection:
                    return work(Transaction(connection))
            except DBAPIError as failure:
                if attempt == _ATTEMPTS or getattr(failure.orig, "sqlstate", None) not in _CONFLICTS:
                    raise
                time.sleep(0.002 * attempt)
        raise AssertionError("the loop returns or raises")

    def record(self, event: Event) -> None:
        self._commits.submit(event)

    def close(self) -> None:
        self.engine.dispose()

    def _commit(self, batch: Sequence[Waiting[Event]]) -> None:
        with self.engine.begin() as connection:
            insert_events(connection, event_rows([waiting.job for waiting in batch]))


Database = SqliteDatabase | PostgresqlDatabase


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - for the type checker
    return driver


def _prepare_sqlite(driver: sqlite3.Connection, _record: object) -> None:
    """`synchronous=FULL`: in WAL mode only this makes a commit survive a power cut."""
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-1024",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
    ):
        driver.execute(f"PRAGMA {pragma}")
