"""How do tests get at a trail? Through its rules, and around them: by SQL straight into its tables."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg

from ostiary.domain.audit.event import Event
from ostiary.domain.audit.sealer import Sealer, TrailIdentity, trail_identity
from ostiary.domain.audit.verify import Verified, verify_trail
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.kit.clock import FixedClock
from ostiary.storage.engine import Database
from ostiary.storage.sqlite import SqliteDatabase
from ostiary.storage.transaction import Transaction

ACCOUNT = "111122223333"
SEED = bytes(range(32))
Statement = str | tuple[str, tuple[object, ...]]


def an_event(number: int) -> Event:
    return Event(
        event_id=f"e{number}",
        time=1_700_000_000_000_000 + number,
        name=EventName.GET_CALLER_IDENTITY,
        outcome=Outcome.SUCCESS,
        actor_arn="arn:aws:iam::111122223333:user/ana",
        actor_kind="person",
        actor_name="ana",
        account=ACCOUNT,
    )


@dataclass
class Trail:
    """`outside` is where the sealer keeps its newest checkpoint."""

    database: Database
    tamper: Callable[..., None]
    clock: FixedClock = field(default_factory=lambda: FixedClock(datetime(2026, 1, 31, 9, 30, tzinfo=UTC)))
    identity: TrailIdentity = field(default_factory=lambda: trail_identity(ACCOUNT, SEED))
    outside: list[str] = field(default_factory=lambda: [""])
    written: int = 0

    def sealer(self, *, pause: Callable[[float], None] = time.sleep) -> Sealer:
        return Sealer(
            transactions=self.database,
            identity=self.identity,
            clock=self.clock,
            publish=lambda note: self.outside.__setitem__(0, note),
            published=lambda: self.outside[0],
            pause=pause,
        )

    def write(self, count: int) -> None:
        numbers = range(self.written, self.written + count)

        def work(tx: Transaction) -> None:
            for number in numbers:
                tx.audit.append(an_event(number))

        self.database.write(work)
        self.written += count

    def grow(self, *counts: int) -> None:
        """One checkpoint per count."""
        sealer = self.sealer()
        for count in counts:
            self.write(count)
            sealer.seal()
        sealer.seal_last()

    def verify(self, *, outside_note: str = "") -> Verified:
        with self.database.read() as tx:
            return verify_trail(
                tx.audit,
                verifier_key=self.identity.signer.verifier_key,
                origin=self.identity.origin,
                outside_note=outside_note,
            )

    def leaf_hashes(self) -> list[bytes]:
        with self.database.read() as tx:
            return list(tx.audit.leaf_hashes(0, self.written))


def raw_access(database: Database) -> Callable[..., None]:
    """What somebody does who has the file, or the database's password: statements, with `?` for values."""
    url = database.engine.url
    if isinstance(database, SqliteDatabase):
        return lambda *statements: _by_sqlite3(str(url.database), statements)
    dsn = url.set(drivername="postgresql").render_as_string(hide_password=False)
    return lambda *statements: _by_psycopg(dsn, statements)


def _by_sqlite3(path: str, statements: tuple[Statement, ...]) -> None:
    with closing(sqlite3.connect(path)) as driver:
        for statement in statements:
            text, values = (statement, ()) if isinstance(statement, str) else statement
            assert driver.execute(text, values).rowcount != 0, f"nothing was tampered with: {text}"
        driver.commit()


def _by_psycopg(dsn: str, statements: tuple[Statement, ...]) -> None:
    with psycopg.connect(dsn) as driver:
        for statement in statements:
            text, values = (statement, ()) if isinstance(statement, str) else statement
            done = driver.execute(text.replace("?", "%s").encode(), values or None)
            assert done.rowcount != 0, f"nothing was tampered with: {text}"
