"""Who delivers what waits in the outbox, and what does the mailbox of development mode show?"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from ostiary.app.house import House
from ostiary.app.jobs import Job
from ostiary.app.mail import MailSettings, make_postman
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.mail.delivery import Delivery, Round
from ostiary.domain.mail.model import Queued
from ostiary.domain.mail.outbox import open_message
from ostiary.kit.crypto.sealing import Keyring, SealError
from ostiary.kit.current import Current
from ostiary.protocols.mail.rendering import Sender, render
from ostiary.protocols.web.rooms import ShownMail
from ostiary.storage.engine import Database

log = logging.getLogger(__name__)
_EVERY_SECONDS = 2.0


def mail_jobs(house: House, settings: MailSettings, *, issuer: str, count: Callable[[Round, int], None]) -> list[Job]:
    """None without a mail server; `count` is told what a round did, and how many messages wait."""
    postman = make_postman(settings, organization=house.organization_name, issuer=issuer)
    if postman is None:
        return []
    delivery = Delivery(transactions=house.database, keys=house.remembered.keys, postman=postman, clock=house.clock)

    def deliver() -> None:
        done = delivery.run()
        count(done, delivery.waiting())

    return [Job("mail", _EVERY_SECONDS, deliver)]


def shown_mails(
    database: Database, keys: Current[ServerKeys], sender: Callable[[], Sender]
) -> Callable[[int], Sequence[ShownMail]]:
    """The newest messages of the outbox as letters; those that were sent are forgotten."""

    def shown(limit: int) -> Sequence[ShownMail]:
        with database.read() as tx:
            newest = tx.outbox.newest(limit)
        keyring = keys.value.keyring
        return [mail for queued in newest if queued.sealed_body and (mail := _opened(keyring, queued, sender()))]

    return shown


def _opened(keyring: Keyring, queued: Queued, sender: Sender) -> ShownMail | None:
    try:
        message = open_message(keyring, queued)
    except SealError:
        log.warning("mail %s cannot be opened: it is not shown", queued.message_id)
        return None
    letter = render(message, sender)
    return ShownMail(
        mail_id=message.message_id,
        to=message.recipient.address,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        sent_at=message.created_at,
    )
