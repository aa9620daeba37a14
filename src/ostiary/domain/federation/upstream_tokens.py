"""Is this ID token the provider's answer to our question, to nobody else, and just made?

OpenID Connect Core 1.0 section 3.1.3.7, strictly: one audience, asymmetric signatures, our nonce.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ostiary.domain.federation.errors import InvalidIdentityToken, IssuerUnreachable
from ostiary.domain.federation.index import TrustEntry
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.upstream import UpstreamProvider, methods_of
from ostiary.domain.federation.upstream_errors import UpstreamUnavailable
from ostiary.domain.federation.web_identity import LEEWAY, check_type, subject_of
from ostiary.kit.crypto.jose import (
    JoseError,
    UnknownKeyError,
    Verified,
    check_audience,
    check_issuer,
    check_times,
    verify_jwt,
)

ALGORITHMS = frozenset({"RS256", "ES256", "PS256"})
_NEWEST = timedelta(minutes=10)
_MAX_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Vouched:
    """Whom the provider vouches for. `email` is empty when it does not say that the address is verified."""

    provider: UpstreamProvider
    subject: str
    email: str
    methods: tuple[str, ...]


class UpstreamTokens:
    def __init__(self, keys: IssuerKeys) -> None:
        self._keys = keys

    def verify(self, token: str, provider: UpstreamProvider, *, nonce: str, jwks_uri: str, now: datetime) -> Vouched:
        """Raises InvalidIdentityToken, UpstreamUnavailable."""
        try:
            verified = self._check_signature(token, provider, jwks_uri, now)
            check_type(verified.header)
            _check_claims(verified.claims, provider, nonce, now)
        except JoseError as failure:
            raise InvalidIdentityToken("the provider's token is not valid", operator_text=failure.operator) from None
        except IssuerUnreachable as failure:
            raise UpstreamUnavailable(failure.operator_text) from None
        claims = verified.claims
        return Vouched(provider, subject_of(claims), _verified_email(claims), methods_of(provider, claims))

    def _check_signature(self, token: str, provider: UpstreamProvider, jwks_uri: str, now: datetime) -> Verified:
        # A trust of no account: the same keys let no machine in.
        trust = TrustEntry(
            IssuerTrust(f"upstream:{provider.name}", provider.issuer, (provider.client_id,), now, jwks_uri=jwks_uri)
        )
        try:
            return verify_jwt(token, self._keys.keys(trust, now=now), algorithms=ALGORITHMS)
        except UnknownKeyError:
            return verify_jwt(token, self._keys.keys_after_miss(trust, now=now), algorithms=ALGORITHMS)


def _check_claims(claims: Mapping[str, Any], provider: UpstreamProvider, nonce: str, now: datetime) -> None:
    check_issuer(claims, provider.issuer)
    check_audience(claims, provider.client_id, exclusive=True)
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise JoseError("the token was made for another client")
    check_times(claims, now=now, leeway=LEEWAY)
    _check_since(claims, "iat", now - _NEWEST)
    given = claims.get("nonce")
    if not isinstance(given, str) or not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), nonce.encode()):
        raise JoseError("the token answers another question: its `nonce` is not ours")
    if provider.max_age_minutes is not None:
        _check_since(claims, "auth_time", now - timedelta(minutes=provider.max_age_minutes))


def _check_since(claims: Mapping[str, Any], name: str, earliest: datetime) -> None:
    moment = claims.get(name)
    if isinstance(moment, bool) or not isinstance(moment, int | float):
        raise JoseError(f"the token has no `{name}`")
    if moment < (earliest - LEEWAY).timestamp():
        raise JoseError(f"the token's `{name}` is too long ago", f"`{name}` is {moment:.0f}")


def _verified_email(claims: Mapping[str, Any]) -> str:
    """Core section 5.1: `email_verified` is a JSON boolean; the text "true" of some providers is not believed."""
    email = claims.get("email")
    if claims.get("email_verified") is not True or not isinstance(email, str) or len(email) > _MAX_EMAIL:
        return ""
    return email
