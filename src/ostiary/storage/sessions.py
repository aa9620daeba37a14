"""How are browser sessions and epochs kept?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from ostiary.domain.sessions.model import BrowserSession, Epoch
from ostiary.storage.facts import insert_of, many, one, values_of
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import browser_session, epoch

_BY_ID = select(browser_session).where(browser_session.c.session_id == bindparam("session_id"))
_BY_HASH = select(browser_session).where(browser_session.c.token_hash == bindparam("token_hash"))
_OF_PERSON = (
    select(browser_session)
    .where(browser_session.c.person_id == bindparam("person_id"))
    .order_by(browser_session.c.created_at, browser_session.c.session_id)
)
_EPOCHS_AFTER = select(epoch).where(epoch.c.sequence > bindparam("after")).order_by(epoch.c.sequence)


class SessionTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_browser_session(self, session: BrowserSession) -> None:
        self._connection.execute(browser_session.insert(), values_of(session))

    def browser_session_by_hash(self, token_hash: bytes) -> BrowserSession | None:
        return one(self._connection, _BY_HASH, BrowserSession, token_hash=token_hash)

    def browser_sessions(self, person_id: str) -> Sequence[BrowserSession]:
        return many(self._connection, _OF_PERSON, BrowserSession, person_id=person_id)

    def browser_session(self, session_id: str) -> BrowserSession | None:
        return one(self._connection, _BY_ID, BrowserSession, session_id=session_id)

    def touch_browser_session(self, session_id: str, seen_at: datetime) -> None:
        """Never backwards: two requests of one person may arrive here in the other order."""
        self._connection.execute(
            update(browser_session)
            .where(browser_session.c.session_id == session_id, browser_session.c.last_seen_at < seen_at)
            .values(last_seen_at=seen_at)
        )

    def delete_browser_session(self, session_id: str) -> None:
        self._connection.execute(delete(browser_session).where(browser_session.c.session_id == session_id))

    def delete_browser_sessions(self, person_id: str, *, except_session: str = "") -> int:
        others = browser_session.c.session_id != except_session
        statement = delete(browser_session).where(browser_session.c.person_id == person_id, others)
        return self._connection.execute(statement).rowcount

    def delete_expired_sessions(self, now: datetime) -> int:
        return self._connection.execute(delete(browser_session).where(browser_session.c.expires_at <= now)).rowcount

    def add_epoch(self, epoch_: Epoch) -> None:
        number = raise_generation(self._connection, Topic.EPOCHS)
        statement = insert_of(self._connection, epoch)
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=list(epoch.primary_key),
                set_={"not_before": statement.excluded.not_before, "sequence": statement.excluded.sequence},
                where=statement.excluded.not_before > epoch.c.not_before,
            ),
            {"kind": epoch_.kind, "subject": epoch_.subject, "not_before": epoch_.not_before, "sequence": number},
        )

    def delete_epochs(self, *, not_before_until: datetime) -> int:
        return self._connection.execute(delete(epoch).where(epoch.c.not_before <= not_before_until)).rowcount

    def epochs_after(self, sequence: int) -> Sequence[Epoch]:
        return many(self._connection, _EPOCHS_AFTER, Epoch, after=sequence)
