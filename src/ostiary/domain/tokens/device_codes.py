"""What do the two codes of a device look like, and how are they kept? RFC 8628 sections 5.1, 5.2 and 6.1.

The device keeps the long one and shows the short one to its person. The short one has 34 bits: enough while guesses are
counted and it lives ten minutes, too few to lie in a database as a bare hash, so a server key is in the hash.
"""

from __future__ import annotations

import hmac
from datetime import timedelta
from hashlib import sha256

from ostiary.kit import ids

LIFE = timedelta(minutes=10)
INTERVAL = 5  # seconds between two questions of the device
DEVICE_CODE_PREFIX = "ostd"
_ALPHABET = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: no words; nothing that looks like a digit
_LENGTH = 8


def new_user_code() -> str:
    """`WDJB-MJHT`."""
    return readable(ids.random_text(_ALPHABET, _LENGTH))


def readable(code: str) -> str:
    return f"{code[: _LENGTH // 2]}-{code[_LENGTH // 2 :]}"


def typed_user_code(text: str) -> str | None:
    """What somebody typed, as it was shown: case, spaces and dashes do not matter. None for what is no such code."""
    if len(text) > 4 * _LENGTH:
        return None
    code = "".join(sign for sign in text.upper() if sign not in " -\N{NON-BREAKING HYPHEN}\N{EN DASH}")
    return readable(code) if len(code) == _LENGTH and set(code) <= set(_ALPHABET) else None


def hash_user_code(code: str, key: bytes) -> bytes:
    return hmac.new(key, b"ostiary user code\0" + code.encode(), sha256).digest()
