"""Where are the server's doors, and what does it answer there? OpenID Connect Discovery 1.0, RFC 8414, RFC 9700.

Tokens go over TLS, or to this very machine; every address of the discovery document must be the server's own, so that
no document can send them elsewhere; redirects are not followed.
"""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import version
from typing import TypeVar
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import msgspec
import urllib3

from ostiary.cli.remote.errors import AddressRefused, ServerRefused, ServerUnreachable, shown
from ostiary.kit.crypto.jose import JoseError, KeySet, parse_jwks
from ostiary.kit.redaction import Secret

CLIENT_ID = "ostiary-cli"
SCOPE = "openid profile email offline_access"
_TIMEOUT = urllib3.Timeout(connect=5.0, read=15.0)
_MAX_BYTES = 256 * 1024
_OK, _BAD_REQUEST, _SERVER_ERROR = 200, 400, 500
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_BARE_HOST = re.compile(r"[A-Za-z0-9.-]+(?::[0-9]{1,5})?/?")
_FORM = "application/x-www-form-urlencoded"
_T = TypeVar("_T")


class Metadata(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    device_authorization_endpoint: str
    revocation_endpoint: str
    userinfo_endpoint: str
    jwks_uri: str


class TokenAnswer(msgspec.Struct, frozen=True):
    """RFC 6749 section 5.1. `repr` is empty, for it is all secrets."""

    access_token: str
    expires_in: int
    id_token: str = ""
    refresh_token: str = ""

    def __repr__(self) -> str:
        return "TokenAnswer()"


class _Refusal(msgspec.Struct, frozen=True):
    error: str = "server_error"
    error_description: str = ""


def checked_address(text: str) -> str:
    """Scheme and host without a slash at the end. Raises AddressRefused."""
    given = text.strip()
    address = (f"https://{given}" if _BARE_HOST.fullmatch(given) else given).rstrip("/")
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused(f"`{shown(text)}` is not an address: give it as https://id.example.org") from None
    bare = not (parts.path or parts.query or parts.fragment or parts.username is not None)
    if not host or not bare or parts.scheme not in {"https", "http"}:
        raise AddressRefused(f"`{shown(text)}` is not the address of a server: give it as https://id.example.org")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise AddressRefused(f"`{shown(text)}` is not https: tokens are sent in clear to this machine only")
    return f"{parts.scheme}://{parts.netloc.lower()}"


class RemoteServer:
    """`address` was checked by `checked_address`."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._pool = _pool_for(address)

    @cached_property
    def metadata(self) -> Metadata:
        body = self._ask("GET", f"{self.address}/.well-known/openid-configuration")
        found = _read(body, Metadata, "its discovery document")
        if found.issuer != self.address:
            raise ServerUnreachable(
                f"the server calls itself `{shown(found.issuer)}`, not `{self.address}`: sign in at that address"
            )
        for address in msgspec.structs.astuple(found)[1:]:
            if not address.startswith(self.address + "/"):
                raise ServerUnreachable(f"the server names the address `{shown(address)}`, which is not its own")
        return found

    def keys(self) -> KeySet:
        """What verifies its ID tokens."""
        try:
            return parse_jwks(self._ask("GET", self.metadata.jwks_uri))
        except JoseError as failure:
            raise ServerUnreachable(f"the keys of {self.address} cannot be read") from failure

    def tokens(self, fields: Mapping[str, str]) -> TokenAnswer:
        """Raises ServerRefused, ServerUnreachable."""
        return _read(self.post(self.metadata.token_endpoint, fields), TokenAnswer, "its answer")

    def refreshed(self, refresh_token: Secret) -> TokenAnswer:
        return self.tokens({"grant_type": "refresh_token", "refresh_token": refresh_token.reveal()})

    def revoke(self, token: Secret) -> None:
        """RFC 7009; a refresh token takes the access tokens of its sign-in along."""
        self.post(self.metadata.revocation_endpoint, {"token": token.reveal()})

    def user_info(self, access_token: Secret) -> dict[str, object]:
        """Raises ServerRefused `invalid_token` when the sign-in has ended."""
        headers = {"authorization": f"Bearer {access_token.reveal()}"}
        body = self._ask("GET", self.metadata.userinfo_endpoint, headers=headers)
        return _read(body, dict[str, object], "its answer")

    def post(self, address: str, fields: Mapping[str, str]) -> bytes:
        body = urlencode({"client_id": CLIENT_ID, **fields}).encode()
        return self._ask("POST", address, body=body, headers={"content-type": _FORM})

    def _ask(
        self, method: str, address: str, *, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> bytes:
        sent = {"accept": "application/json", "user-agent": user_agent(), **(headers or {})}
        try:
            answer = self._pool.request(
                method, address, body=body, headers=sent, redirect=False, retries=False, preload_content=False
            )
            content = _read_bounded(answer)
        except urllib3.exceptions.HTTPError as failure:
            raise ServerUnreachable(f"{self.address} cannot be reached: {_reason(failure)}") from failure
        if answer.status != _OK:
            raise _refusal(self.address, answer.status, content)
        return content


def user_agent() -> str:
    """Told to whoever approves a device code: which machine asks."""
    name = "".join(sign if sign.isascii() and sign.isprintable() else "?" for sign in platform.node()[:64])
    return f"ostiary-cli/{version('ostiary')} ({platform.system()}; {name or 'unnamed'})"


def _pool_for(address: str) -> urllib3.PoolManager:
    """Through the proxy that the environment names, as other tools do; never for this machine."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    proxy = getproxies().get(parts.scheme, "")
    if proxy and host not in _LOOPBACK and not proxy_bypass(host):
        return urllib3.ProxyManager(proxy, timeout=_TIMEOUT)
    return urllib3.PoolManager(timeout=_TIMEOUT)


def _read_bounded(answer: urllib3.BaseHTTPResponse) -> bytes:
    body = answer.read(_MAX_BYTES + 1)
    answer.release_conn()
    if len(body) > _MAX_BYTES:
        raise ServerUnreachable("the server's answer is too long to be one")
    return body


def _read(body: bytes, kind: type[_T], what: str) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.MsgspecError as failure:
        raise ServerUnreachable(f"{what} cannot be read: is this an Ostiary server?") from failure


def _refusal(address: str, status: int, content: bytes) -> ServerRefused | ServerUnreachable:
    if not _BAD_REQUEST <= status < _SERVER_ERROR:
        return ServerUnreachable(f"{address} answered {status}: is this an Ostiary server?")
    try:
        refusal = msgspec.json.decode(content or b"{}", type=_Refusal)
    except msgspec.MsgspecError:
        return ServerUnreachable(f"{address} answered {status}: is this an Ostiary server?")
    return ServerRefused(refusal.error, shown(refusal.error_description or refusal.error))


def _reason(failure: urllib3.exceptions.HTTPError) -> str:
    reason = getattr(failure, "reason", None) or failure
    return shown(reason, most=200).rpartition(": ")[2] or type(failure).__name__
