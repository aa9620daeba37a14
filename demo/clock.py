"""What time is it? A program of its own has its own clock."""

from __future__ import annotations

import time


def now() -> int:
    """Seconds since 1970 UTC."""
    return int(time.time())  # noqa: TID251 - this program plays the outside world, which has clocks of its own
