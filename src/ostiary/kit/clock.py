"""What time is it? The only place that asks the machine.

Times are timezone-aware and UTC everywhere; rules receive them as arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands until it is moved; tests move it."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 UTC: the form in which times are stored and sealed."""
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000_000 + delta.microseconds


def from_micros(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def iso(moment: datetime) -> str:
    """`2026-01-31T09:30:00Z`, seconds precision: the form AWS and policies use."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
