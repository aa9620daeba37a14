"""What does a browser hold after its person proved something, and for how long? (BP01-20, BP02-4)

The cookie's token is random and only its hash is kept. Whoever proves more gets a new token, so a token planted before
sign-in is worth nothing (session fixation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.caller import Origin
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.model import BrowserSession, Epoch, EpochKind, SessionLevel
from ostiary.domain.sessions.ports import SessionSlice
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import SignInRules
from ostiary.kit import ids
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret

TOKEN_PREFIX = "ostb"  # noqa: S105 - what every such token begins with
_TOUCH_AFTER = timedelta(minutes=1)
_PARTIAL: Mapping[SessionLevel, timedelta] = {
    SessionLevel.FIRST_FACTOR: timedelta(minutes=10),
    SessionLevel.ENROLMENT: timedelta(minutes=30),
    SessionLevel.RECOVERY: timedelta(minutes=15),
}
MAX_USER_AGENT = 256


class BrowserSlice(DirectorySlice, SessionSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class Opened:
    """`token` goes into the cookie, once."""

    session: BrowserSession
    token: Secret


@dataclass(frozen=True, slots=True)
class Living:
    """A session within its limits, its person as she is now, and the rules that hold for her."""

    session: BrowserSession
    person: Person
    rules: SignInRules


def open_session(
    tx: BrowserSlice,
    person: Person,
    level: SessionLevel,
    *,
    rules: SignInRules,
    methods: Sequence[str],
    origin: Origin,
    now: datetime,
    authenticated_at: datetime | None = None,
    place: str = "",
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
        expires_at=now + _life(level, rules),
        source_ip=origin.source_ip,
        user_agent=origin.user_agent[:MAX_USER_AGENT],
        csrf_key=ids.random_bytes(32),
        device=origin.device,
        place=place,
    )
    tx.sessions.add_browser_session(session)
    return Opened(session, Secret(token))


def find_living(
    tx: BrowserSlice, token: str, *, policies: SignInPolicyIndex, now: datetime, revocations: RevocationIndex
) -> Living | None:
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
    rules = policies.rules_for(person)
    if not is_within_limits(session, rules, now):
        return None
    revocations.check_not_revoked(subjects_of(session), issued_at=session.created_at)
    return Living(session, person, rules)


def is_within_limits(session: BrowserSession, rules: SignInRules, now: datetime) -> bool:
    """Absolute and idle limits, by the rules as they are now: a shortened limit holds at once."""
    absolute = min(session.expires_at, session.created_at + _life(session.level, rules))
    return now < absolute and now < session.last_seen_at + rules.idle


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


def strengthen_session(
    tx: BrowserSlice, session: BrowserSession, *, methods: Sequence[str], origin: Origin, now: datetime
) -> Opened:
    """The same session after its person proved `methods` anew: a new token, and no more time than it had.

    What was proved before is not said any more: it would pass for proved now.
    """
    token = ids.opaque_token(TOKEN_PREFIX)
    strengthened = replace(
        session,
        token_hash=hash_secret(token),
        methods=tuple(methods),
        authenticated_at=now,
        last_seen_at=now,
        source_ip=origin.source_ip,
        csrf_key=ids.random_bytes(32),
    )
    tx.sessions.delete_browser_session(session.session_id)
    tx.sessions.add_browser_session(strengthened)
    return Opened(strengthened, Secret(token))


def renew_session(tx: BrowserSlice, session: BrowserSession, now: datetime) -> Opened:
    """The same session under a new id and token, and no more time than it had: what was bound to the old id is over."""
    token = ids.opaque_token(TOKEN_PREFIX)
    renewed = replace(
        session,
        session_id=ids.uuid7(),
        token_hash=hash_secret(token),
        created_at=now,
        last_seen_at=now,
        csrf_key=ids.random_bytes(32),
    )
    tx.sessions.delete_browser_session(session.session_id)
    tx.sessions.add_browser_session(renewed)
    return Opened(renewed, Secret(token))


def _life(level: SessionLevel, rules: SignInRules) -> timedelta:
    return _PARTIAL.get(level, rules.session)
