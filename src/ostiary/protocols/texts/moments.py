"""How are times written for people? In UTC always; names of months by the Unicode CLDR."""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from babel.dates import format_datetime

from ostiary.protocols.texts.catalogue import say_many

_MINUTE = 60
_HOUR = 60 * _MINUTE
_PATTERNS = {"en": "d MMM y, HH:mm 'UTC'", "de": "d. MMM y, HH:mm 'UTC'"}


def readable(moment: datetime, language: str = "en") -> str:
    """`31 Jan 2026, 09:30 UTC`, `31. Jan. 2026, 09:30 UTC`."""
    return format_datetime(moment.astimezone(UTC), _PATTERNS[language], locale=language)


def waiting_time(seconds: int, language: str = "en") -> str:
    """`45 seconds`, `1 minute`, `3 hours`: rounded up, so that whoever waits that long has waited enough."""
    if seconds < _MINUTE:
        return say_many("%(num)s second", "%(num)s seconds", max(seconds, 1), language)
    if seconds < 2 * _HOUR:
        return say_many("%(num)s minute", "%(num)s minutes", ceil(seconds / _MINUTE), language)
    return say_many("%(num)s hour", "%(num)s hours", ceil(seconds / _HOUR), language)
