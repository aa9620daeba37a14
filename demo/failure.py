"""What does the tour raise when a door does not answer as it should?"""

from __future__ import annotations


class TourFailed(Exception):
    """The text says what was expected and what came instead."""
