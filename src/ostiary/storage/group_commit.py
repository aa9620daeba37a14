"""How do many waiting requests share one commit?

Leader and followers: who finds nobody committing leads, takes everything that waits, commits it once, and wakes the
others; whoever came meanwhile leads the next round. Without concurrency no thread is ever switched.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

JobT = TypeVar("JobT")
MAX_BATCH = 512


class Waiting(Generic[JobT]):
    """One job on its way to the disk; `failure` is set when its round failed."""

    __slots__ = ("done", "failure", "gate", "job")

    def __init__(self, job: JobT) -> None:
        self.job = job
        self.done = False
        self.failure: BaseException | None = None
        self.gate = threading.Lock()
        self.gate.acquire()


class GroupCommit(Generic[JobT]):
    """`commit` writes a batch durably, or raises and has written nothing; it is never called by two threads at once.

    `commit` may set `failure` on single jobs that it undid; an exception from it fails the whole batch.
    """

    def __init__(self, commit: Callable[[Sequence[Waiting[JobT]]], None]) -> None:
        self._commit = commit
        self._mutex = threading.Lock()
        self._pending: list[Waiting[JobT]] = []
        self._led = False
        self._successor: Waiting[JobT] | None = None
        self._leader: int | None = None

    def submit(self, job: JobT) -> None:
        """Return when the job is durable. Raises what its work, or its batch's commit, raised.

        Raises RuntimeError when called from inside a commit, which would wait for itself.
        """
        me = threading.get_ident()
        if self._leader == me:
            raise RuntimeError("a write inside the work of a write: use the transaction that the work was given")
        mine = Waiting(job)
        with self._mutex:
            self._pending.append(mine)
            lead, self._led = not self._led, True
        if not lead:
            self._wait(mine)
        if not mine.done:
            self._lead(me)
        if mine.failure is not None:
            raise mine.failure

    def _wait(self, mine: Waiting[JobT]) -> None:
        try:
            mine.gate.acquire()
        except BaseException:
            self._abandon(mine)
            raise

    def _abandon(self, mine: Waiting[JobT]) -> None:
        """Whoever stops waiting (Ctrl-C) must not be counted on to lead; what is in a running round stays in it."""
        with self._mutex:
            if mine in self._pending:
                self._pending.remove(mine)
            if self._successor is mine:
                self._choose_successor()

    def _lead(self, me: int) -> None:
        with self._mutex:
            self._successor = None
            batch, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
        self._leader = me
        try:
            self._commit(batch)
        except BaseException as failure:  # noqa: BLE001 - whoever waits must be told, whatever it was
            for waiting in batch:
                waiting.failure = failure
        finally:
            self._leader = None
            self._hand_over(batch)

    def _hand_over(self, batch: Sequence[Waiting[JobT]]) -> None:
        # ORDER: the next round starts before the followers of this one wake up, so that the disk is never idle.
        with self._mutex:
            self._choose_successor()
        for waiting in batch:
            waiting.done = True
            waiting.gate.release()

    def _choose_successor(self) -> None:
        self._successor = self._pending[0] if self._pending else None
        self._led = self._successor is not None
        if self._successor is not None:
            self._successor.gate.release()
