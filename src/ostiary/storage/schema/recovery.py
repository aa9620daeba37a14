"""Where are requests kept to let somebody in again who lost everything?"""

from __future__ import annotations

from sqlalchemy import Index, Table

from ostiary.domain.recovery.model import RequestOutcome
from ostiary.storage.schema.definition import metadata, moment, named, of_person, text, text_key

recovery_request = Table(
    "recovery_request",
    metadata,
    text_key("request_id"),
    of_person(),
    text("reason"),
    text("requested_by"),
    moment("requested_at"),
    text("decided_by"),
    moment("decided_at", nullable=True),
    named("outcome", RequestOutcome),
    moment("expires_at"),
)
Index("ix_recovery_request_expires_at", recovery_request.c.expires_at)
