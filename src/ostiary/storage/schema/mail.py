"""Where do messages wait until they are sent?"""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import metadata, moment, octets, text, text_key, whole

mail = Table(
    "mail",
    metadata,
    Column("mail_id", StoredText, primary_key=True),
    text("recipient"),
    text("subject"),
    text("body"),
    moment("sent_at"),
)
outbox = Table(
    "outbox",
    metadata,
    text_key("message_id"),
    text("kind"),
    text("recipient_hash"),  # to count what one address gets, without keeping it
    moment("created_at"),
    octets("sealed_body"),
    whole("attempts"),
    moment("next_attempt_at", nullable=True),
    moment("sent_at", nullable=True),
    text("last_error"),
)
Index("ix_outbox_next_attempt_at", outbox.c.next_attempt_at)
