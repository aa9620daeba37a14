"""What is a browser session, and what is an epoch?"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class SessionLevel(StrEnum):
    ENROLMENT = "enrolment"  # came by an enrolment link: nothing but enrolment answers
    FIRST_FACTOR = "first-factor"  # password proved: nothing but the second factor answers
    RECOVERY = "recovery"  # came by a recovery link: nothing but the recovery steps answer
    FULL = "full"


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """Only the hash of the cookie's token is kept; `methods` are RFC 8176 `amr` values that were proved.

    `device` is the hash of the browser's own cookie, `place` where its address lies; both may be empty.
    """

    session_id: str
    token_hash: bytes = field(repr=False)
    person_id: str
    level: SessionLevel
    methods: tuple[str, ...]
    created_at: datetime
    authenticated_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    source_ip: str
    user_agent: str
    csrf_key: bytes = field(repr=False)
    device: str = ""
    place: str = ""


class EpochKind(StrEnum):
    PERSON = "person"
    ROLE = "role"
    APPLICATION = "application"
    WORKLOAD = "workload"
    ISSUER_TRUST = "issuer-trust"
    ACCESS_KEY = "access-key"
    SESSION = "session"
    TOKEN = "token"  # one access token by its `jti`


@dataclass(frozen=True, slots=True)
class Epoch:
    """Nothing issued for `subject` at or before `not_before` is accepted any more.

    `sequence` is given by storage and grows, so that each worker reads only what is new.
    """

    kind: EpochKind
    subject: str
    not_before: datetime
    sequence: int = 0
