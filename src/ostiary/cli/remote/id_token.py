"""Is this ID token the server's answer to our question? OpenID Connect Core 1.0 sections 3.1.3.7 and 12.2."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ostiary.cli.remote.errors import SignInFailed
from ostiary.cli.remote.server import CLIENT_ID
from ostiary.kit.crypto.jose import JoseError, KeySet, check_audience, check_issuer, check_times, verify_jwt

_ALGORITHMS = frozenset({"ES256", "RS256"})
_LEEWAY = timedelta(minutes=2)  # what the clock of a person's machine may be wrong by


@dataclass(frozen=True, slots=True)
class Proved:
    """Who signed in, how (`amr`, RFC 8176) and when (seconds since 1970)."""

    subject: str
    user_name: str
    name: str
    methods: tuple[str, ...]
    authenticated_at: int


def check_id_token(token: str, keys: KeySet, *, issuer: str, nonce: str | None, now: datetime) -> Proved:
    """`nonce` is what was sent with the request, None when the flow has none. Raises SignInFailed."""
    try:
        claims = verify_jwt(token, keys, algorithms=_ALGORITHMS, typ="JWT").claims
        check_issuer(claims, issuer)
        check_audience(claims, CLIENT_ID, exclusive=True)
        check_times(claims, now=now, leeway=_LEEWAY)
        _check_nonce(claims, nonce)
        return _proved(claims)
    except JoseError as refused:
        raise SignInFailed(f"the server's ID token is refused: {refused}") from None


def _check_nonce(claims: Mapping[str, Any], nonce: str | None) -> None:
    if nonce is not None and claims.get("nonce") != nonce:
        raise JoseError("the token answers another question")


def _proved(claims: Mapping[str, Any]) -> Proved:
    subject, methods, proved_at = claims.get("sub"), claims.get("amr"), claims.get("auth_time")
    if not isinstance(subject, str) or not isinstance(methods, list) or not isinstance(proved_at, int):
        raise JoseError("the token does not say who signed in, how and when")
    return Proved(
        subject=subject,
        user_name=str(claims.get("preferred_username", "")),
        name=str(claims.get("name", "")),
        methods=tuple(str(method) for method in methods),
        authenticated_at=proved_at,
    )
