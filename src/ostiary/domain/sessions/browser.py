"""What does a browser hold after its person proved something, and for how long? (BP01-20, BP02-4)

The cookie's token is random and only its hash is kept. A session never changes its level: whoever proves more gets a
new session with a new token, so a token planted before sign-in is worth nothing (session fixation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.caller import Origin
from ostiary.domain.directory.model import Directory, Person
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.model import BrowserSession, Epoch, EpochKind, SessionLevel
from ostiary.domain.sessions.ports import SessionSlice
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.kit import ids
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret

TOKEN_PREFIX = "ostb"  # noqa: S105 - what every such token begins with
_TOUCH_AFTER = timedelta(minutes=1)
_PARTIAL: Mapping[SessionLevel, timedelta] = {
    SessionLevel.FIRST_FACTOR: timedelta(minutes=10),
    SessionLevel.ENROLMENT: timedelta(minutes=30),
}
_MAX_USER_AGENT = 256


class BrowserSlice(DirectorySlice, SessionSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class Opened:
    """`token` goes into the cookie, once."""

    session: BrowserSession
    token: Secret


@dataclass(frozen=True, slots=True)
class Living:
    """A session within its limits, its person as she is now, and the directory whose limits hold."""

    session: BrowserSession
    person: Person
    directory: Directory


def open_session(
    tx: BrowserSlice,
    person: Person,
    level: SessionLevel,
    *,
    methods: Sequence[str],
    origin: Origin,
    now: datetime,
    authenticated_at: datetime | None = None,
) -> Opened:
    token = ids.opaque_token(TOKEN_PREFIX)
    session = BrowserSession(
        session_id=ids.uuid7(),
        token_hash=hash_secret(token),
        person_id=person.person_id,
        level=level,
        methods=tuple(methods),
        created_at=now,
        authenticated_at=authenticated_at or now,
        last_seen_at=now,
        expires_at=now + _life(level, directory_of(tx, person)),
        source_ip=origin.source_ip,
        user_agent=origin.user_agent[:_MAX_USER_AGENT],
        csrf_key=ids.random_bytes(32),
    )
    tx.sessions.add_browser_session(session)
    return Opened(session, Secret(token))


def find_living(tx: BrowserSlice, token: str, *, now: datetime, revocations: RevocationIndex) -> Living | None:
    """The session of this cookie; None when it is unknown, over, idle for too long or revoked.

    The person may be disabled: whoever asks decides what she may do.
    """
    if not ids.has_token_form(token, TOKEN_PREFIX):
        return None
    session = tx.sessions.browser_session_by_hash(hash_secret(token))
    if session is None:
        return None
    person = tx.directory.person(session.person_id)
    if person is None:
        return None
    directory = directory_of(tx, person)
    if not is_within_limits(session, directory, now):
        return None
    revocations.check_not_revoked(subjects_of(session), issued_at=session.created_at)
    return Living(session, person, directory)


def is_within_limits(session: BrowserSession, directory: Directory, now: datetime) -> bool:
    """Absolute and idle limits, by the directory's present settings: a shortened limit holds at once."""
    absolute = min(session.expires_at, session.created_at + _life(session.level, directory))
    idle = session.last_seen_at + timedelta(minutes=directory.idle_minutes)
    return now < absolute and now < idle


def is_due_for_touch(session: BrowserSession, now: datetime) -> bool:
    return now - session.last_seen_at >= _TOUCH_AFTER


def subjects_of(session: BrowserSession) -> tuple[tuple[str, str], ...]:
    """The revocations that end this session and what came from it."""
    return (
        (EpochKind.PERSON.value, session.person_id),
        (EpochKind.SESSION.value, session.session_id),
    )


def end_session(tx: SessionSlice, session_id: str, now: datetime) -> None:
    """Also ends by epoch what was issued from it and lives without a row, such as role sessions."""
    tx.sessions.delete_browser_session(session_id)
    tx.sessions.add_epoch(Epoch(EpochKind.SESSION, session_id, now))


def directory_of(tx: DirectorySlice, person: Person) -> Directory:
    """The limits of a directory that is gone are the strictest: what the model starts with is not more than that."""
    return tx.directory.directory(person.directory) or Directory(person.directory, session_minutes=60, idle_minutes=15)


def _life(level: SessionLevel, directory: Directory) -> timedelta:
    return _PARTIAL.get(level, timedelta(minutes=directory.session_minutes))
