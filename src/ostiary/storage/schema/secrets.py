"""Where are secrets and their versions kept?"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, Table

from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import metadata, moment, text, text_map

secret = Table(
    "secret",
    metadata,
    Column("arn", StoredText, primary_key=True),
    text("account"),
    text("name"),
    text("description"),
    text_map("tags"),
    moment("created_at"),
    moment("changed_at"),
    moment("deleted_at", nullable=True),
    moment("deletion_at", nullable=True),
)
Index("uq_secret_account_name", secret.c.account, secret.c.name, unique=True)
secret_version = Table(
    "secret_version",
    metadata,
    Column("arn", StoredText, ForeignKey("secret.arn", ondelete="CASCADE"), primary_key=True),
    Column("version_id", StoredText, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("binary", Boolean, nullable=False),
    moment("created_at"),
    Column("digest", LargeBinary, nullable=False),
)
secret_stage = Table(
    "secret_stage",
    metadata,
    Column("arn", StoredText, ForeignKey("secret.arn", ondelete="CASCADE"), primary_key=True),
    Column("stage", StoredText, primary_key=True),
    text("version_id"),
)
