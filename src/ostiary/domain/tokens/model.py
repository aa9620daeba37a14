"""What are codes and refresh tokens? RFC 6749 sections 1.3.1 and 1.5, RFC 9700 section 4.14, RFC 8628 section 3.2."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """Kept after use until it expires, so that a second use is seen and ends the tokens of the first.

    `used_at` is when it was shown last.
    """

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
    acr: str = ""


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
    acr: str = ""


@dataclass(frozen=True, slots=True)
class FamilyInUse:
    """A living family, and when its present refresh token was given out: each use gives a new one."""

    family: TokenFamily
    last_used_at: datetime


@dataclass(frozen=True, slots=True)
class Consent:
    """A person agreed that an application gets these scopes; it holds until she withdraws it."""

    person_id: str
    client_id: str
    scopes: tuple[str, ...]
    granted_at: datetime


@dataclass(frozen=True, slots=True)
class RefreshToken:
    token_hash: bytes
    family_id: str
    created_at: datetime
    used_at: datetime | None = None


class DeviceStatus(StrEnum):
    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    USED = "used"
    REUSED = "reused"  # shown a second time: nothing comes of it any more


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """What a device asked for, and, once a person approved it, who she is and what she proved.

    `source_ip` and `user_agent` are the device's, for the person to judge; `network` is what its number is limited by.
    Kept after use until it expires, so that a second use is seen and ends the tokens of the first.
    """

    device_code_hash: bytes
    user_code_hash: bytes
    client_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    interval_seconds: int
    source_ip: str
    network: str
    user_agent: str
    family_id: str
    status: DeviceStatus = DeviceStatus.PENDING
    last_polled_at: datetime | None = None
    person_id: str = ""
    session_id: str = ""
    methods: tuple[str, ...] = ()
    authenticated_at: datetime | None = None
