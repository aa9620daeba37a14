"""How is one SQLite file shared by many threads and several processes?

WAL, `synchronous=FULL`, foreign keys. Every thread keeps a read connection, which cannot write. All writes of a process
go through one connection and share commits; between processes `BEGIN IMMEDIATE` lets one in at a time.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, create_engine
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from ostiary.domain.audit.event import Event
from ostiary.storage.audit import MAX_ROWS, EventRow, event_row, many_events
from ostiary.storage.generations import take_raised
from ostiary.storage.group_commit import GroupCommit, Waiting
from ostiary.storage.refusal import speak_domain
from ostiary.storage.transaction import Transaction

ResultT = TypeVar("ResultT")
_BUSY_SECONDS = 15


@dataclass(slots=True)
class _Change:
    """Work waiting for the writer; `result` is what it returned."""

    work: Callable[[Transaction], Any]
    result: Any = None


_Job = EventRow | _Change


# INVARIANT: no slots: what a slot of a `threading.local` holds is shared by all threads.
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
            connect_args={"check_same_thread": False, "timeout": _BUSY_SECONDS},
        )
        sqlalchemy_event.listen(self.engine, "connect", _prepare)
        speak_domain(self.engine)
        self._held = _Held()
        self._open: list[Connection] = []
        self._open_lock = threading.Lock()
        self._writer: Connection | None = None
        self.on_change: Callable[[], None] = lambda: None
        """Called after each commit of a change to what memory holds, before its answer."""
        self._commits: GroupCommit[_Job] = GroupCommit(self._commit)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        held = self._held
        if held.connection is None:
            held.connection = self._connect(read_only=True)
        driver = _driver(held.connection)
        if held.depth == 0:
            driver.execute("BEGIN")
        held.depth += 1
        try:
            yield Transaction(held.connection)
        finally:
            held.depth -= 1
            if held.depth == 0 and driver.in_transaction:
                driver.execute("ROLLBACK")

    def write(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        """Raises RuntimeError inside the work of another write; `work` may run in another thread that waits too."""
        change = _Change(work)
        self._commits.submit(change)
        return change.result  # type: ignore[no-any-return]

    def write_committed(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        """The same as `write`: here every write is alone."""
        return self.write(work)

    def record(self, event: Event) -> None:
        """Return when the event is durable."""
        self._commits.submit(event_row(event))

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One consistent view of all tables for a long job, on its own connection."""
        with self.engine.connect() as connection:
            driver = _driver(connection)
            driver.execute("PRAGMA query_only=ON")
            driver.execute("BEGIN")
            yield connection

    @contextmanager
    def alone(self, _locked: Sequence[str] = ()) -> Iterator[Connection]:
        """One transaction of a long job, on its own connection; nobody else writes meanwhile."""
        # SQLAlchemy's transaction is open as well, so that Alembic sees one and leaves the commit to us.
        with self.engine.begin() as connection:
            _driver(connection).execute("BEGIN IMMEDIATE")
            yield connection
        self.on_change()

    def close(self) -> None:
        """Only when no thread reads or writes any more."""
        with self._open_lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
        self._writer = None
        self._held = _Held()
        self.engine.dispose()

    def _connect(self, *, read_only: bool) -> Connection:
        connection = self.engine.connect()
        # INVARIANT: SQLAlchemy sees a transaction for as long as the connection lives. Without one it rolls back by
        # itself when a statement is refused, and would take the neighbours of that change down.
        connection.begin()
        if read_only:
            _driver(connection).execute("PRAGMA query_only=ON")
        with self._open_lock:
            self._open.append(connection)
        return connection

    def _commit(self, batch: Sequence[Waiting[_Job]]) -> None:
        if self._writer is None:
            self._writer = self._connect(read_only=False)
        driver = _driver(self._writer)
        try:
            rows = [waiting.job for waiting in batch if not isinstance(waiting.job, _Change)]
            if len(rows) == len(batch) <= MAX_ROWS:
                # One statement is a transaction of its own. Each call into SQLite gives up the interpreter's lock and
                # has to wait for it again, so under load one call instead of three is worth a third of the throughput.
                driver.execute(*many_events(rows))
                return
            driver.execute("BEGIN IMMEDIATE")
            for start in range(0, len(rows), MAX_ROWS):
                driver.execute(*many_events(rows[start : start + MAX_ROWS]))
            for waiting in batch:
                if isinstance(waiting.job, _Change):
                    self._run(waiting, waiting.job, self._writer)
            driver.execute("COMMIT")
            if take_raised(self._writer):
                self.on_change()
        except BaseException:
            self._discard_writer()
            raise

    def _run(self, waiting: Waiting[_Job], change: _Change, writer: Connection) -> None:
        """One change of a batch, undone alone when it fails, so that it cannot take its neighbours down.

        What is no Exception (the process is told to end) fails the batch: nobody is told that it was written.
        """
        driver = _driver(writer)
        driver.execute("SAVEPOINT change")
        try:
            tx = Transaction(writer)
            change.result = change.work(tx)
            tx.finish()
        except Exception as failure:  # noqa: BLE001 - it is raised again in the thread that asked
            waiting.failure = failure
            driver.execute("ROLLBACK TO change")
        driver.execute("RELEASE change")

    def _discard_writer(self) -> None:
        """Closing undoes whatever is open, even where ROLLBACK would fail; the next round opens another."""
        writer, self._writer = self._writer, None
        if writer is None:
            return
        with self._open_lock, suppress(ValueError):
            self._open.remove(writer)
        with suppress(Exception):
            writer.invalidate()
        with suppress(Exception):
            writer.close()


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - for the type checker
    return driver


def _prepare(driver: sqlite3.Connection, _record: object) -> None:
    """`synchronous=FULL`: in WAL mode only this makes a commit survive a power cut."""
    for pragma in (
        f"busy_timeout={_BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-1024",
        "trusted_schema=OFF",
        "temp_store=MEMORY",
    ):
        driver.execute(f"PRAGMA {pragma}")
