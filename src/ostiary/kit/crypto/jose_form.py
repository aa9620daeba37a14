"""Which bytes count as base64url and as a JSON object in anything signed that reaches us?

RFC 7515 sections 2, 4 and 10.12 and RFC 8725 section 2: what two parsers could read in two ways is refused here, so
that the part that checks and the part that acts see the same thing.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from typing import Any, NoReturn

MAX_DEPTH = 16
_MAX_INTEGER_DIGITS = 19
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


class JoseError(Exception):
    """A token or key was refused. `str()` is for the client; `operator` says more, for the log."""

    def __init__(self, client: str, operator: str | None = None) -> None:
        super().__init__(client)
        self.operator = operator or client


class UnknownKeyError(JoseError):
    """No key of the set has the token's `kid`: a set that came from outside may have to be fetched anew."""


def encode_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def decode_base64url(text: str, what: str) -> bytes:
    """RFC 7515 section 2: no padding, no other characters, no stray bits. Raises JoseError."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    # The decoder skips what it does not know; only the one canonical spelling survives the way back.
    if encode_base64url(raw) != text:
        raise JoseError(f"{what} is not base64url", f"{what} is padded, has stray bits or foreign characters")
    return raw


def parse_object(raw: bytes, what: str) -> dict[str, Any]:
    """One JSON object, read strictly. Raises JoseError.

    Refused: duplicate names, depth over 16, numbers that are not finite or have more than 19 digits, text that is
    not Unicode or has U+0000 (no store keeps it), anything but an object.
    """
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        value = _decoder.decode(text)
        if "\\u" in text:
            _check_text(value)
    except (ValueError, RecursionError) as error:
        raise JoseError(f"{what} is not acceptable JSON", f"{what} is not acceptable JSON: {error}"[:300]) from None
    if not isinstance(value, dict):
        raise JoseError(f"{what} is not a JSON object")
    return value


def _check_depth(text: str) -> None:
    """Before the parser runs, so that no depth can exhaust its stack."""
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return
    depth = 0
    for character in _STRING.sub("", text):
        if character in "{[":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
        elif character in "}]":
            depth -= 1


def _check_text(value: object) -> None:
    """Escapes can spell what UTF-8 cannot: half a surrogate pair, and U+0000."""
    if isinstance(value, str):
        value.encode()
        if "\0" in value:
            raise ValueError("a text contains U+0000")
    elif isinstance(value, dict):
        for name, item in value.items():
            _check_text(name)
            _check_text(item)
    elif isinstance(value, list):
        for item in value:
            _check_text(item)


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return members


def _integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > _MAX_INTEGER_DIGITS:
        raise ValueError("a number has too many digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number is not finite")
    return number


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"`{name}` is not JSON")


_decoder = json.JSONDecoder(
    object_pairs_hook=_unique_names, parse_int=_integer, parse_float=_finite, parse_constant=_no_constant
)
