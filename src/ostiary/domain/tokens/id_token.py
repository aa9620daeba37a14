"""What does an application get told about a sign-in, and when is a shown ID token one of ours?

OpenID Connect Core 1.0 sections 2 and 3.1.3.6 (`at_hash`), RP-Initiated Logout 1.0 section 2 (the token as a hint).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from ostiary.domain.applications.model import Application
from ostiary.domain.tokens.access_token import OnBehalfOf, assurance_claims
from ostiary.domain.tokens.person_claims import ClaimValue
from ostiary.kit.clock import to_micros
from ostiary.kit.crypto.jose import JoseError, KeySet, SigningKey, check_issuer, sign_jwt, verify_jwt
from ostiary.kit.crypto.jose_form import encode_base64url

LIFE = timedelta(minutes=10)
TYPE = "JWT"
ALGORITHMS = frozenset({"ES256", "RS256"})


@dataclass(frozen=True, slots=True)
class Hint:
    """An ID token that we once issued, perhaps long expired: it proves nothing but what it was."""

    client_id: str
    person_id: str
    session_id: str


def mint(
    key: SigningKey,
    *,
    issuer: str,
    application: Application,
    proved: OnBehalfOf,
    released: Mapping[str, ClaimValue],
    access_token: str,
    nonce: str,
    now: datetime,
) -> str:
    issued_at = to_micros(now) // 1_000_000
    claims: dict[str, Any] = {
        # INVARIANT: what was released comes first, so that no attribute can override a claim of the protocol.
        **released,
        "iss": issuer,
        "sub": proved.person_id,
        "aud": application.client_id,
        "exp": issued_at + int(LIFE.total_seconds()),
        "iat": issued_at,
        "sid": proved.session_id,
        "at_hash": encode_base64url(sha256(access_token.encode("ascii")).digest()[:16]),
        **assurance_claims(proved),
    }
    if nonce:
        claims["nonce"] = nonce
    return sign_jwt(key, claims, typ=TYPE)


def read_hint(token: str, keys: KeySet, *, issuer: str) -> Hint:
    """Signature, type and issuer hold; expiry is not asked (RP-Initiated Logout 1.0 section 4). Raises JoseError."""
    claims = verify_jwt(token, keys, algorithms=ALGORITHMS, typ=TYPE).claims
    check_issuer(claims, issuer)
    client_id, person_id, session_id = (claims.get(name) for name in ("aud", "sub", "sid"))
    if not isinstance(client_id, str) or not isinstance(person_id, str) or not isinstance(session_id, str):
        raise JoseError("the token is not one of our ID tokens")
    return Hint(client_id, person_id, session_id)
