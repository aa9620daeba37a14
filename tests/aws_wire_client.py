"""What would an unmodified botocore send? Requests are built and signed by botocore and caught before they leave."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import botocore.parsers
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from ostiary.protocols.aws import wire

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE//token+with/signs=="


class _Caught(Exception):
    def __init__(self, request: Any) -> None:
        super().__init__("caught")
        self.request = request


@cache
def session_of(token: str | None) -> Any:
    session = botocore.session.Session()
    session.set_credentials(KEY, SECRET, token)
    return session


@cache
def client(service: str, *, token: str | None = None, endpoint: str = "http://127.0.0.1:8080/aws") -> Any:
    config = Config(retries={"max_attempts": 0, "mode": "standard"}, parameter_validation=False)
    return session_of(token).create_client(service, region_name="eu-west-1", endpoint_url=endpoint, config=config)


def _catch(request: Any, **_: Any) -> AWSResponse:
    raise _Caught(request)


def capture(
    service: str,
    operation: str,
    parameters: Mapping[str, Any],
    *,
    token: str | None = None,
    endpoint: str = "http://127.0.0.1:8080/aws",
) -> wire.WireRequest:
    caller = client(service, token=token, endpoint=endpoint)
    caller.meta.events.register("before-send", _catch, unique_id="catch")
    try:
        caller._make_api_call(operation, dict(parameters))
    except _Caught as caught:
        sent = caught.request
    else:
        raise AssertionError("the client sent nothing")
    body = sent.body or b""
    return from_url(
        sent.method,
        sent.url,
        {
            name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
            for name, value in sent.headers.items()
        },
        body if isinstance(body, bytes) else body.encode(),
    )


def from_url(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> wire.WireRequest:
    parts = urlsplit(url)
    path = unquote(parts.path)
    assert path.startswith("/aws")
    lowered = {name.lower(): value for name, value in headers.items()}
    return wire.WireRequest(
        method=method,
        path=path.removeprefix("/aws") or "/",
        raw_query=parts.query,
        headers={"host": parts.netloc, **lowered},
        body=body,
    )


def parse(response: wire.WireResponse, operation: wire.Operation) -> dict[str, Any]:
    """What boto3 makes of the answer."""
    model = session_of(None).get_service_model(operation.service)
    parser = botocore.parsers.create_parser(operation.protocol)
    shape = model.operation_model(operation.name).output_shape
    raw = {"headers": response.headers, "status_code": response.status, "body": response.body}
    parsed: dict[str, Any] = parser.parse(raw, shape)
    return parsed


def accept(request: wire.WireRequest, *, secret: str = SECRET, now: datetime | None = None) -> wire.Operation:
    """What the gateway does with a signed request before anything else."""
    signature = wire.read_signature(request)
    assert signature is not None
    operation = wire.route(request, signature.service)
    path = None
    if operation.template is not None:
        path = wire.canonical_path(operation, wire.path_labels(operation, request.path))
    wire.verify_signature(
        signature, request, secret_access_key=secret, now=now or datetime.now(UTC), canonical_path=path
    )
    return operation
