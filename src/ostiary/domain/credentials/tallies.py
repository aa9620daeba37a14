"""How often did something happen lately? Counts in windows of time, in the rows that count guesses.

A tally begins with its first count and ends a window later; what it counts is no guess and delays nobody by itself.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

from ostiary.domain.credentials.model import GuessCount
from ostiary.domain.credentials.ports import CredentialRows


def tally(rows: CredentialRows, subject: str, window: timedelta, now: datetime) -> int:
    count = rows.guess_count(subject)
    return count.failures if count is not None and now - count.first_at < window else 0


def raise_tally(rows: CredentialRows, subject: str, window: timedelta, now: datetime, *, by: int = 1) -> int:
    """What it stands at afterwards; never below nothing."""
    count = rows.guess_count(subject)
    if count is None or now - count.first_at >= window:
        count = GuessCount(subject, 0, now, now, None)
    raised = max(0, count.failures + by)
    rows.put_guess_count(GuessCount(subject, raised, count.first_at, now, None))
    return raised


def seconds_left(rows: CredentialRows, subject: str, window: timedelta, now: datetime) -> int:
    """Until the tally begins anew; at least one."""
    count = rows.guess_count(subject)
    return 1 if count is None else max(1, ceil((count.first_at + window - now).total_seconds()))


def first_in(rows: CredentialRows, subject: str, window: timedelta, now: datetime) -> bool:
    """Whether it did not happen within the window before; from now on it did."""
    if tally(rows, subject, window, now):
        return False
    raise_tally(rows, subject, window, now)
    return True
