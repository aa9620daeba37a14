"""Is this the challenge that we gave to this browser for this purpose, a moment ago, and is it answered once?

WebAuthn Level 3 section 13.4.3. Looking at a page writes nothing: a challenge carries its own expiry and seal, and only
one that was answered is remembered, until it would be over anyway.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from ostiary.domain.credentials.passkey_errors import PasskeyRefused
from ostiary.domain.credentials.ports import CredentialRows
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit import ids
from ostiary.kit.clock import from_micros, to_micros
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current

LIFE = timedelta(minutes=5)
_NONCE, _EXPIRY, _SEAL = 16, 8, 32


class ChallengePurpose(StrEnum):
    SIGN_IN = "sign-in"
    SECOND_FACTOR = "second-factor"
    STEP_UP = "step-up"
    REGISTER = "register"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Asked:
    """For what a challenge is: `binding` is what only the browser's session, or its form cookie, has."""

    purpose: ChallengePurpose
    binding: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that is ours and not over; it counts only when it is spent."""

    raw: bytes
    expires_at: datetime

    def spend(self, rows: CredentialRows) -> None:
        """In the transaction that acts on the answer. Raises PasskeyRefused when it was answered already."""
        if not rows.spend_challenge(hash_secret(self.raw.hex()), expires_at=self.expires_at):
            raise PasskeyRefused("the challenge was answered already")


class Challenges:
    def __init__(self, *, keys: Current[ServerKeys]) -> None:
        self._keys = keys

    def new(self, asked: Asked, now: datetime) -> bytes:
        head = ids.random_bytes(_NONCE) + to_micros(now + LIFE).to_bytes(_EXPIRY, "big")
        return head + self._seal(head, asked)

    def check(self, raw: bytes, asked: Asked, now: datetime) -> Challenge:
        """Raises PasskeyRefused for one that is forged, over, or of another purpose or browser."""
        head, seal = raw[: _NONCE + _EXPIRY], raw[_NONCE + _EXPIRY :]
        if len(seal) != _SEAL or not hmac.compare_digest(seal, self._seal(head, asked)):
            raise PasskeyRefused("the challenge is not ours, or of another purpose or browser")
        expires_at = from_micros(int.from_bytes(head[_NONCE:], "big"))
        if not now < expires_at <= now + LIFE:
            raise PasskeyRefused("the challenge is over")
        return Challenge(raw, expires_at)

    def _seal(self, head: bytes, asked: Asked) -> bytes:
        text = f"ostiary passkey challenge\0{asked.purpose.value}\0{asked.binding}\0".encode()
        return hmac.new(self._keys.value.cookie_key, text + head, sha256).digest()
