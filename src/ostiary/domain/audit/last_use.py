"""When, where from and for what was a credential, role, secret or trust used last, without a write per request?

Uses are collected in memory and written together every few seconds; the trail holds the full history.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

_MOST_ELSEWHERE = 10_000


class Used(StrEnum):
    PASSWORD = "password"
    FACTOR = "factor"
    ROLE = "role"
    SECRET = "secret"
    SECRET_VERSION = "secret-version"
    APPLICATION = "application"
    CLIENT_SECRET = "client-secret"
    CLIENT_KEY = "client-key"  # of an application that signs assertions, by its client id
    ACCESS_KEY = "access-key"
    ISSUER_TRUST = "issuer-trust"
    WORKLOAD = "workload"


@dataclass(frozen=True, slots=True)
class LastUse:
    """`subject` is the id or ARN of what was used; `operation` is the event's name."""

    kind: Used
    subject: str
    at: datetime
    source_ip: str
    operation: str
    service: str = ""


class LastUseRows(Protocol):
    def put_last_uses(self, uses: Sequence[LastUse]) -> None:
        """Keep the latest of what is stored and what is given."""
        ...

    def last_use(self, kind: Used, subject: str) -> LastUse | None: ...

    def last_uses(self, kind: Used) -> dict[str, LastUse]: ...


class LastUseSlice(Protocol):
    @property
    def last_uses(self) -> LastUseRows: ...


class LastUseLog:
    """Shared by all request threads of a worker; `drain` is called by one job.

    Only the latest use is kept, but where from is kept of all of them, as far as there is room.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[tuple[Used, str], LastUse] = {}
        self._elsewhere: dict[tuple[Used, str, str], LastUse] = {}

    def note(self, use: LastUse) -> None:
        with self._lock:
            before = self._latest.get((use.kind, use.subject))
            if before is not None and before.source_ip != use.source_ip and len(self._elsewhere) < _MOST_ELSEWHERE:
                self._elsewhere[use.kind, use.subject, before.source_ip] = before
            self._latest[use.kind, use.subject] = use

    def drain(self) -> list[LastUse]:
        with self._lock:
            uses, self._latest = list(self._latest.values()), {}
        return uses

    def drain_elsewhere(self) -> list[LastUse]:
        """Uses since the last time from other addresses than the latest use."""
        with self._lock:
            uses, self._elsewhere = list(self._elsewhere.values()), {}
        return uses

    def give_back(self, uses: Sequence[LastUse], elsewhere: Sequence[LastUse] = ()) -> None:
        """What could not be written waits for the next time; what was used again since stands."""
        with self._lock:
            for use in uses:
                self._latest.setdefault((use.kind, use.subject), use)
            for use in elsewhere:
                self._elsewhere.setdefault((use.kind, use.subject, use.source_ip), use)

    def pending(self, kind: Used, subject: str) -> LastUse | None:
        with self._lock:
            return self._latest.get((kind, subject))
