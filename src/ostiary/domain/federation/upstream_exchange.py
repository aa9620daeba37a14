"""How is a provider asked who somebody is, and when is its answer believed? Authorization code with PKCE.

RFC 6749 section 4.1, RFC 7636, RFC 9207, OpenID Connect Core 1.0 section 3.1. At most `MOST_AT_ONCE` requests wait for
providers: one that is slow takes a few threads of a worker, not all, so other ways in go on (BP01-15, BP01-16).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from urllib.parse import quote, urlencode

import msgspec

from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.federation.errors import InvalidIdentityToken, IssuerUnreachable
from ostiary.domain.federation.ports import UpstreamConnection
from ostiary.domain.federation.upstream import UpstreamProvider, secret_identity
from ostiary.domain.federation.upstream_errors import UnknownUpstream, UpstreamRefused, UpstreamUnavailable
from ostiary.domain.federation.upstream_index import UpstreamIndex
from ostiary.domain.federation.upstream_metadata import Endpoints, UpstreamMetadata
from ostiary.domain.federation.upstream_state import Asked, UpstreamStates
from ostiary.domain.federation.upstream_tokens import UpstreamTokens, Vouched
from ostiary.kit.crypto.jose_form import encode_base64url
from ostiary.kit.current import Current
from ostiary.kit.redaction import Secret

MOST_AT_ONCE = 8
_MAX_CODE = 4096


@dataclass(frozen=True, slots=True)
class Answered:
    """What the browser brought back, as it came; `issuer` None when there was no `iss`."""

    state: str
    code: str
    issuer: str | None = None
    error: str = ""


class _Tokens(msgspec.Struct, frozen=True):
    id_token: str


class UpstreamExchange:
    """`issuer` is this server's own URL without a slash at its end."""

    def __init__(
        self,
        *,
        index: Current[UpstreamIndex],
        connection: UpstreamConnection,
        tokens: UpstreamTokens,
        keys: Current[ServerKeys],
        issuer: str,
    ) -> None:
        self._index = index
        self._connection = connection
        self._metadata = UpstreamMetadata(connection)
        self._tokens = tokens
        self._states = UpstreamStates(keys)
        self._keys = keys
        self._issuer = issuer
        self._slots = threading.BoundedSemaphore(MOST_AT_ONCE)

    def providers(self) -> tuple[UpstreamProvider, ...]:
        return tuple(self._index.value.providers.values())

    def provider(self, name: str) -> UpstreamProvider:
        """Raises UnknownUpstream."""
        found = self._index.value.providers.get(name)
        if found is None:
            raise UnknownUpstream
        return found

    def leave(self, provider: UpstreamProvider, binding: str, return_to: str, now: datetime) -> str:
        """Where the browser goes. Raises UpstreamUnavailable."""
        with self._slot():
            endpoints = self._metadata.endpoints(provider, now)
        asked = self._states.new(provider.name, return_to, now)
        parameters = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": self._redirect_uri(provider),
            "scope": " ".join(dict.fromkeys(("openid", *provider.scopes))),
            "state": self._states.seal(asked, binding),
            "nonce": asked.nonce,
            "code_challenge": encode_base64url(sha256(asked.verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        if provider.mfa_acr or provider.phishing_resistant_acr:
            parameters["acr_values"] = " ".join((*provider.phishing_resistant_acr, *provider.mfa_acr))
        if provider.max_age_minutes is not None:
            parameters["max_age"] = str(provider.max_age_minutes * 60)
        joined = "&" if "?" in endpoints.authorization else "?"
        return f"{endpoints.authorization}{joined}{urlencode(parameters, quote_via=quote)}"

    def open_state(self, provider: UpstreamProvider, answered: Answered, binding: str, now: datetime) -> Asked:
        """The question that this answers. To be spent before anything else. Raises UpstreamRefused."""
        return self._states.open(answered.state, provider.name, binding, now)

    def vouched(self, provider: UpstreamProvider, answered: Answered, asked: Asked, now: datetime) -> Vouched:
        """Whom the provider vouches for; `asked` is spent. Raises UpstreamRefused, UpstreamUnavailable."""
        with self._slot():
            endpoints = self._metadata.endpoints(provider, now)
            _check_issuer(provider, endpoints, answered)
            if answered.error:
                raise UpstreamRefused(f"the provider answered `{answered.error[:100]}`")
            if not 0 < len(answered.code) <= _MAX_CODE:
                raise UpstreamRefused("the answer has no code")
            token = self._exchange(provider, endpoints, answered.code, asked)
            try:
                return self._tokens.verify(token, provider, nonce=asked.nonce, jwks_uri=endpoints.jwks_uri, now=now)
            except InvalidIdentityToken as failure:
                raise UpstreamRefused(f"the ID token was refused: {failure.operator_text}") from None

    def _exchange(self, provider: UpstreamProvider, endpoints: Endpoints, code: str, asked: Asked) -> str:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri(provider),
            "code_verifier": asked.verifier,
        }
        try:
            body = self._connection.exchange(
                endpoints.token, fields, client_id=provider.client_id, client_secret=self._secret(provider)
            )
            return msgspec.json.decode(body, type=_Tokens).id_token
        except IssuerUnreachable as failure:
            raise UpstreamUnavailable(failure.operator_text) from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise UpstreamRefused("the token endpoint's answer has no ID token") from None

    def _secret(self, provider: UpstreamProvider) -> Secret:
        opened = self._keys.value.keyring.open(provider.sealed_secret, identity=secret_identity(provider.name))
        return Secret(opened.decode())

    def _redirect_uri(self, provider: UpstreamProvider) -> str:
        """One for each provider, so an answer cannot be taken for another one's (RFC 9700 section 4.4.2.2)."""
        return f"{self._issuer}/signin/with/{provider.name}/callback"

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise UpstreamUnavailable(f"{MOST_AT_ONCE} requests wait for providers already")
        try:
            yield
        finally:
            self._slots.release()


def _check_issuer(provider: UpstreamProvider, endpoints: Endpoints, answered: Answered) -> None:
    """RFC 9207 section 2.4."""
    if answered.issuer is None and endpoints.says_issuer:
        raise UpstreamRefused("the answer does not say which provider gave it")
    if answered.issuer is not None and answered.issuer != provider.issuer:
        raise UpstreamRefused(f"the answer is of another provider: `{answered.issuer[:200]}`")
