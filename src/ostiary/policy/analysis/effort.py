"""How much work may one comparison cost?

Comparing patterns can take exponentially many steps; a document that asks for more than the bound is not compared, and
what is not compared has not passed.
"""

from __future__ import annotations

# A unit is about a microsecond: the whole check of hostile documents stays in the order of a second.
MOST_UNITS = 250_000


class TooHardError(Exception):
    """The comparison would cost more than it may."""


class Effort:
    """What is left for one check; `spend` raises TooHardError when that is nothing."""

    __slots__ = ("_left",)

    def __init__(self, units: int = MOST_UNITS) -> None:
        self._left = units

    def spend(self, units: int) -> None:
        self._left -= units
        if self._left < 0:
            raise TooHardError
