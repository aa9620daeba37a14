"""How are `name=value` pairs read, in a form body and in a query string?

In a body `+` is a space (HTML forms). In a query string it could be read as a space or as itself, and signers disagree,
so there it is refused: clients of AWS write `%20` and `%2B`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.message import MAX_BODY, MAX_QUERY

MAX_PAIRS = 4000
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_BAD_IN_QUERY = re.compile(r"[^!-~]|[+#]")

Pairs = list[tuple[str, str]]


def read_body(body: bytes) -> Pairs:
    if len(body) > MAX_BODY:
        raise too_large()
    try:
        return _split(body.decode("ascii"))
    except UnicodeDecodeError:
        raise _malformed("the body holds bytes that a form must write as %XX") from None


def read_query(raw_query: str) -> Pairs:
    if len(raw_query) > MAX_QUERY:
        raise too_large()
    if _BAD_IN_QUERY.search(raw_query):
        raise _malformed("the query string holds a character that must be written as %XX: write a space as %20")
    return _split(raw_query)


def unique(pairs: Pairs) -> dict[str, str]:
    """A dictionary; a name that comes twice could be read in two ways and is refused."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _malformed("a parameter was sent more than once: send each one once")
    return found


def too_large() -> WireError:
    return WireError("RequestEntityTooLarge", f"The request is larger than {MAX_BODY} bytes.")


def _split(text: str) -> Pairs:
    if not text:
        return []
    if text.count("&") >= MAX_PAIRS:
        raise _malformed(f"more than {MAX_PAIRS} parameters were sent: send fewer")
    if "%" not in text and "+" not in text:
        return [_pair(part) for part in text.split("&") if part]
    if _BAD_ESCAPE.search(text):
        raise _malformed("a `%` is not followed by two hexadecimal digits: write it as %25")
    try:
        return [_decoded_pair(part) for part in text.split("&") if part]
    except UnicodeDecodeError:
        raise _malformed("a parameter is not UTF-8") from None


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name, value


def _decoded_pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return _decode(name), _decode(value)


def _decode(text: str) -> str:
    return unquote_plus(text, errors="strict") if "%" in text or "+" in text else text


def _malformed(why: str) -> WireError:
    return WireError("MalformedQueryString", f"The request could not be read: {why}")
