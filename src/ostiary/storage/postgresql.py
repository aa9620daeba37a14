"""How is PostgreSQL (>= 14, psycopg 3) shared by many threads and many nodes?

A read is one REPEATABLE READ snapshot, a change one SERIALIZABLE transaction that is run again on conflict. Events
share commits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TypeVar

import psycopg
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from ostiary.domain.audit.errors import FactsConflict
from ostiary.domain.audit.event import Event
from ostiary.storage.audit import EventRow, event_row, insert_events
from ostiary.storage.generations import take_raised
from ostiary.storage.group_commit import GroupCommit, Waiting
from ostiary.storage.refusal import speak_domain
from ostiary.storage.transaction import Transaction

ResultT = TypeVar("ResultT")
_CONFLICTS = frozenset({"40001", "40P01"})  # serialization_failure, deadlock_detected
_UNIQUE_VIOLATION = "23505"
_ATTEMPTS = 25
_LONG_JOB = 0x6F737469617279  # the advisory lock of migrations and restores
_PREPARE = (
    # INVARIANT: an answered commit is on disk, whatever the server's default says; stronger settings are kept.
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
    "SET lock_timeout = '15s'",
    "SET idle_in_transaction_session_timeout = '60s'",
    # A sequential scan locks its whole table against every other SERIALIZABLE change (PostgreSQL manual 13.2.3).
    "SET enable_seqscan = off",
)


# INVARIANT: no slots: what a slot of a `threading.local` holds is shared by all threads.
class _Held(threading.local):
    """The snapshot that a thread reads in: a read inside a read sees the same one and needs no second connection."""

    connection: Connection | None = None


class PostgresqlDatabase:
    def __init__(self, url: URL, *, pool_size: int) -> None:
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=10,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10},
        )
        sqlalchemy_event.listen(self.engine, "connect", _prepare)
        speak_domain(self.engine)
        self._serializable = self.engine.execution_options(isolation_level="SERIALIZABLE")
        self._committed = self.engine.execution_options(isolation_level="READ COMMITTED")
        self._snapshot = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._held = _Held()
        self._again = threading.Lock()
        self.on_change: Callable[[], None] = lambda: None
        """Called after each commit of a change to what memory holds, before its answer."""
        self._commits: GroupCommit[EventRow] = GroupCommit(self._commit)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        held = self._held
        if held.connection is not None:
            yield Transaction(held.connection)
            return
        with self._snapshot.connect() as connection:
            held.connection = connection
            try:
                yield Transaction(connection)
            finally:
                held.connection = None

    def write(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        return self._write(self._serializable, work)

    def write_committed(self, work: Callable[[Transaction], ResultT]) -> ResultT:
        """At READ COMMITTED: for jobs that a lease or single statements serialise; they never abort a change."""
        return self._write(self._committed, work)

    def record(self, event: Event) -> None:
        """Return when the event is durable."""
        self._commits.submit(event_row(event))

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """One consistent view of all tables for a long job."""
        with self._snapshot.connect() as connection:
            yield connection

    @contextmanager
    def alone(self, locked: Sequence[str] = ()) -> Iterator[Connection]:
        """One transaction of a long job, one such job at a time; nobody else writes to the `locked` tables."""
        with self._committed.begin() as connection:
            connection.execute(select(func.pg_advisory_xact_lock(_LONG_JOB)))
            if locked:
                quote = connection.dialect.identifier_preparer.quote
                connection.exec_driver_sql(f"LOCK TABLE {', '.join(map(quote, locked))} IN EXCLUSIVE MODE")
            yield connection
        self.on_change()

    def close(self) -> None:
        self.engine.dispose()

    def _write(self, engine: Engine, work: Callable[[Transaction], ResultT]) -> ResultT:
        for attempt in range(1, _ATTEMPTS + 1):
            # Who failed once queues inside this process, so that losers do not fail each other again and again.
            with self._again if attempt > 1 else nullcontext():
                try:
                    with engine.begin() as connection:
                        tx = Transaction(connection)
                        result = work(tx)
                        tx.finish()
                        raised = take_raised(connection)
                    if raised:
                        self.on_change()
                    return result  # noqa: TRY300 - inside the loop of attempts
                except (DBAPIError, FactsConflict) as failure:
                    if attempt == _ATTEMPTS or not _is_conflict(failure, attempt):
                        raise
                    time.sleep(0.001 * attempt)
        raise AssertionError("the loop returns or raises")

    def _commit(self, batch: Sequence[Waiting[EventRow]]) -> None:
        with self._committed.begin() as connection:
            insert_events(connection, [waiting.job for waiting in batch])


def _is_conflict(failure: DBAPIError | FactsConflict, attempt: int) -> bool:
    """Two inserts of one key may meet as a broken constraint: run again, `work` sees the other's row."""
    if isinstance(failure, FactsConflict):
        return attempt == 1 and getattr(failure.__cause__, "sqlstate", None) == _UNIQUE_VIOLATION
    return getattr(failure.orig, "sqlstate", None) in _CONFLICTS


def _prepare(driver: psycopg.Connection, _record: object) -> None:
    autocommit, driver.autocommit = driver.autocommit, True
    for statement in _PREPARE:
        driver.execute(statement)
    driver.autocommit = autocommit
