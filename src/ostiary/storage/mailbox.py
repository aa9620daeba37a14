"""How are the mails of development mode kept?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from ostiary.domain.signin.mail import Mail
from ostiary.storage.facts import many, values_of
from ostiary.storage.schema import mail

_NEWEST_FIRST = select(mail).order_by(mail.c.sent_at.desc(), mail.c.mail_id.desc())


class MailboxTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, mail_: Mail) -> None:
        self._connection.execute(mail.insert(), values_of(mail_))

    def mails(self, limit: int) -> Sequence[Mail]:
        return many(self._connection, _NEWEST_FIRST.limit(limit), Mail)

    def clear(self) -> None:
        self._connection.execute(delete(mail))
