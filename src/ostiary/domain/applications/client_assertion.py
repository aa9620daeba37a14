"""Does this signed assertion prove the application? RFC 7523 sections 2.2 and 3, RFC 8725."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ostiary.domain.applications.errors import ClientRefused
from ostiary.kit.clock import from_micros
from ostiary.kit.crypto.jose import (
    JoseError,
    KeySet,
    check_audience,
    check_issuer,
    check_times,
    unverified_issuer,
    verify_jwt,
)

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = frozenset({"ES256", "RS256", "PS256", "EdDSA"})
LEEWAY = timedelta(seconds=10)
MAX_LIFE = timedelta(minutes=5)
# Other kinds of JWT that the same key may sign (request objects, DPoP proofs) are no client assertions.
_TYPES = frozenset({"jwt", "client-authentication+jwt", "application/client-authentication+jwt"})
_MAX_JTI = 256


@dataclass(frozen=True, slots=True)
class ProvedAssertion:
    """Good once: whoever accepts it must remember `jti` until `expires_at`."""

    jti: str
    expires_at: datetime


def client_named_by(assertion: str) -> str:
    """Whom the unverified assertion names, to find the keys that verify it. Raises ClientRefused."""
    try:
        return unverified_issuer(assertion)
    except JoseError as refused:
        raise ClientRefused(refused.operator) from None


def check_assertion(
    assertion: str, keys: KeySet, *, client_id: str, audiences: frozenset[str], now: datetime
) -> ProvedAssertion:
    """Raises ClientRefused; single use is still to be checked."""
    try:
        verified = verify_jwt(assertion, keys, algorithms=ALGORITHMS)
        _check_type(verified.header)
        claims = verified.claims
        check_issuer(claims, client_id)
        _check_subject(claims, client_id)
        check_audience(claims, audiences, exclusive=True)
        check_times(claims, now=now, leeway=LEEWAY)
        return ProvedAssertion(_jti(claims), _end_of(claims, now))
    except JoseError as refused:
        raise ClientRefused(f"client assertion: {refused.operator}") from None


def _check_type(header: Mapping[str, Any]) -> None:
    typ = header.get("typ", "JWT")
    if not isinstance(typ, str) or typ.lower() not in _TYPES:
        raise JoseError("the token is of another type", f"`typ` is {typ!r:.60}")


def _check_subject(claims: Mapping[str, Any], client_id: str) -> None:
    if claims.get("sub") != client_id:
        raise JoseError("`sub` is not the client")


def _jti(claims: Mapping[str, Any]) -> str:
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= _MAX_JTI:
        raise JoseError(f"`jti` must be a text of 1 to {_MAX_JTI} characters")
    return jti


def _end_of(claims: Mapping[str, Any], now: datetime) -> datetime:
    """When nothing accepts the assertion any more; `check_times` has read `exp` and `iat`.

    Libraries make assertions for an hour by default: such a one is taken, but no longer than ours live.
    """
    longest = MAX_LIFE.total_seconds()
    made = claims.get("iat", claims["exp"] - longest)
    age = now.timestamp() - made
    if not -longest < age < longest + LEEWAY.total_seconds():
        raise JoseError("the assertion is too old or lives too long", f"made {age:.0f} s ago, exp {claims['exp']:.0f}")
    return from_micros(int(min(claims["exp"], made + longest) * 1_000_000)) + 2 * LEEWAY
