"""Where are events, the trail's tree, and the numbers that memory watches kept?"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table

from ostiary.domain.audit.last_use import Used
from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import RowNumber, metadata, moment, named, text

generation = Table(
    "generation", metadata, Column("topic", StoredText, primary_key=True), Column("number", BigInteger, nullable=False)
)
lease = Table("lease", metadata, Column("name", StoredText, primary_key=True), text("holder"), moment("held_until"))

event = Table(
    "event",
    metadata,
    Column("sequence", RowNumber, primary_key=True, autoincrement=True),
    Column("leaf_index", BigInteger, nullable=True),
    Column("event_id", StoredText, nullable=False),
    moment("at"),
    text("name"),
    text("source"),
    text("account"),
    text("user_name"),
    text("access_key_id"),
    Column("read_only", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index("ix_event_leaf_index", event.c.leaf_index, unique=True)
Index("ix_event_at", event.c.at)
# What look-ups in the trail ask for; newest first, so the number of the row follows.
Index("ix_event_name_sequence", event.c.name, event.c.sequence)
Index("ix_event_user_name_sequence", event.c.user_name, event.c.sequence)
leaf_tile = Table(
    "leaf_tile",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),  # up to 256 leaf hashes of 32 bytes
)
checkpoint = Table(
    "checkpoint",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    text("note"),
    Column("frontier", LargeBinary, nullable=False),
    moment("signed_at"),
)
last_use = Table(
    "last_use",
    metadata,
    named("kind", Used, key=True),
    Column("subject", StoredText, primary_key=True),
    moment("at"),
    text("source_ip"),
    text("operation"),
    text("service"),
)
