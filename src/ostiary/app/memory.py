"""How does every worker know within a second what another worker, node or command changed?

A generation number per topic is read a few times a second; what changed is built anew and swapped in whole. What a
process of the same machine has changed is known to the next request (`node_signal.py`). Revocation is the reason for
the speed: 1 s on one node, 2 s across nodes. A worker whose memory is older than `STALE_SECONDS` may not know of a
revocation, so it answers no requests.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from ostiary.app.node_signal import NodeSignal
from ostiary.kit.current import Current
from ostiary.storage.engine import Database
from ostiary.storage.generations import Topic
from ostiary.storage.sqlite import SqliteDatabase
from ostiary.storage.transaction import Transaction

STALE_SECONDS = 5.0
ValueT = TypeVar("ValueT")


class DatabaseGone(Exception):
    """The file of the database was removed or replaced while it is in use: what is written now would be lost."""


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """`build` makes the value anew from a consistent read and the previous value, when one of `topics` was raised.

    `empty` stands for the previous value at the start, and after a restore, when nothing that is known holds.
    """

    topics: frozenset[Topic]
    current: Current[Any]
    empty: Any
    build: Callable[[Transaction, Any], Any]


def watch(current: Current[ValueT], build: Callable[[Transaction, ValueT], ValueT], *topics: Topic) -> Watched:
    """The value that `current` holds now is its empty one."""
    return Watched(topics=frozenset(topics), current=current, empty=current.value, build=build)


class Memory:
    """`check` raises when the database is not the one any more that it was."""

    def __init__(
        self,
        *,
        database: Database,
        watched: Sequence[Watched],
        signal: NodeSignal,
        check: Callable[[], None] = lambda: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._watched = watched
        self._signal = signal
        self._caught = b""
        self._check = check
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: dict[str, int] = {}
        self._refreshed = monotonic()

    @property
    def age(self) -> float:
        """Seconds since the last look at which everything was, or was made, as the database has it."""
        return self._monotonic() - self._refreshed

    @property
    def stale(self) -> bool:
        return self.age > STALE_SECONDS

    def load(self) -> None:
        """Build everything; called once before the first request. Raises what a builder raises."""
        with self._lock:
            self._seen = {}
            self._look(forget_all=True)

    def catch_up(self) -> None:
        """Before a request: know what any process of this machine has changed and told about.

        A look that fails is left to the job that looks all the time, which reports it; the memory grows old.
        """
        if self._signal.state() == self._caught:
            return
        with self._lock, suppress(Exception):
            if self._signal.state() != self._caught:
                self._look(forget_all=False)

    def refresh(self) -> None:
        """Build anew what changed since the last look.

        A builder that fails leaves its old value and is tried again; the others do not wait for it. Then raises what
        it raised, and the memory grows old.
        """
        with self._lock:
            self._look(forget_all=False)

    def reload_all(self) -> None:
        """For what changes by time alone, such as keys that become active."""
        with self._lock, self._database.read() as tx:
            _raise_first(self._rebuild(tx, self._watched, forget=False))

    def _look(self, *, forget_all: bool) -> None:
        # ORDER: a look that ends late must not count as later than what it saw.
        began, signalled = self._monotonic(), self._signal.state()
        self._check()
        with self._database.read() as tx:
            numbers = tx.generations.current()
            changed = {topic for topic, number in numbers.items() if self._seen.get(topic) != number}
            forget = forget_all or Topic.EVERYTHING in changed
            affected = [w for w in self._watched if forget or not changed.isdisjoint(w.topics)]
            failed = self._rebuild(tx, affected, forget=forget)
        again = {topic for entry in failed for topic in entry.topics} | ({Topic.EVERYTHING} if forget else set())
        self._seen = {topic: number for topic, number in numbers.items() if not failed or topic not in again}
        _raise_first(failed)
        self._refreshed, self._caught = began, signalled

    @staticmethod
    def _rebuild(tx: Transaction, watched: Sequence[Watched], *, forget: bool) -> dict[Watched, Exception]:
        failed: dict[Watched, Exception] = {}
        built: list[tuple[Current[Any], Any]] = []
        for entry in watched:
            try:
                built.append((entry.current, entry.build(tx, entry.empty if forget else entry.current.value)))
            except Exception as failure:  # noqa: BLE001 - raised again when the others are done
                failed[entry] = failure
        for current, value in built:
            current.value = value
        return failed


def in_place(database: Database) -> Callable[[], None]:
    """A check that the embedded database's file is still the one that was opened; raises DatabaseGone."""
    name = database.engine.url.database
    if not isinstance(database, SqliteDatabase) or name is None:
        return lambda: None
    path = Path(name)
    opened = path.stat()

    def check() -> None:
        try:
            now = path.stat()
        except OSError as failure:
            raise DatabaseGone(f"`{path}` has gone: stop the server before you move its database") from failure
        if (now.st_dev, now.st_ino) != (opened.st_dev, opened.st_ino):
            raise DatabaseGone(f"`{path}` was replaced: restart the server, and use `ostiary restore` for this")

    return check


def _raise_first(failed: dict[Watched, Exception]) -> None:
    for failure in failed.values():
        raise failure
