"""Where do an outside issuer's keys come from? Fetched over the network: bounded in size and time, no redirects.

OpenID Connect Discovery 1.0 section 4. An address from a discovery document must be https like the issuer itself, so a
document cannot send this server into the inner network by plain http; on loopback http is allowed in development.
"""

from __future__ import annotations

import time
from urllib.parse import urlsplit

import msgspec
import urllib3

from ostiary.app.settings import is_loopback
from ostiary.domain.federation.errors import IssuerUnreachable
from ostiary.domain.federation.model import IssuerTrust

_MAX_BYTES = 256 * 1024
_TIMEOUT = urllib3.Timeout(connect=3.0, read=5.0)
_TOTAL_SECONDS = 10.0
_CHUNK = 16 * 1024
_OK = 200


class _Discovery(msgspec.Struct):
    issuer: str
    jwks_uri: str


class HttpKeySource:
    def __init__(self, *, development: bool) -> None:
        self._development = development

    def fetch(self, trust: IssuerTrust) -> bytes:
        """The JWKS document's bytes. Raises IssuerUnreachable."""
        address = trust.jwks_uri or self._discovered(trust)
        return self._get(address)

    def _discovered(self, trust: IssuerTrust) -> str:
        body = self._get(trust.issuer.rstrip("/") + "/.well-known/openid-configuration")
        try:
            found = msgspec.json.decode(body, type=_Discovery)
        except msgspec.MsgspecError as failure:
            raise _unreachable(trust.issuer, "its discovery document cannot be read") from failure
        if found.issuer != trust.issuer:
            raise _unreachable(trust.issuer, "its discovery document names another issuer")
        return found.jwks_uri

    def _get(self, address: str) -> bytes:
        self._check_address(address)
        try:
            with urllib3.PoolManager(timeout=_TIMEOUT, retries=False) as pool:
                answer = pool.request(
                    "GET", address, headers={"accept": "application/json"}, redirect=False, preload_content=False
                )
                if answer.status != _OK:
                    raise _unreachable(address, f"it answered {answer.status}")
                return _read_bounded(answer, address)
        except urllib3.exceptions.HTTPError as failure:
            raise _unreachable(address, type(failure).__name__) from failure

    def _check_address(self, address: str) -> None:
        try:
            parts = urlsplit(address)
            host, loopback = parts.hostname, is_loopback(parts.hostname or "")
        except ValueError as failure:
            raise _unreachable(address, "the address cannot be read") from failure
        plain_allowed = parts.scheme == "http" and loopback and self._development
        if not host or (parts.scheme != "https" and not plain_allowed):
            raise _unreachable(address, "it must be https")


def _read_bounded(answer: urllib3.BaseHTTPResponse, address: str) -> bytes:
    """Bounded in size and in time: a drop every four seconds would pass every single time limit."""
    body, until = bytearray(), time.monotonic() + _TOTAL_SECONDS
    for chunk in answer.stream(_CHUNK):
        body += chunk
        if len(body) > _MAX_BYTES:
            raise _unreachable(address, f"its document is over {_MAX_BYTES} bytes")
        if time.monotonic() > until:
            raise _unreachable(address, f"it took over {_TOTAL_SECONDS} s")
    return bytes(body)


def _unreachable(address: str, why: str) -> IssuerUnreachable:
    return IssuerUnreachable("the issuer's keys cannot be fetched", operator_text=f"keys from `{address[:200]}`: {why}")
