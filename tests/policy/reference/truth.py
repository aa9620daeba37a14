"""What is the answer when the documents leave one open?

Decision record 0004: doubt counts against the caller, so an Allow in doubt does not hold and a Deny in doubt does.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class Truth(IntEnum):
    NO = 0
    DOUBT = 1
    YES = 2


def truth_of(*, holds: bool) -> Truth:
    return Truth.YES if holds else Truth.NO


def all_of(parts: Iterable[Truth]) -> Truth:
    return min(parts, default=Truth.YES)


def any_of(parts: Iterable[Truth]) -> Truth:
    return max(parts, default=Truth.NO)


def negated(part: Truth) -> Truth:
    return Truth(2 - part)


def agreed(parts: Iterable[Truth]) -> Truth:
    """The common answer of all parts; doubt when they differ."""
    different = set(parts)
    return different.pop() if len(different) == 1 else Truth.DOUBT
