"""Where are browser sessions and epochs kept?"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Table
from sqlalchemy import text as sql_text

from ostiary.domain.sessions.model import EpochKind, SessionLevel
from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import metadata, moment, named, text, texts

browser_session = Table(
    "browser_session",
    metadata,
    Column("session_id", StoredText, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False, index=True),
    named("level", SessionLevel),
    texts("methods"),
    moment("created_at"),
    moment("authenticated_at"),
    moment("last_seen_at"),
    moment("expires_at"),
    text("source_ip"),
    text("user_agent"),
    Column("csrf_key", LargeBinary, nullable=False),
    Column("device", StoredText, nullable=False, server_default=sql_text("''")),
    Column("place", StoredText, nullable=False, server_default=sql_text("''")),
)
epoch = Table(
    "epoch",
    metadata,
    named("kind", EpochKind, key=True),
    Column("subject", StoredText, primary_key=True),
    moment("not_before"),
    Column("sequence", BigInteger, nullable=False, unique=True),
)
Index("ix_browser_session_expires_at", browser_session.c.expires_at)
