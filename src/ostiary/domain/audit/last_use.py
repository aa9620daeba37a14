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


class Used(StrEnum):
    PASSWORD = "password"
    FACTOR = "factor"
    ROLE = "role"
    SECRET = "secret"
    SECRET_VERSION = "secret-version"
    APPLICATION = "application"
    CLIENT_SECRET = "client-secret"
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
    """Shared by all request threads of a worker; `drain` is called by one job."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: dict[tuple[Used, str], LastUse] = {}

    def note(self, use: LastUse) -> None:
        with self._lock:
            self._latest[use.kind, use.subject] = use

    def drain(self) -> list[LastUse]:
        with self._lock:
            uses, self._latest = list(self._latest.values()), {}
        return uses

    def give_back(self, uses: Sequence[LastUse]) -> None:
        """What could not be written waits for the next time; what was used again since stands."""
        with self._lock:
            for use in uses:
                self._latest.setdefault((use.kind, use.subject), use)

    def pending(self, kind: Used, subject: str) -> LastUse | None:
        with self._lock:
            return self._latest.get((kind, subject))
