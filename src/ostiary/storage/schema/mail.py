"""Where do messages wait until they are sent?"""

from __future__ import annotations

from sqlalchemy import Index, Table

from ostiary.domain.mail.model import MailKind
from ostiary.storage.schema.definition import metadata, moment, named, octets, text, text_key, whole

outbox = Table(
    "outbox",
    metadata,
    text_key("message_id"),
    named("kind", MailKind),
    text("recipient_hash"),  # to count what one address gets, without keeping it
    moment("created_at"),
    octets("sealed_body"),
    whole("attempts"),
    moment("next_attempt_at", nullable=True),
    moment("sent_at", nullable=True),
    text("last_error"),
)
Index("ix_outbox_next_attempt_at", outbox.c.next_attempt_at)
Index("ix_outbox_recipient_hash", outbox.c.recipient_hash, outbox.c.created_at)
