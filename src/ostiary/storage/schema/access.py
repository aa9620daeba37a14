"""Where are roles, policies and assignments kept?"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, Table

from ostiary.domain.access.model import ControlKind
from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import metadata, moment, named, text, text_map, texts

role = Table(
    "role",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("name", StoredText, primary_key=True),
    Column("role_id", StoredText, nullable=False, unique=True),
    text("path"),
    text("description"),
    text("trust_policy"),
    text_map("policies"),
    text("permissions_boundary"),
    Column("max_session_seconds", Integer, nullable=False),
    text_map("tags"),
    moment("created_at"),
)
user_policy = Table(
    "user_policy",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("user_name", StoredText, primary_key=True),
    Column("policy_name", StoredText, primary_key=True),
    text("document"),
)
permission_set = Table(
    "permission_set",
    metadata,
    Column("name", StoredText, primary_key=True),
    text("description"),
    text_map("policies"),
    Column("session_seconds", Integer, nullable=False),
)
assignment = Table(
    "assignment",
    metadata,
    Column("group_name", StoredText, ForeignKey("groups.name"), primary_key=True),
    Column("permission_set", StoredText, ForeignKey("permission_set.name"), primary_key=True),
    Column("account", StoredText, ForeignKey("account.account_id"), primary_key=True),
    moment("until", nullable=True),
)

organizational_unit = Table(
    "organizational_unit",
    metadata,
    Column("name", StoredText, primary_key=True),
    text("parent"),
    texts("accounts"),
    text("description"),
)
control_policy = Table(
    "control_policy",
    metadata,
    named("kind", ControlKind, key=True),
    Column("name", StoredText, primary_key=True),
    text("document"),
    texts("targets"),
    text("description"),
)
