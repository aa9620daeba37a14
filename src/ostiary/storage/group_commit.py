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

    def submit(self, job: JobT) -> None:
        """Return when the job is durable. Raises what its work, or its batch's commit, raised."""
        mine = Waiting(job)
        with self._mutex:
            self._pending.append(mine)
            lead, self._led = not self._led, True
        if not lead:
            mine.gate.acquire()
        if not mine.done:
            self._lead()
        if mine.failure is not None:
            raise mine.failure

    def _lead(self) -> None:
        with self._mutex:
            batch, self._pending = self._pending[:MAX_BATCH], self._pending[MAX_BATCH:]
        try:
            self._commit(batch)
        except BaseException as failure:  # noqa: BLE001 - whoever waits must be told, whatever it was
            for waiting in batch:
                waiting.failure = waiting.failure or failure
        finally:
            self._hand_over(batch)

    def _hand_over(self, batch: Sequence[Waiting[JobT]]) -> None:
        with self._mutex:
            successor = self._pending[0] if self._pending else None
            self._led = successor is not None
        # ORDER: the next round starts before the followers of this one wake up, so that the disk is never idle.
        if successor is not None:
            successor.gate.release()
        for waiting in batch:
            waiting.done = True
            waiting.gate.release()
