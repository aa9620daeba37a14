"""What is an authorization code and a refresh token? RFC 6749 sections 1.3.1 and 1.5, RFC 9700 section 4.14."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """Kept after use until it expires, so that a second use is seen and ends the tokens of the first."""

    code_hash: bytes
    client_id: str
    person_id: str
    session_id: str
    redirect_uri: str
    code_challenge: str
    scopes: tuple[str, ...]
    nonce: str
    methods: tuple[str, ...]
    authenticated_at: datetime
    created_at: datetime
    expires_at: datetime
    family_id: str
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TokenFamily:
    """All refresh tokens that came from one authorization; `current_hash` is the one that may still be used."""

    family_id: str
    client_id: str
    person_id: str
    session_id: str
    scopes: tuple[str, ...]
    methods: tuple[str, ...]
    authenticated_at: datetime
    created_at: datetime
    expires_at: datetime
    current_hash: bytes
    nonce: str = ""
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    token_hash: bytes
    family_id: str
    created_at: datetime
    used_at: datetime | None = None
