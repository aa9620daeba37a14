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

from ostiary.kit.crypto.password_cost import FLOOR, PasswordCost, spend

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
    """Shared by all threads. `pepper`: at least 32 bytes, kept under the root key."""

    __slots__ = ("_absent", "_argon2", "_cost", "_pepper")

    def __init__(self, pepper: bytes, cost: PasswordCost = FLOOR) -> None:
        if len(pepper) < _PEPPER_BYTES:
            raise ValueError(f"the pepper has {len(pepper)} bytes and needs {_PEPPER_BYTES}")
        self._pepper = pepper
        self._cost = cost
        self._argon2 = argon2.PasswordHasher(
            time_cost=cost.iterations,
            memory_cost=cost.memory_kib,
            parallelism=1,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
            type=argon2.Type.ID,
        )
        self._absent = self._argon2.hash(secrets.token_bytes(_HASH_BYTES))

    def hash(self, password: str) -> str:
        """The encoded hash to keep. Raises UnacceptablePasswordError before any work is done."""
        return self._argon2.hash(self._peppered(_prepared(password)))

    def verify(self, encoded: str, password: str) -> None:
        """Raise PasswordMismatch unless `password` is the one behind `encoded`.

        A wrong guess takes as long for a hash that was made at a lower cost: else time would tell who exists.
        """
        try:
            peppered = self._peppered(_prepared(password))
            self._argon2.verify(encoded, peppered)
        except (UnacceptablePasswordError, VerificationError, ValueError):  # a damaged hash is a ValueError
            self._even_out(encoded)
            raise PasswordMismatch from None

    def verify_absent(self, password: str) -> NoReturn:
        """Spend the time of a wrong guess for somebody who does not exist, then raise PasswordMismatch."""
        self.verify(self._absent, password)
        raise PasswordMismatch  # pragma: no cover - nobody knows a password for the random hash

    def needs_rehash(self, encoded: str) -> bool:
        """Whether it was made at a lower cost; ask after `verify`, when the password is at hand."""
        return _work(encoded) < self._cost.work

    def __repr__(self) -> str:
        return "PasswordHasher([redacted])"

    def _even_out(self, encoded: str) -> None:
        missing = self._cost.work - _work(encoded)
        if missing > 0:
            spend(missing, iterations=self._cost.iterations)

    def _peppered(self, prepared: bytes) -> bytes:
        return hmac.digest(self._pepper, prepared, "sha256")


def _work(encoded: str) -> int:
    try:
        parameters = argon2.extract_parameters(encoded)
    except argon2.exceptions.InvalidHashError:
        return 0
    return PasswordCost(parameters.memory_cost, parameters.time_cost).work


def _prepared(password: str) -> bytes:
    """RFC 8265 section 4.2.2: other spaces become U+0020, NFC; no control characters; case is kept."""
    if not 0 < len(password) <= MAX_CHARACTERS:
        raise UnacceptablePasswordError(f"a password has 1 to {MAX_CHARACTERS} characters")
    spaced = "".join(" " if unicodedata.category(character) == "Zs" else character for character in password)
    normal = unicodedata.normalize("NFC", spaced)
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in normal):
        raise UnacceptablePasswordError("a password cannot contain control characters")
    return normal.encode()
