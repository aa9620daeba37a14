"""How much may a stranger send? Bodies are read up to a limit that the endpoint names, and no further."""

from __future__ import annotations

from falcon import Request

from ostiary.kit.texts import Text
from ostiary.protocols.http.refusals import BodyTooLarge, MalformedRequest

FORM_LIMIT = 64 * 1024
QUERY_LIMIT = 16 * 1024


def read_body(request: Request, *, limit: int) -> bytes:
    """The raw body. Raises BodyTooLarge, by the declared length when there is one, else while reading."""
    declared = _declared_length(request)
    if declared is not None and declared > limit:
        raise BodyTooLarge(Text("the body is larger than {limit} bytes", limit=limit))
    parts: list[bytes] = []
    room = limit + 1 if declared is None else declared
    while room > 0:
        part = request.stream.read(room)
        if not part:
            break
        parts.append(part)
        room -= len(part)
    body = b"".join(parts)
    if len(body) > limit:
        raise BodyTooLarge(Text("the body is larger than {limit} bytes", limit=limit))
    return body


def _declared_length(request: Request) -> int | None:
    text = request.get_header("Content-Length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise MalformedRequest(Text("the Content-Length header is not a number"))
    return int(text[:19])
