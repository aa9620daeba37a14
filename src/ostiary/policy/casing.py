"""What does "case-insensitive" mean for keys and actions?

ASCII letters only: a look-alike such as the Kelvin sign must not become the letter k, or a tag key that an
outsider chooses could stand in for another one.
"""

from __future__ import annotations

import string

_ASCII_UPPER_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lower_ascii(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_ASCII_UPPER_TO_LOWER)
