"""How does a web request become a wire request, byte for byte?

Every path below the mount comes here. Nothing is decoded twice or guessed at: the wire decides what it can read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import falcon

from ostiary.domain.audit.caller import Origin
from ostiary.protocols.aws.gateway.pipeline import Gateway
from ostiary.protocols.aws.wire import WireRequest
from ostiary.protocols.aws.wire.message import MAX_BODY

MOUNT: Final = "/aws"
_BELOW_MOUNT: Final = re.compile(rf"{MOUNT}(?=/|\Z)")
_LENGTH: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
# WSGI writes both `-` and `_` of a header's name as `_`; this header of the AWS portal is the one with both.
_SPELLINGS: Final = {"x-amz-sso-bearer-token": "x-amz-sso_bearer_token"}


@dataclass(frozen=True, slots=True)
class AwsRooms:
    """`origin_of` tells where a request came from, trusted hops resolved."""

    gateway: Gateway
    origin_of: Callable[[falcon.Request], Origin]


def add_routes(app: falcon.App[Any, Any], rooms: AwsRooms) -> None:
    def answer(req: falcon.Request, resp: falcon.Response, **_: str) -> None:
        answered = rooms.gateway.answer(read_request(req), rooms.origin_of(req))
        resp.status = answered.status
        for name, value in answered.headers.items():
            resp.set_header(name, value)
        resp.set_header("cache-control", "no-store")
        resp.data = answered.body

    app.add_sink(answer, _BELOW_MOUNT)


def read_request(request: falcon.Request) -> WireRequest:
    environ = request.env
    return WireRequest(
        method=environ.get("REQUEST_METHOD", ""),
        path=_text(environ.get("PATH_INFO", ""))[len(MOUNT) :],
        raw_query=_text(environ.get("QUERY_STRING", "")),
        headers=_headers(environ),
        body=_body(environ),
        mount=MOUNT,
    )


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    found = {}
    for key, value in environ.items():
        if key.startswith("HTTP_"):
            name = key[5:].replace("_", "-").lower()
            found[_SPELLINGS.get(name, name)] = value
    if content_type := environ.get("CONTENT_TYPE"):
        found["content-type"] = content_type
    if content_length := environ.get("CONTENT_LENGTH"):
        found["content-length"] = content_length
    return found


def _body(environ: dict[str, Any]) -> bytes:
    """At most one byte more than the wire accepts, so that it can refuse what is too long."""
    most = MAX_BODY + 1
    declared = environ.get("CONTENT_LENGTH") or "0"
    if "HTTP_TRANSFER_ENCODING" not in environ and _LENGTH.fullmatch(declared):
        most = min(int(declared), most)
    body: bytes = environ["wsgi.input"].read(most)
    return body


def _text(raw: str) -> str:
    """WSGI hands over bytes as Latin-1 (PEP 3333); what is not UTF-8 becomes U+FFFD, which the wire refuses."""
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")
