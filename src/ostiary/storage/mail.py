"""How are messages kept until they are sent? The body is sealed by the domain; nothing here says who gets it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from ostiary.domain.mail.model import Queued
from ostiary.storage.facts import many, one, put, values_of
from ostiary.storage.schema import outbox

_DUE = (
    select(outbox)
    .where(outbox.c.next_attempt_at <= bindparam("now"))
    .order_by(outbox.c.next_attempt_at, outbox.c.message_id)
)
_NEWEST_FIRST = select(outbox).order_by(outbox.c.created_at.desc(), outbox.c.message_id.desc())
_FIND = select(outbox).where(outbox.c.message_id == bindparam("message_id"))


class OutboxTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, queued: Queued) -> None:
        self._connection.execute(outbox.insert(), values_of(queued))

    def put(self, queued: Queued) -> None:
        put(self._connection, outbox, queued)

    def count_since(self, recipient_hash: str, since: datetime) -> int:
        same = (outbox.c.recipient_hash == recipient_hash) & (outbox.c.created_at > since)
        number: int = self._connection.execute(select(func.count()).where(same)).scalar_one()
        return number

    def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        return many(self._connection, _DUE.limit(limit), Queued, now=now)

    def claim(self, queued: Queued, *, until: datetime) -> bool:
        unchanged = (
            (outbox.c.message_id == queued.message_id)
            & (outbox.c.attempts == queued.attempts)
            & (outbox.c.next_attempt_at == queued.next_attempt_at)
        )
        claimed = update(outbox).where(unchanged).values(attempts=queued.attempts + 1, next_attempt_at=until)
        return self._connection.execute(claimed).rowcount == 1

    def newest(self, limit: int) -> Sequence[Queued]:
        return many(self._connection, _NEWEST_FIRST.limit(limit), Queued)

    def find(self, message_id: str) -> Queued | None:
        return one(self._connection, _FIND, Queued, message_id=message_id)

    def waiting(self) -> int:
        open_ = outbox.c.next_attempt_at.is_not(None)
        number: int = self._connection.execute(select(func.count()).select_from(outbox).where(open_)).scalar_one()
        return number

    def delete_settled(self, *, created_before: datetime) -> int:
        settled = outbox.c.next_attempt_at.is_(None) & (outbox.c.created_at < created_before)
        return self._connection.execute(delete(outbox).where(settled)).rowcount
