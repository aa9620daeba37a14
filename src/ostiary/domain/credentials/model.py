"""What is a password, a factor, an enrolment link, an access key, a key of the server?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Password:
    """`encoded` is argon2id of the peppered password; `history` holds earlier encodings where the profile asks.

    `compromised_at`: somebody else may know it, so it opens nothing but the way to a new one.
    """

    person_id: str
    encoded: str
    changed_at: datetime
    history: tuple[str, ...] = ()
    compromised_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TotpFactor:
    """`sealed_secret` opens with identity `totp:<factor_id>`; `last_step` is the last accepted time step."""

    factor_id: str
    person_id: str
    name: str
    sealed_secret: bytes
    created_at: datetime
    confirmed_at: datetime | None = None
    last_step: int | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A WebAuthn credential (Level 3, section 4); `credential_id` belongs to one person alone.

    `aaguid` is the authenticator's model as a UUID, `attestation` the format by which it proved to be that model.
    """

    factor_id: str
    person_id: str
    name: str
    credential_id: bytes
    public_key: bytes
    sign_count: int
    aaguid: str
    transports: tuple[str, ...]
    attestation: str
    discoverable: bool
    backup_eligible: bool
    backed_up: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RecoveryCode:
    """Only the hash is kept; a code works once."""

    code_hash: bytes
    person_id: str
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailCode:
    """A short code that was mailed; `subject` says for whom and what, and has at most one code at a time."""

    subject: str
    code_hash: bytes
    created_at: datetime
    expires_at: datetime


class LinkPurpose(StrEnum):
    RECOVERY = "recovery"
    REGISTRATION = "registration"
    NOT_ME = "not-me"


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """As an enrolment link, for another purpose; `person_id` is empty while there is no person yet."""

    token_hash: bytes
    purpose: LinkPurpose
    person_id: str
    created_at: datetime
    expires_at: datetime
    payload: Mapping[str, str] = field(default_factory=dict)
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class EnrolmentLink:
    """Only the hash of the link's token is kept; a link works once and until `expires_at`."""

    token_hash: bytes
    person_id: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GuessCount:
    """How often `subject` (a person, a network, a client) was guessed at, and until when it must wait."""

    subject: str
    failures: int
    first_at: datetime
    last_at: datetime
    blocked_until: datetime | None


@dataclass(frozen=True, slots=True)
class IamUser:
    """A long-term identity of the AWS kind: with owner, reason and expiry, and a finding all the same."""

    name: str
    account: str
    owner: str
    reason: str
    expires_at: datetime
    created_at: datetime
    user_id: str


@dataclass(frozen=True, slots=True)
class AccessKey:
    """`sealed_secret` opens with identity `access-key:<access_key_id>`."""

    access_key_id: str
    account: str
    user_name: str
    sealed_secret: bytes
    reason: str
    active: bool
    created_at: datetime
    expires_at: datetime


class KeyPurpose(StrEnum):
    KEK = "kek"  # wrapped by the root key; everything below is sealed by it
    PASSWORD_PEPPER = "password-pepper"
    PASSWORD_COST = "password-cost"  # no key, but sealed like one: whoever can write here must not make hashes cheap
    SESSION_TOKEN = "session-token"
    SIGNING_ES256 = "signing-es256"
    SIGNING_RS256 = "signing-rs256"
    CHECKPOINT = "checkpoint"
    COOKIE = "cookie"


@dataclass(frozen=True, slots=True)
class ServerKey:
    """One key of the server itself, sealed with identity `server-key:<purpose>:<key_id>`.

    It may be used for new work from `active_from` (published before, so that verifiers know it), and is forgotten
    after `retired_at`.
    """

    key_id: str
    purpose: KeyPurpose
    sealed: bytes
    created_at: datetime
    active_from: datetime
    retired_at: datetime | None = None
