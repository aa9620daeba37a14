"""Where does an upstream provider ask, exchange and publish its keys? OpenID Connect Discovery 1.0 section 4."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec

from ostiary.domain.federation.errors import IssuerUnreachable
from ostiary.domain.federation.fetching import FetchFailed, Fetching
from ostiary.domain.federation.ports import UpstreamConnection
from ostiary.domain.federation.upstream import UpstreamProvider
from ostiary.domain.federation.upstream_errors import UpstreamUnavailable


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`says_issuer`: each of its answers names it, and one that does not is refused (RFC 9207 section 2.4)."""

    authorization: str
    token: str
    jwks_uri: str
    says_issuer: bool = False


class _Document(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    authorization_response_iss_parameter_supported: bool = False


class UpstreamMetadata:
    def __init__(self, connection: UpstreamConnection) -> None:
        self._connection = connection
        self._fetching: Fetching[Endpoints] = Fetching()

    def endpoints(self, provider: UpstreamProvider, now: datetime) -> Endpoints:
        """Raises UpstreamUnavailable."""
        if provider.authorization_endpoint:
            return Endpoints(provider.authorization_endpoint, provider.token_endpoint, provider.jwks_uri)
        try:
            return self._fetching.value((provider.name, provider.issuer), lambda: self._discover(provider), now)
        except FetchFailed as failure:
            raise UpstreamUnavailable(f"metadata of `{provider.issuer}`: {failure}") from None

    def _discover(self, provider: UpstreamProvider) -> Endpoints:
        try:
            body = self._connection.discover(provider.issuer)
            found = msgspec.json.decode(body, type=_Document)
            for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                self._connection.check_address(address)
        except IssuerUnreachable as failure:
            raise FetchFailed(failure.operator_text) from failure
        except (msgspec.MsgspecError, UnicodeDecodeError) as failure:
            raise FetchFailed("its discovery document cannot be read") from failure
        # INVARIANT: Discovery section 4.3, the same text; else one provider could speak for another (mix-up).
        if found.issuer != provider.issuer:
            raise FetchFailed("its discovery document names another issuer")
        says = found.authorization_response_iss_parameter_supported
        return Endpoints(found.authorization_endpoint, found.token_endpoint, found.jwks_uri, says_issuer=says)
