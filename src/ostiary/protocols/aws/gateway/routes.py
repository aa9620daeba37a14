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
from ostiary.protocols.aws.wire import WireError, WireRequest, serialize_error
from ostiary.protocols.aws.wire.message import MAX_BODY
from ostiary.protocols.http.client import request_id
from ostiary.protocols.http.errors import Failure

MOUNT: Final = "/aws"
_BELOW_MOUNT: Final = re.compile(rf"{MOUNT}(?=/|\Z)")
_LENGTH: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
_FAILURES: Final = {413: "RequestEntityTooLarge", 500: "InternalFailure", 503: "ServiceUnavailable"}
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


def write_failure(request: falcon.Request, response: falcon.Response, failure: Failure) -> None:
    """What was refused before the gateway saw it, in the form that an AWS client reads."""
    error = WireError(_FAILURES.get(failure.status, "ValidationError"), str(failure.text))
    answered = serialize_error(error, _wire_request(request.env, b""), request_id=request_id(request))
    response.status = answered.status
    for name, value in answered.headers.items():
        response.set_header(name, value)
    response.data = answered.body


def read_request(request: falcon.Request) -> WireRequest:
    return _wire_request(request.env, _body(request.env))


def _wire_request(environ: dict[str, Any], body: bytes) -> WireRequest:
    return WireRequest(
        method=environ.get("REQUEST_METHOD", ""),
        path=_text(environ.get("PATH_INFO", ""))[len(MOUNT) :],
        raw_query=_text(environ.get("QUERY_STRING", "")),
        headers=_headers(environ),
        body=body,
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
