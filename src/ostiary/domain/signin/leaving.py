"""What ends when a person's access ends, or when somebody else may have had her credentials? (BP02-17)"""

from __future__ import annotations

from datetime import datetime, timedelta

from ostiary.domain.sessions.browser import end_session
from ostiary.domain.sessions.model import Epoch, EpochKind
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


def end_one_session(tx: SigninSlice, session_id: str, now: datetime) -> None:
    """The browser session with its refresh tokens and role sessions."""
    tx.tokens.end_families_of_session(session_id, now)
    end_session(tx, session_id, now)
