"""Where do an outside issuer's keys come from? Fetched over the network: bounded in size and time, no redirects.

OpenID Connect Discovery 1.0 section 4.
"""

from __future__ import annotations

import msgspec

from ostiary.app.bounded_http import AskingFailed, BoundedHttp
from ostiary.domain.federation.errors import IssuerUnreachable
from ostiary.domain.federation.model import IssuerTrust

_OK = 200


class _Discovery(msgspec.Struct):
    issuer: str
    jwks_uri: str


class HttpKeySource:
    def __init__(self, *, development: bool) -> None:
        self._http = BoundedHttp(development=development)

    def fetch(self, trust: IssuerTrust) -> bytes:
        """The JWKS document's bytes. Raises IssuerUnreachable."""
        address = trust.jwks_uri or self._discovered(trust)
        return fetched(self._http, address)

    def _discovered(self, trust: IssuerTrust) -> str:
        body = fetched(self._http, discovery_address(trust.issuer))
        try:
            found = msgspec.json.decode(body, type=_Discovery)
        except (msgspec.MsgspecError, UnicodeDecodeError) as failure:
            raise _unreachable(f"`{trust.issuer[:200]}`: its discovery document cannot be read") from failure
        if found.issuer != trust.issuer:
            raise _unreachable(f"`{trust.issuer[:200]}`: its discovery document names another issuer")
        return found.jwks_uri


def discovery_address(issuer: str) -> str:
    return issuer.rstrip("/") + "/.well-known/openid-configuration"


def fetched(http: BoundedHttp, address: str) -> bytes:
    """Raises IssuerUnreachable."""
    try:
        answer = http.get(address)
    except AskingFailed as failure:
        raise _unreachable(str(failure)) from failure
    if answer.status != _OK:
        raise _unreachable(f"`{address[:200]}`: it answered {answer.status}")
    return answer.body


def _unreachable(why: str) -> IssuerUnreachable:
    return IssuerUnreachable("the issuer's keys cannot be fetched", operator_text=f"keys from {why}")
