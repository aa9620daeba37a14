"""What ends when a person's access ends, or when somebody else may have had her credentials? (BP02-17)"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from ostiary.domain.sessions.browser import Opened, end_session, renew_session
from ostiary.domain.sessions.model import BrowserSession, Epoch, EpochKind
from ostiary.domain.signin.slices import SigninSlice

_INSTANT = timedelta(microseconds=1)


def end_everything_of(tx: SigninSlice, person_id: str, now: datetime) -> int:
    """All browser sessions, refresh tokens, links, and by epoch all that lives without a row; the sessions that ended.

    For a person who is disabled or deleted.
    """
    tx.credentials.delete_enrolment_links(person_id)
    tx.tokens.end_families_of_person(person_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.PERSON, person_id, now))
    return tx.sessions.delete_browser_sessions(person_id)


def end_all_before(tx: SigninSlice, person_id: str, now: datetime) -> int:
    """The same for what is older than this moment, so that a session that begins in this transaction lives."""
    tx.tokens.end_families_of_person(person_id, now)
    tx.sessions.add_epoch(Epoch(EpochKind.PERSON, person_id, now - _INSTANT))
    return tx.sessions.delete_browser_sessions(person_id)


def end_all_but(tx: SigninSlice, session: BrowserSession, now: datetime) -> Opened:
    """The same for everything of this person but this session, which goes on under a new id and token."""
    end_all_before(tx, session.person_id, now)
    return renew_session(tx, session, now)


def end_one_session(tx: SigninSlice, session_id: str, now: datetime) -> None:
    """The browser session with its refresh tokens and role sessions."""
    tx.tokens.end_families_of_session(session_id, now)
    end_session(tx, session_id, now)


def end_families(tx: SigninSlice, family_ids: Sequence[str], now: datetime) -> None:
    """Refresh tokens, and the access tokens that came of them."""
    for family_id in family_ids:
        tx.tokens.end_family(family_id, now)
        tx.sessions.add_epoch(Epoch(EpochKind.TOKEN, family_id, now))
