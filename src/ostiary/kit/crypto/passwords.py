"""How is a password kept, so that neither the database nor a backup of it gives it away?

argon2id (RFC 9106) over an HMAC-SHA-256 with a pepper that is not in the database. The text is prepared as RFC 8265
section 4.2 (OpaqueString) says, so that one password typed on two keyboards is one password. Callers count the
attempt before they come here: a hash costs tens of milliseconds.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from typing import NoReturn

import argon2
from argon2.exceptions import VerificationError

MAX_CHARACTERS = 1024
_PEPPER_BYTES = 32
_SALT_BYTES = 16
_HASH_BYTES = 32


class PasswordMismatch(Exception):
    """The password is not the one that was kept; nothing says why."""

    def __init__(self) -> None:
        super().__init__("the password is wrong")


class UnacceptablePasswordError(Exception):
    """A new password that cannot be kept: empty, longer than 1024 characters, or with control characters."""


class PasswordHasher:
    """Shared by all threads. `pepper`: at least 32 bytes, derived from the root key."""

    __slots__ = ("_absent", "_argon2", "_pepper")

    def __init__(self, pepper: bytes, memory_kib: int = 19_456, iterations: int = 2, parallelism: int = 1) -> None:
        if len(pepper) < _PEPPER_BYTES:
            raise ValueError(f"the pepper has {len(pepper)} bytes and needs {_PEPPER_BYTES}")
        self._pepper = pepper
        self._argon2 = argon2.PasswordHasher(
            time_cost=iterations,
            memory_cost=memory_kib,
            parallelism=parallelism,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
            type=argon2.Type.ID,
        )
        self._absent = self._argon2.hash(secrets.token_bytes(_HASH_BYTES))

    def hash(self, password: str) -> str:
        """The encoded hash to keep. Raises UnacceptablePasswordError before any work is done."""
        return self._argon2.hash(self._peppered(_prepared(password)))

    def verify(self, encoded: str, password: str) -> None:
        """Raise PasswordMismatch unless `password` is the one behind `encoded`."""
        try:
            peppered = self._peppered(_prepared(password))
            self._argon2.verify(encoded, peppered)
        except (UnacceptablePasswordError, VerificationError, ValueError):  # a damaged hash is a ValueError
            raise PasswordMismatch from None

    def verify_absent(self, password: str) -> NoReturn:
        """Spend the time of a wrong guess for somebody who does not exist, then raise PasswordMismatch."""
        self.verify(self._absent, password)
        raise PasswordMismatch  # pragma: no cover - nobody knows a password for the random hash

    def needs_rehash(self, encoded: str) -> bool:
        """Whether it was made with other costs; ask after `verify`, when the password is at hand."""
        return self._argon2.check_needs_rehash(encoded)

    def __repr__(self) -> str:
        return "PasswordHasher([redacted])"

    def _peppered(self, prepared: bytes) -> bytes:
        return hmac.digest(self._pepper, prepared, "sha256")


def _prepared(password: str) -> bytes:
    """RFC 8265 section 4.2.2: other spaces become U+0020, NFC; no control characters; case is kept."""
    if not 0 < len(password) <= MAX_CHARACTERS:
        raise UnacceptablePasswordError(f"a password has 1 to {MAX_CHARACTERS} characters")
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    normal = unicodedata.normalize("NFC", spaced)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in normal):
        raise UnacceptablePasswordError("a password cannot contain control characters")
    return normal.encode()
