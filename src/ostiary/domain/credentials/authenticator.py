"""How is an authenticator app registered, and when is its code right? RFC 6238, SP 800-63B-4 section 3.1.4."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.credentials.model import TotpFactor
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit import ids
from ostiary.kit.crypto import totp
from ostiary.kit.current import Current
from ostiary.kit.redaction import Secret

_DIGITS = 6


class CodeWrong(Exception):
    """No factor has this code now; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A code that is right now; it counts only when `advance_totp_step` takes its step."""

    factor: TotpFactor
    step: int


@dataclass(frozen=True, slots=True)
class Provisioning:
    """What the app needs: `uri` for the QR code, `key` to type; both are the secret itself."""

    uri: Secret
    key: Secret


class Authenticators:
    def __init__(self, *, keys: Current[ServerKeys]) -> None:
        self._keys = keys

    def new_factor(self, person_id: str, *, name: str, now: datetime) -> TotpFactor:
        """Not confirmed: it proves nothing until a code of it was given."""
        factor_id = ids.uuid7()
        sealed = self._keys.value.keyring.seal(totp.generate_secret(), identity=_identity(factor_id))
        return TotpFactor(factor_id, person_id, name, sealed, created_at=now)

    def provisioning(self, factor: TotpFactor, *, issuer: str, user_name: str) -> Provisioning:
        secret = self._open(factor)
        uri = totp.provisioning_uri(secret, issuer=issuer, account=user_name)
        return Provisioning(Secret(uri), Secret(totp.secret_text(secret)))

    def check(self, factors: Sequence[TotpFactor], code: str, now: datetime) -> Accepted:
        """Raises CodeWrong. The caller must still advance the factor's step in the transaction that uses it."""
        digits = typed_digits(code)
        for factor in factors:
            try:
                step = totp.matching_step(self._open(factor), digits, now=now, after_step=factor.last_step)
            except totp.CodeMismatch:
                continue
            return Accepted(factor, step)
        raise CodeWrong("no factor of the person has this code now")

    def _open(self, factor: TotpFactor) -> bytes:
        return self._keys.value.keyring.open(factor.sealed_secret, identity=_identity(factor.factor_id))


def typed_digits(code: str) -> str:
    """Six ASCII digits; apps show a blank in the middle, so spaces are dropped. Raises CodeWrong."""
    digits = code.replace(" ", "")
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        raise CodeWrong("not six digits")
    return digits


def _identity(factor_id: str) -> str:
    return f"totp:{factor_id}"
