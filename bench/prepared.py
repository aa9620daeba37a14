"""Which requests are sent? Raw HTTP/1.1, made before the run by the clients that people really use.

AWS requests come out of botocore itself, signed with Signature Version 4, each with a signed header of its own, so that
no two signatures are equal and none can be remembered. They are made anew for every run: a signature is good for 15
minutes at most.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import botocore.awsrequest
import botocore.config
import botocore.session

REGION = "us-east-1"
# By protocol; of the services with the query protocol only AssumeRole is asked.
_EMPTY_ANSWERS = {"query": b"<Response><AssumeRoleResult/></Response>", "json": b"{}"}


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key_id: str
    secret_access_key: str
    session_token: str | None = None


@dataclass(frozen=True, slots=True)
class _Answer:
    """What botocore reads instead of a connection, so that it ends its call content."""

    body: bytes

    def stream(self) -> Iterator[bytes]:
        return iter([self.body])


def aws_client(service: str, *, endpoint: str, credentials: Credentials) -> Any:
    """A botocore client that reads nothing from the machine's own AWS configuration and never retries."""
    session = botocore.session.Session(profile=None)
    session.set_config_variable("config_file", os.devnull)
    session.set_config_variable("credentials_file", os.devnull)
    return session.create_client(
        service,
        region_name=REGION,
        endpoint_url=endpoint,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=10, connect_timeout=5),
    )


def signed_requests(client: Any, operation: str, calls: Sequence[dict[str, Any]]) -> list[bytes]:
    """What botocore would send for each call; nothing is sent."""
    captured: list[bytes] = []
    answer = _Answer(_EMPTY_ANSWERS[client.meta.service_model.metadata["protocol"]])

    def keep(request: Any, **_: Any) -> Any:
        captured.append(_raw(request))
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, answer)

    def number(request: Any, **_: Any) -> None:
        request.headers["X-Bench-Number"] = str(len(captured))

    client.meta.events.register("before-sign", number)
    client.meta.events.register("before-send", keep)
    try:
        for call in calls:
            getattr(client, operation)(**call)
    finally:
        client.meta.events.unregister("before-send", keep)
        client.meta.events.unregister("before-sign", number)
    return captured


def token_request(*, port: int, path: str, client_id: str, client_secret: str, scope: str) -> bytes:
    """Client credentials with `client_secret_basic` (RFC 6749 sections 2.3.1 and 4.4)."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}".encode()
    form = urlencode({"grant_type": "client_credentials", "scope": scope}).encode()
    headers = {
        "Authorization": f"Basic {base64.b64encode(pair).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }
    return _message("POST", path, port=port, headers=headers, body=form)


def _raw(request: Any) -> bytes:
    url = urlsplit(request.url)
    path = url.path + (f"?{url.query}" if url.query else "")
    headers = {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
        if name.lower() not in {"host", "content-length"}
    }
    body = request.body or b""
    return _message(
        request.method, path, port=url.port, headers=headers, body=body.encode() if isinstance(body, str) else body
    )


def _message(method: str, path: str, *, port: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
