"""How does this server ask another one that an operator named? Bounded in size and in time, and no redirects.

An address from somebody else's document must be https like the one that the operator gave, so a document cannot send
this server into the inner network by plain http; on loopback http is allowed in development.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import urllib3

from ostiary.app.settings import is_loopback

MAX_BYTES = 256 * 1024
TOTAL_SECONDS = 10.0
_TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)
_CHUNK = 16 * 1024


class AskingFailed(Exception):
    """No whole answer; the text is for the operator."""

    def __init__(self, address: str, why: str) -> None:
        super().__init__(f"`{address[:200]}`: {why}")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class BoundedHttp:
    def __init__(self, *, development: bool) -> None:
        self._development = development

    def get(self, address: str) -> Answer:
        """Raises AskingFailed."""
        return self._ask("GET", address, {}, None)

    def post(self, address: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Raises AskingFailed."""
        return self._ask("POST", address, headers, body)

    def check_address(self, address: str) -> None:
        """Raises AskingFailed for one that is not https."""
        try:
            parts = urlsplit(address)
            host, loopback = parts.hostname, is_loopback(parts.hostname or "")
        except ValueError as failure:
            raise AskingFailed(address, "the address cannot be read") from failure
        plain_allowed = parts.scheme == "http" and loopback and self._development
        if not host or (parts.scheme != "https" and not plain_allowed):
            raise AskingFailed(address, "it must be https")

    def _ask(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        self.check_address(address)
        sent = {"accept": "application/json", **headers}
        try:
            with urllib3.PoolManager(timeout=_TIMEOUT, retries=False) as pool:
                answer = pool.request(method, address, headers=sent, body=body, redirect=False, preload_content=False)
                return Answer(answer.status, _read_bounded(answer, address))
        except urllib3.exceptions.HTTPError as failure:
            raise AskingFailed(address, type(failure).__name__) from failure


def _read_bounded(answer: urllib3.BaseHTTPResponse, address: str) -> bytes:
    """Bounded in size and in time: a drop every four seconds would pass every single time limit."""
    body, until = bytearray(), time.monotonic() + TOTAL_SECONDS
    for chunk in answer.stream(_CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise AskingFailed(address, f"its document is over {MAX_BYTES} bytes")
        if time.monotonic() > until:
            raise AskingFailed(address, f"it took over {TOTAL_SECONDS} s")
    return bytes(body)
