"""How is something fetched from outside and kept for a while, so that nobody makes this server hammer another?

What was fetched is fresh for ten minutes and usable for an hour. There is at most one attempt in ten seconds for each
key, also when it fails. Meanwhile what is known is used, and at most half of the threads wait for newer, not for long:
nobody can make this server wait for another one with every thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

FRESH_FOR = timedelta(minutes=10)
USABLE_FOR = timedelta(hours=1)
PAUSE = timedelta(seconds=10)
PATIENCE = 1.0  # seconds that a request waits for what another one fetches
MOST_WAITING = 16  # half of the threads that a worker has by default

ValueT = TypeVar("ValueT")


class FetchFailed(Exception):
    """Nothing usable is there; the text is for the operator."""


@dataclass(slots=True)
class _Fetched(Generic[ValueT]):
    """What is known under one key; changed only under `lock`, read without it: values come before their time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    value: ValueT | None = None
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    failure: str = ""


class Fetching(Generic[ValueT]):
    """`fetch` raises FetchFailed and nothing else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(MOST_WAITING)
        self._fetched: dict[Hashable, _Fetched[ValueT]] = {}

    def value(self, key: Hashable, fetch: Callable[[], ValueT], now: datetime) -> ValueT:
        """Raises FetchFailed."""
        known = self._known(key)
        if not _is_within(known.fetched_at, FRESH_FOR, now):
            # What is old is good enough while somebody else fetches anew.
            self._fetch_in_turn(known, fetch, now, wait=not _is_within(known.fetched_at, USABLE_FOR, now))
        return _usable(known, now)

    def value_after_miss(self, key: Hashable, fetch: Callable[[], ValueT], now: datetime) -> ValueT:
        """For what was not in the value that is known: fetched anew, unless that was just done. Raises FetchFailed."""
        known = self._known(key)
        if not self._fetch_in_turn(known, fetch, now, wait=True):
            # Not the old value: the new one may have it, and a client tries again after this error only.
            raise FetchFailed("another request is fetching them")
        return _usable(known, now)

    def _fetch_in_turn(
        self, known: _Fetched[ValueT], fetch: Callable[[], ValueT], now: datetime, *, wait: bool
    ) -> bool:
        """Whether the value is as new as it may be; not when another request is still fetching it."""
        if not self._take_turn(known.lock, wait=wait):
            return False
        try:
            self._fetch(known, fetch, now)
        finally:
            known.lock.release()
        return True

    def _take_turn(self, lock: threading.Lock, *, wait: bool) -> bool:
        if lock.acquire(blocking=False):
            return True
        if not wait or not self._waiting.acquire(blocking=False):
            return False
        try:
            return lock.acquire(timeout=PATIENCE)
        finally:
            self._waiting.release()

    def _known(self, key: Hashable) -> _Fetched[ValueT]:
        with self._lock:
            return self._fetched.setdefault(key, _Fetched())

    @staticmethod
    def _fetch(known: _Fetched[ValueT], fetch: Callable[[], ValueT], now: datetime) -> None:
        if _is_within(known.tried_at, PAUSE, now):
            return
        known.tried_at = now
        try:
            known.value = fetch()
        except FetchFailed as failure:
            known.failure = str(failure)
        else:
            known.fetched_at, known.failure = now, ""


def _usable(known: _Fetched[ValueT], now: datetime) -> ValueT:
    if known.value is None or not _is_within(known.fetched_at, USABLE_FOR, now):
        raise FetchFailed(known.failure or "none")
    return known.value


def _is_within(since: datetime | None, span: timedelta, now: datetime) -> bool:
    return since is not None and now - since < span
