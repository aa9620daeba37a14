"""What waits in the outbox, opened as only the server can."""

from __future__ import annotations

from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.mail.model import MailKind, Message
from ostiary.domain.mail.outbox import open_message
from ostiary.kit.current import Current
from ostiary.storage.engine import Database


def mails_in(database: Database, keys: Current[ServerKeys], kind: MailKind | None = None) -> list[Message]:
    """Oldest first; those that were sent are forgotten, and not among them."""
    with database.read() as tx:
        queued = tx.outbox.newest(1000)
    opened = [open_message(keys.value.keyring, each) for each in reversed(queued) if each.sealed_body]
    return [message for message in opened if kind is None or message.kind is kind]
