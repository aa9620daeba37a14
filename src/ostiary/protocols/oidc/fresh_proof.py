"""Has this very request already asked the person for something, and when?

The moment travels through the page that asked, in the address that she comes back to. It is bound to the whole request
and sealed with a key of ours: nobody can make a request look as if it had asked.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlencode

from ostiary.kit.clock import from_micros, to_micros

_OURS = "ostiary_"
_GOOD_FOR = timedelta(minutes=15)
_FORM = re.compile(r"([0-9]{1,18})\.([0-9a-f]{64})")


class Asked(StrEnum):
    """For what a request sends a person to a page; each is the name of the parameter that tells when."""

    SIGN_IN = "ostiary_asked_at"
    PROOF = "ostiary_proof_asked_at"
    CONSENT = "ostiary_consent_asked_at"


def marked_query(fields: Mapping[str, str], asked: Asked, *, now: datetime, key: bytes) -> str:
    """The request's parameters and earlier marks, with the moment of asking."""
    micros = to_micros(now)
    mark = f"{micros}.{_seal(asked, plain_query(fields), micros, key)}"
    return urlencode([*((name, value) for name, value in fields.items() if name != asked), (asked.value, mark)])


def find_asked_at(fields: Mapping[str, str], asked: Asked, *, now: datetime, key: bytes) -> datetime | None:
    """None without a mark, with a forged or old one, or with one of another request."""
    found = _FORM.fullmatch(fields.get(asked.value, ""))
    if found is None:
        return None
    micros = int(found[1])
    if not hmac.compare_digest(_seal(asked, plain_query(fields), micros, key), found[2]):
        return None
    asked_at = from_micros(micros)
    return asked_at if timedelta(0) <= now - asked_at <= _GOOD_FOR else None


def plain_query(fields: Mapping[str, str]) -> str:
    """Without what is ours."""
    return urlencode([(name, value) for name, value in fields.items() if not name.startswith(_OURS)])


def _seal(asked: Asked, query: str, micros: int, key: bytes) -> str:
    return hmac.new(key, f"{asked.value}\0{micros}\0{query}".encode(), sha256).hexdigest()
