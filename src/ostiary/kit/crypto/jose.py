"""How is a JWT signed, and when is one believed? The one JOSE layer: every door that takes a JWT comes through here.

RFC 7515 (JWS, compact form only), RFC 7519 (JWT), RFC 8725 (best practices). `verify_jwt` checks signature and form;
time, issuer and audience are separate small checks, because each profile combines them differently. A token that a
caller has not passed through all of them means nothing yet.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from ostiary.kit.crypto.jose_form import (
    JoseError,
    UnknownKeyError,
    decode_base64url,
    encode_base64url,
    parse_object,
)
from ostiary.kit.crypto.jose_keys import (
    ALGORITHMS,
    KeySet,
    SigningAlgorithm,
    SigningKey,
    VerificationKey,
    check_kid,
    parse_jwks,
    thumbprint,
)

__all__ = [
    "ALGORITHMS",
    "JoseError",
    "KeySet",
    "SigningAlgorithm",
    "SigningKey",
    "UnknownKeyError",
    "VerificationKey",
    "Verified",
    "check_audience",
    "check_issuer",
    "check_times",
    "parse_jwks",
    "sign_jwt",
    "thumbprint",
    "unverified_issuer",
    "verify_jwt",
]

MAX_TOKEN = 16_384
_PARTS = 3
# Keys that a token brings along prove nothing; extensions that we do not do must not be passed over in silence.
_REFUSED_HEADERS = ("jwk", "jku", "x5u", "x5c", "crit", "b64", "zip")
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Verified:
    """A token whose signature and form hold; who it is for and whether it is in time is still to be checked."""

    header: Mapping[str, Any]
    claims: Mapping[str, Any]


def sign_jwt(key: SigningKey, claims: Mapping[str, Any], *, typ: str = "JWT") -> str:
    """The compact form. `typ` is one of the few constants of the code, never a caller's text."""
    body = f"{key.header_for(typ)}.{encode_base64url(_encoder.encode(dict(claims)))}"
    return f"{body}.{encode_base64url(key.sign(body.encode('ascii')))}"


def verify_jwt(
    token: str, keys: KeySet, *, algorithms: frozenset[str], typ: str | frozenset[str] | None = None
) -> Verified:
    """Header and claims of a token signed by one of `keys`, with one of `algorithms`. Raises JoseError.

    With `typ` the header must carry that type (RFC 8725 section 3.11), which keeps kinds of tokens apart.
    """
    header, body, signature = _split(token)
    alg = _check_header(header, algorithms, typ)
    kid = check_kid(header["kid"]) if "kid" in header else None
    keys.find(alg, kid).check_signature(alg, body.encode("ascii"), decode_base64url(signature, "the signature"))
    return Verified(header=header, claims=_claims(body))


def unverified_issuer(token: str) -> str:
    """Whom an unverified token names as `iss`: for choosing whose keys to try, and for nothing else.

    Raises JoseError.
    """
    _, body, _ = _split(token)
    issuer = _claims(body).get("iss")
    if not isinstance(issuer, str):
        raise JoseError("the token has no `iss`")
    return issuer


def check_times(
    claims: Mapping[str, Any],
    *,
    now: datetime,
    leeway: timedelta,
    require_exp: bool = True,
    max_life: timedelta | None = None,
) -> None:
    """RFC 7519 sections 4.1.4 to 4.1.6; with `max_life` the token must not have been made for longer than that."""
    at, slack = now.timestamp(), leeway.total_seconds()
    exp, nbf, iat = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if exp is None and (require_exp or max_life is not None):
        raise JoseError("the token has no `exp`")
    if exp is not None and at >= exp + slack:
        raise JoseError("the token has expired", f"the token expired at {exp:.0f}, it is {at:.0f}")
    for name, moment in (("nbf", nbf), ("iat", iat)):
        if moment is not None and moment > at + slack:
            raise JoseError(f"the token's `{name}` is in the future", f"`{name}` is {moment:.0f}, it is {at:.0f}")
    if max_life is not None and exp is not None:
        _check_life(exp=exp, made=at + slack if iat is None else iat, most=max_life.total_seconds())


def check_issuer(claims: Mapping[str, Any], expected: str) -> None:
    """RFC 7519 section 4.1.1: the same text, character by character."""
    issuer = claims.get("iss")
    if not isinstance(issuer, str) or issuer != expected:
        raise JoseError("the token is from another issuer", f"`iss` is {issuer!r:.200} and not `{expected[:200]}`")


def check_audience(claims: Mapping[str, Any], expected: str | Collection[str], *, exclusive: bool) -> None:
    """RFC 7519 section 4.1.3: one of `expected` is meant; with `exclusive` nobody else is."""
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or not all(isinstance(item, str) for item in named):
        raise JoseError("`aud` is neither a text nor a list of texts")
    accepted = {expected} if isinstance(expected, str) else set(expected)
    if accepted.isdisjoint(named):
        raise JoseError("the token is for another audience", f"`aud` is {named!r:.300}")
    if exclusive and len(named) != 1:
        raise JoseError("the token is for several audiences", f"`aud` is {named!r:.300}")


def _split(token: str) -> tuple[dict[str, Any], str, str]:
    """The parsed header, the signed text, and the encoded signature."""
    if len(token) > MAX_TOKEN:
        raise JoseError(f"the token is longer than {MAX_TOKEN} characters")
    parts = token.split(".")
    if len(parts) != _PARTS or not all(parts) or not token.isascii():
        raise JoseError("the token is not a signed JWT of three parts")
    header = parse_object(decode_base64url(parts[0], "the header"), "the header")
    return header, f"{parts[0]}.{parts[1]}", parts[2]


def _claims(body: str) -> dict[str, Any]:
    return parse_object(decode_base64url(body.partition(".")[2], "the payload"), "the payload")


def _check_header(header: Mapping[str, Any], algorithms: frozenset[str], typ: str | frozenset[str] | None) -> str:
    for name in _REFUSED_HEADERS:
        if name in header:
            raise JoseError(f"the header has `{name}`, which is not accepted")
    alg = header.get("alg")
    # INVARIANT: what we can do bounds what the caller allows; no list of a caller lets `none` or HMAC in.
    if not isinstance(alg, str) or alg not in algorithms & ALGORITHMS:
        raise JoseError("the token's algorithm is not accepted", f"`alg` is {alg!r:.60}")
    if typ is not None:
        _check_type(header.get("typ"), {typ} if isinstance(typ, str) else typ)
    return alg


def _check_type(found: object, accepted: Collection[str]) -> None:
    """RFC 7515 section 4.1.9: media types ignore case, and `application/` may be left out."""
    if not isinstance(found, str) or _short_type(found) not in {_short_type(item) for item in accepted}:
        raise JoseError("the token is of another type", f"`typ` is {found!r:.60}")


def _short_type(media_type: str) -> str:
    return media_type.lower().removeprefix("application/")


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise JoseError(f"`{name}` is not a time in seconds")
    return float(value)


def _check_life(*, exp: float, made: float, most: float) -> None:
    if exp - made > most:
        raise JoseError(f"the token lives longer than {most:.0f} seconds", f"it lives {exp - made:.0f} seconds")
