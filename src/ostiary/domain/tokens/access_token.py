"""What is in an access token, and when is one of ours still good? RFC 9068 (form), RFC 8725, RFC 9700 section 2.2.

Access tokens have no row: they live for ten minutes, and a token that must die earlier is caught by the epochs of its
person, application, browser session, family or of itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ostiary.domain.applications.model import Application
from ostiary.domain.applications.scopes import OPENID
from ostiary.domain.audit.caller import Assurance
from ostiary.domain.sessions.errors import SessionRevoked
from ostiary.domain.sessions.model import EpochKind
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.signin_policy.acr import name_of
from ostiary.domain.tokens.errors import AccessTokenInvalid
from ostiary.kit import ids
from ostiary.kit.clock import from_micros, to_micros
from ostiary.kit.crypto.jose import (
    JoseError,
    KeySet,
    SigningKey,
    check_audience,
    check_issuer,
    check_times,
    sign_jwt,
    verify_jwt,
)

LIFE = timedelta(minutes=10)
TYPE = "at+jwt"
ALGORITHM = "ES256"
_MICROS = 1_000_000
_NO_LEEWAY = timedelta(0)


@dataclass(frozen=True, slots=True)
class OnBehalfOf:
    """The person and the sign-in that a token stands for."""

    person_id: str
    session_id: str
    family_id: str
    methods: tuple[str, ...]
    authenticated_at: datetime
    acr: str = ""


@dataclass(frozen=True, slots=True)
class MintedToken:
    """`text` must not leave before its event is durable."""

    text: str
    jti: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A verified one. `session_id` and `family_id` are empty when an application acts for itself."""

    jti: str
    client_id: str
    subject: str
    audience: tuple[str, ...]
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    session_id: str = ""
    family_id: str = ""
    methods: tuple[str, ...] = ()
    authenticated_at: int | None = None

    @property
    def of_person(self) -> bool:
        return bool(self.session_id)


def mint(
    key: SigningKey,
    *,
    issuer: str,
    application: Application,
    scopes: Sequence[str],
    now: datetime,
    on_behalf_of: OnBehalfOf | None = None,
    audience: str = "",
) -> MintedToken:
    """`audience` is who alone may take it, instead of the application's resource server."""
    jti = ids.uuid7()
    micros = to_micros(now)
    issued_at = micros // _MICROS
    expires_at = issued_at + int(LIFE.total_seconds())
    claims: dict[str, Any] = {
        "iss": issuer,
        "sub": application.client_id,
        "aud": audience or _audience(application, scopes, issuer),
        "client_id": application.client_id,
        "exp": expires_at,
        "iat": issued_at,
        # Seconds are too coarse for epochs: whoever signs in again in the second of a revocation must not be caught.
        "iat_us": micros,
        "jti": jti,
        "scope": " ".join(scopes),
    }
    if on_behalf_of is not None:
        claims |= {
            "sub": on_behalf_of.person_id,
            "sid": on_behalf_of.session_id,
            "family": on_behalf_of.family_id,
            **assurance_claims(on_behalf_of),
        }
    return MintedToken(sign_jwt(key, claims, typ=TYPE), jti, from_micros(expires_at * _MICROS))


def assurance_claims(proved: OnBehalfOf) -> dict[str, Any]:
    """OpenID Connect Core 1.0 section 2; `acr` by the name that was asked for, else by that of the level reached."""
    claims: dict[str, Any] = {
        "auth_time": to_micros(proved.authenticated_at) // _MICROS,
        "amr": list(proved.methods),
    }
    if acr := proved.acr or name_of(Assurance(proved.methods)):
        claims["acr"] = acr
    return claims


def verify(token: str, keys: KeySet, *, issuer: str, now: datetime, revocations: RevocationIndex) -> AccessToken:
    """One that we signed, in time and not revoked; for whom it is must still be checked. Raises AccessTokenInvalid."""
    try:
        # INVARIANT: the type keeps ID tokens, which the same keys sign, from being taken for access tokens.
        claims = verify_jwt(token, keys, algorithms=frozenset({ALGORITHM}), typ=TYPE).claims
        check_issuer(claims, issuer)
        check_times(claims, now=now, leeway=_NO_LEEWAY, max_life=LIFE)
        found = _read(claims)
        revocations.check_not_revoked(_subjects(found), issued_at=found.issued_at)
    except JoseError as refused:
        raise AccessTokenInvalid(refused.operator) from None
    except SessionRevoked as revoked:
        raise AccessTokenInvalid(revoked.operator_text) from None
    return found


def check_for_us(token: AccessToken, issuer: str) -> None:
    """Raises AccessTokenInvalid for a token that only others may take."""
    try:
        check_audience({"aud": list(token.audience)}, issuer, exclusive=False)
    except JoseError as refused:
        raise AccessTokenInvalid(refused.operator) from None


def _audience(application: Application, scopes: Sequence[str], issuer: str) -> str | list[str]:
    """Its resource server; and us, when the token is good for our own userinfo endpoint."""
    if not application.audience:
        return issuer
    return [application.audience, issuer] if OPENID in scopes else application.audience


def _read(claims: Any) -> AccessToken:
    """We made it, so its claims have the right types; anything else is a bug and refused."""
    try:
        audience = claims["aud"]
        return AccessToken(
            jti=claims["jti"],
            client_id=claims["client_id"],
            subject=claims["sub"],
            audience=(audience,) if isinstance(audience, str) else tuple(audience),
            scopes=tuple(claims["scope"].split()),
            issued_at=from_micros(claims["iat_us"]),
            expires_at=from_micros(claims["exp"] * _MICROS),
            session_id=claims.get("sid", ""),
            family_id=claims.get("family", ""),
            methods=tuple(claims.get("amr", ())),
            authenticated_at=claims.get("auth_time"),
        )
    except (KeyError, TypeError, AttributeError) as missing:
        raise JoseError("the token is not an access token", f"its claims: {missing!r}") from None


def _subjects(token: AccessToken) -> list[tuple[str, str]]:
    subjects = [(EpochKind.APPLICATION.value, token.client_id), (EpochKind.TOKEN.value, token.jti)]
    if token.of_person:
        subjects += [
            (EpochKind.PERSON.value, token.subject),
            (EpochKind.SESSION.value, token.session_id),
            (EpochKind.TOKEN.value, token.family_id),
        ]
    return subjects
