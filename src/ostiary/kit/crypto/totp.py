"""Which time step does a six-digit code belong to, and was that step used already?

RFC 6238 with the values that every authenticator app knows: SHA-1, six digits, 30 seconds. RFC 4226 section 5.3
gives the digits.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from ostiary.kit.clock import to_micros

SECRET_BYTES = 20
STEP_SECONDS = 30
_DIGITS = 6
_CODE = re.compile(r"[0-9]{6}\Z", re.ASCII)


class CodeMismatch(Exception):
    """The code is wrong, late, early, or was used before; the text does not tell which."""

    def __init__(self) -> None:
        super().__init__("the code is wrong or was used before: wait for the next one")


def generate_secret() -> bytes:
    """RFC 4226 section 4 R6: 160 bits."""
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """For typing in by hand, where a QR code cannot be scanned."""
    return base64.b32encode(secret).decode("ascii").rstrip("=")


def provisioning_uri(secret: bytes, issuer: str, account: str) -> str:
    """What the QR code holds (`otpauth://`); it contains the secret."""
    # A colon separates issuer and account in the label, so it cannot be part of either.
    label = f"{quote(issuer.replace(':', ' '), safe='')}:{quote(account.replace(':', ' '), safe='')}"
    values = {
        "secret": secret_text(secret),
        "issuer": issuer.replace(":", " "),
        "algorithm": "SHA1",
        "digits": str(_DIGITS),
        "period": str(STEP_SECONDS),
    }
    return f"otpauth://totp/{label}?{urlencode(values, quote_via=quote)}"


def matching_step(secret: bytes, code: str, *, now: datetime, after_step: int | None, window: int = 1) -> int:
    """The time step of `code`, at most `window` steps away from `now` and later than `after_step`.

    Raises CodeMismatch. The caller keeps the step, in the transaction that accepts the code, as the next
    `after_step`: then a code is accepted once (RFC 6238 section 5.2). All candidates are compared, always.
    """
    if not _CODE.match(code):
        raise CodeMismatch
    current = to_micros(now) // (STEP_SECONDS * 1_000_000)
    found: int | None = None
    for step in range(max(0, current - window), current + window + 1):
        same = hmac.compare_digest(code_at(secret, step), code)
        if same and (after_step is None or step > after_step):
            found = step
    if found is None:
        raise CodeMismatch
    return found


def code_at(secret: bytes, step: int) -> str:
    """RFC 4226 section 5.3: dynamic truncation."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), "sha1")
    at = digest[-1] & 0x0F
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"
