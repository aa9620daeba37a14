"""Where are people, groups, attributes and workloads kept?"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, func
from sqlalchemy import text as sql_text

from ostiary.domain.directory.model import AttributeType, PasswordProfile, PersonKind, PersonStatus, WorkloadStatus
from ostiary.storage.columns import Named, StoredText
from ostiary.storage.schema.definition import metadata, moment, named, of_person, text, text_key, text_map

organization = Table(
    "organization",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    text("name"),
    text("account"),
    moment("created_at"),
)
account = Table("account", metadata, Column("account_id", StoredText, primary_key=True), text("name"))
directory = Table(
    "directory",
    metadata,
    Column("name", StoredText, primary_key=True),
    named("password_profile", PasswordProfile),
    Column("session_minutes", Integer, nullable=False),
    Column("idle_minutes", Integer, nullable=False),
)
person = Table(
    "person",
    metadata,
    Column("person_id", StoredText, primary_key=True),
    Column("directory", StoredText, ForeignKey("directory.name"), nullable=False),
    Column("user_name", StoredText, nullable=False, unique=True),
    text("display_name"),
    text("email"),
    named("status", PersonStatus),
    moment("created_at"),
    text_map("attributes"),
    Column("kind", Named(PersonKind), nullable=False, server_default=PersonKind.ORDINARY.value),
    Column("language", StoredText, nullable=False, server_default=sql_text("''")),
    moment("email_verified_at", nullable=True),
)
# Both engines then lower A to Z alone: SQLite always, PostgreSQL by the column's collation.
Index("ix_person_email", func.lower(person.c.email))
group = Table("groups", metadata, Column("name", StoredText, primary_key=True), text("owner"), text("purpose"))
membership = Table(
    "membership",
    metadata,
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
    Column("group_name", StoredText, ForeignKey("groups.name"), primary_key=True),
)
Index("ix_membership_group_name", membership.c.group_name)
attribute_definition = Table(
    "attribute_definition",
    metadata,
    Column("name", StoredText, primary_key=True),
    named("type", AttributeType),
    text("source"),
    Column("access", Boolean, nullable=False),
    Column("self_editable", Boolean, nullable=False),
)
workload = Table(
    "workload",
    metadata,
    Column("name", StoredText, primary_key=True),
    text("account"),
    text("owner"),
    text("purpose"),
    moment("expires_at"),
    named("status", WorkloadStatus),
    text("issuer"),
    text("subject"),
    text_map("tags"),
)
Index(
    "uq_workload_issuer_subject",
    workload.c.issuer,
    workload.c.subject,
    unique=True,
    sqlite_where=workload.c.issuer != "",
    postgresql_where=workload.c.issuer != "",
)
terms_acceptance = Table(
    "terms_acceptance",
    metadata,
    of_person(key=True),
    text_key("version"),
    moment("accepted_at"),
)
