"""Has this very request already asked the person to sign in anew, and when?

The moment travels through the sign-in page in the address that she comes back to. It is bound to the whole request and
sealed with a key of ours: nobody can make a request look as if it had asked.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlencode

from ostiary.kit.clock import from_micros, to_micros

MARK = "ostiary_asked_at"
_GOOD_FOR = timedelta(minutes=15)
_FORM = re.compile(r"([0-9]{1,18})\.([0-9a-f]{64})")


def marked_query(fields: Mapping[str, str], *, now: datetime, key: bytes) -> str:
    """The request's own parameters, with the moment of asking."""
    query = plain_query(fields)
    micros = to_micros(now)
    return f"{query}&{MARK}={micros}.{_seal(query, micros, key)}"


def find_asked_at(fields: Mapping[str, str], *, now: datetime, key: bytes) -> datetime | None:
    """None without a mark, with a forged or old one, or with one of another request."""
    found = _FORM.fullmatch(fields.get(MARK, ""))
    if found is None:
        return None
    micros = int(found[1])
    if not hmac.compare_digest(_seal(plain_query(fields), micros, key), found[2]):
        return None
    asked_at = from_micros(micros)
    return asked_at if timedelta(0) <= now - asked_at <= _GOOD_FOR else None


def plain_query(fields: Mapping[str, str]) -> str:
    return urlencode([(name, value) for name, value in fields.items() if name != MARK])


def _seal(query: str, micros: int, key: bytes) -> str:
    return hmac.new(key, f"ostiary asked at\0{micros}\0{query}".encode(), sha256).hexdigest()
