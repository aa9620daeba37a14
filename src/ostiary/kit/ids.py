"""Where do names come from that nobody may guess or repeat?

UUIDv7 (RFC 9562 section 5.7) inside; AWS-style prefixed unique ids on the AWS wire
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
"""

from __future__ import annotations

import base64
import os
import secrets
import threading
import time
from hashlib import sha256

_LOW_62_BITS = (1 << 62) - 1
_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_lock = threading.Lock()
_last_uuid = 0


def uuid7() -> str:
    """A time-ordered UUID; strictly increasing inside one process."""
    global _last_uuid  # noqa: PLW0603 - one counter per process is what makes the order strict
    millis = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")  # one call: each costs as much as the rest of this function
    value = (millis << 80) | (0x7 << 76) | ((chance >> 64 & 0xFFF) << 64) | (0b10 << 62) | (chance & _LOW_62_BITS)
    with _lock:
        if value <= _last_uuid:
            value = _last_uuid + 1
        _last_uuid = value
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def aws_unique_id(prefix: str) -> str:
    """`AROA...`, `AIDA...`: four letters and 17 random characters of base32."""
    return prefix + "".join(secrets.choice(_BASE32) for _ in range(17))


def derived_aws_unique_id(prefix: str, identity: str) -> str:
    """The same identity always gets the same unique id, without a row to remember it."""
    digest = sha256(f"{prefix}:{identity}".encode()).digest()
    return prefix + base64.b32encode(digest)[:17].decode("ascii")


def derived_lower_id(identity: str, *, length: int) -> str:
    """Up to 32 characters of `a-z2-7`: the same identity always gets the same ones."""
    return base64.b32encode(sha256(identity.encode()).digest())[:length].decode("ascii").lower()


def account_id() -> str:
    """A random 12-digit account id that does not begin with a zero."""
    return str(secrets.randbelow(900_000_000_000) + 100_000_000_000)


def opaque_token(prefix: str, *, random_bytes: int = 32) -> str:
    """A recognisable secret for leak scanners: `prefix_` + hexadecimal body + six characters of checksum (BP02-20)."""
    body = secrets.token_hex(random_bytes)
    return f"{prefix}_{body}{_checksum(body)}"


def has_token_form(token: str, prefix: str) -> bool:
    """Whether the checksum holds: a cheap refusal of garbage before any lookup."""
    head = prefix + "_"
    body, check = token[len(head) : -6], token[-6:]
    return token.startswith(head) and bool(body) and secrets.compare_digest(_checksum(body).encode(), check.encode())


def _checksum(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:6]


def random_bytes(count: int) -> bytes:
    return secrets.token_bytes(count)


def random_text(alphabet: str, count: int) -> str:
    """Every character drawn alone, each of the alphabet as likely as the others."""
    return "".join(secrets.choice(alphabet) for _ in range(count))
