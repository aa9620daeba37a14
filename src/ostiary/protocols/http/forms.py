"""What did a form or a query say? `application/x-www-form-urlencoded`, read strictly.

A field that is there twice is refused (RFC 6749 section 3.1 asks it, and parsers that differ are how checks are passed
by); so are malformed percent signs, bytes that are not UTF-8, and NUL.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from falcon import Request

from ostiary.kit.texts import Text
from ostiary.protocols.http.limits import FORM_LIMIT, QUERY_LIMIT, read_body
from ostiary.protocols.http.refusals import MalformedRequest, WrongMediaType

MEDIA_TYPE = "application/x-www-form-urlencoded"
_MAX_FIELDS = 100
_STRAY_PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read_form(request: Request, *, limit: int = FORM_LIMIT) -> dict[str, str]:
    """The fields of the body. Raises WrongMediaType, BodyTooLarge or MalformedRequest."""
    check_media_type(request)
    return parse_urlencoded(read_body(request, limit=limit))


def read_query(request: Request, *, limit: int = QUERY_LIMIT) -> dict[str, str]:
    """The fields of the query. Raises MalformedRequest."""
    raw = request.query_string.encode("utf-8", "surrogateescape")
    if len(raw) > limit:
        raise MalformedRequest(Text("the query is larger than {limit} bytes", limit=limit))
    return parse_urlencoded(raw)


def check_media_type(request: Request) -> None:
    kind, _, parameters = (request.content_type or "").lower().partition(";")
    charset = parameters.strip().replace('"', "")
    if kind.strip() != MEDIA_TYPE or charset not in {"", "charset=utf-8"}:
        raise WrongMediaType(Text("the body must be sent as {type} in UTF-8", type=MEDIA_TYPE))


def parse_urlencoded(raw: bytes) -> dict[str, str]:
    """Each name at most once. Raises MalformedRequest."""
    pairs = [part for part in raw.split(b"&") if part]
    if len(pairs) > _MAX_FIELDS:
        raise MalformedRequest(Text("there are more than {count} fields", count=_MAX_FIELDS))
    fields: dict[str, str] = {}
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        key = _decoded(name)
        if not key:
            raise MalformedRequest(Text("a field has no name"))
        if key in fields:
            raise MalformedRequest(Text("the field `{name}` was sent more than once", name=key[:50]))
        fields[key] = _decoded(value)
    return fields


def _decoded(raw: bytes) -> str:
    if _STRAY_PERCENT.search(raw):
        raise MalformedRequest(Text("a percent sign is not followed by two hexadecimal digits"))
    try:
        text = unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedRequest(Text("a field is not valid UTF-8")) from None
    if "\0" in text:
        raise MalformedRequest(Text("a field contains a NUL character"))
    return text
