"""What did a request say? One JSON object, read in the only way that it can be read. RFC 8259.

A name that stands twice is refused: parsers that differ in which one counts are how checks are passed by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from falcon import Request

from ostiary.protocols.http.limits import read_body
from ostiary.protocols.http.refusals import MalformedRequest

MEDIA_TYPE = "application/json"
BODY_LIMIT = 512 * 1024
MAX_DEPTH = 20
# Strings are passed over whole; possessive, so that one without an end costs no more than its length.
_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[\]{}]', re.DOTALL)
_OPENING, _CLOSING = (b"{", b"["), (b"}", b"]")

Json = Mapping[str, object]


class MalformedQuestion(MalformedRequest):
    """Not a question of this API; the text says what is wrong with it."""


def read_object(request: Request) -> Json:
    """Raises MalformedQuestion, BodyTooLarge."""
    _check_media_type(request)
    return parse_object(read_body(request, limit=BODY_LIMIT))


def parse_object(body: bytes) -> Json:
    """Raises MalformedQuestion."""
    _check_depth(body)
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_members, parse_constant=_refuse_constant)
    except ValueError:
        raise MalformedQuestion("the body is not JSON in UTF-8") from None
    if not isinstance(value, dict):
        raise MalformedQuestion("the body must be a JSON object")
    return value


def _check_media_type(request: Request) -> None:
    kind, _, parameters = (request.content_type or "").lower().partition(";")
    charset = parameters.strip().replace('"', "")
    if kind.strip() != MEDIA_TYPE or charset not in {"", "charset=utf-8"}:
        # The specification knows 400 and no 415.
        raise MalformedQuestion(f"the body must be sent as {MEDIA_TYPE} in UTF-8")


def _check_depth(body: bytes) -> None:
    """Before it is read: what is ignored may be nested, too."""
    depth = 0
    for found in _STRUCTURE.finditer(body):
        sign = found[0]
        if sign in _OPENING:
            depth += 1
            if depth > MAX_DEPTH:
                raise MalformedQuestion(f"the body is nested more than {MAX_DEPTH} levels deep")
        elif sign in _CLOSING:
            depth -= 1


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedQuestion("a JSON object has the same name twice")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise MalformedQuestion(f"`{name}` is not JSON")
