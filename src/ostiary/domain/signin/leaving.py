"""What ends when a person's access ends, or when somebody else may have had her credentials? (BP02-17)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ostiary.domain.sessions.browser import Opened, end_session, renew_session
from ostiary.domain.sessions.model import BrowserSession, Epoch, EpochKind, SessionLevel
from ostiary.domain.signin.slices import SigninSlice

_INSTANT = timedelta(microseconds=1)


def end_everything_of(tx: SigninSlice, person_id: str, now: datetime) -> int:
    """All browser sessions, refresh tokens, links, and by epoch all that lives without a row; the sessions that ended.

    No browser stands in for a factor any more. For a person who is disabled or deleted.
    """
    tx.credentials.delete_enrolment_links(person_id)
    tx.tokens.end_families_of_person(person_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.PERSON, person_id, now))
    tx.risk.distrust_devices(person_id)
    return tx.sessions.delete_browser_sessions(person_id)


def end_all_before(tx: SigninSlice, person_id: str, now: datetime, *, but_device: str = "") -> int:
    """The same for what is older than this moment, so that a session that begins in this transaction lives.

    `but_device`: the browser in which she says so stays trusted, if it was.
    """
    tx.tokens.end_families_of_person(person_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.PERSON, person_id, now - _INSTANT))
    tx.risk.distrust_devices(person_id, but_device=but_device)
    return tx.sessions.delete_browser_sessions(person_id)


def end_all_but(tx: SigninSlice, session: BrowserSession, now: datetime) -> Opened:
    """The same for everything of this person but this session, which goes on under a new id and token."""
    end_all_before(tx, session.person_id, now, but_device=session.device)
    return renew_session(tx, session, now)


def end_other_enrolments(tx: SigninSlice, session: BrowserSession) -> None:
    """She has a factor now: what was begun elsewhere without it must not add another one beside it, or in its place."""
    for other in tx.sessions.browser_sessions(session.person_id):
        if other.level is SessionLevel.ENROLMENT and other.session_id != session.session_id:
            tx.sessions.delete_browser_session(other.session_id)


def end_one_session(tx: SigninSlice, session_id: str, now: datetime) -> None:
    """The browser session with its refresh tokens and role sessions."""
    tx.tokens.end_families_of_session(session_id, now)
    end_session(tx, session_id, now)


def end_families(tx: SigninSlice, family_ids: Sequence[str], now: datetime) -> None:
    """Refresh tokens, and the access tokens that came of them."""
    for family_id in family_ids:
        tx.tokens.end_family(family_id, now)
        tx.sessions.add_epoch(Epoch(EpochKind.TOKEN, family_id, now))
