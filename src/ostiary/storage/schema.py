"""Which tables hold the facts? One SQL text for SQLite and PostgreSQL.

Times are microseconds since 1970 UTC; ids are text; sealed and hashed values are bytes; JSON texts are kept as
text. A column ending in `_hash` can only be compared, one beginning with `sealed` only be opened under the root key.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table
from sqlalchemy.types import TypeEngine

from ostiary.domain.access.model import ControlKind
from ostiary.domain.applications.model import ApplicationKind, ClientAuthentication
from ostiary.domain.audit.last_use import Used
from ostiary.domain.credentials.model import KeyPurpose
from ostiary.domain.directory.model import AttributeType, PasswordProfile, PersonStatus, WorkloadStatus
from ostiary.domain.sessions.model import EpochKind, SessionLevel
from ostiary.storage.columns import EnumT, Moment, Named, StoredText, TextMap, TextTuple

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself when the key is exactly INTEGER.
RowNumber: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def _time(name: str, *, nullable: bool = False) -> Column[datetime]:
    return Column(name, Moment, nullable=nullable)


def _text(name: str) -> Column[str]:
    return Column(name, StoredText, nullable=False)


def _named(name: str, members: type[EnumT], *, key: bool = False) -> Column[EnumT]:
    return Column(name, Named(members), nullable=False, primary_key=key)


def _map(name: str) -> Column[Mapping[str, str]]:
    return Column(name, TextMap, nullable=False)


def _texts(name: str) -> Column[tuple[str, ...]]:
    return Column(name, TextTuple, nullable=False)


# --- what memory watches: a number per kind of fact, raised by every change -----------------------------------------
generation = Table(
    "generation", metadata, Column("topic", StoredText, primary_key=True), Column("number", BigInteger, nullable=False)
)
lease = Table("lease", metadata, Column("name", StoredText, primary_key=True), _text("holder"), _time("held_until"))

# --- audit ----------------------------------------------------------------------------------------------------------
event = Table(
    "event",
    metadata,
    Column("sequence", RowNumber, primary_key=True, autoincrement=True),
    Column("leaf_index", BigInteger, nullable=True),
    Column("event_id", StoredText, nullable=False),
    _time("at"),
    _text("name"),
    _text("source"),
    _text("account"),
    _text("user_name"),
    _text("access_key_id"),
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
    _text("note"),
    Column("frontier", LargeBinary, nullable=False),
    _time("signed_at"),
)
last_use = Table(
    "last_use",
    metadata,
    _named("kind", Used, key=True),
    Column("subject", StoredText, primary_key=True),
    _time("at"),
    _text("source_ip"),
    _text("operation"),
    _text("service"),
)

# --- directory ------------------------------------------------------------------------------------------------------
organization = Table(
    "organization",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    _text("name"),
    _text("account"),
    _time("created_at"),
)
account = Table("account", metadata, Column("account_id", StoredText, primary_key=True), _text("name"))
directory = Table(
    "directory",
    metadata,
    Column("name", StoredText, primary_key=True),
    _named("password_profile", PasswordProfile),
    Column("session_minutes", Integer, nullable=False),
    Column("idle_minutes", Integer, nullable=False),
)
person = Table(
    "person",
    metadata,
    Column("person_id", StoredText, primary_key=True),
    Column("directory", StoredText, ForeignKey("directory.name"), nullable=False),
    Column("user_name", StoredText, nullable=False, unique=True),
    _text("display_name"),
    _text("email"),
    _named("status", PersonStatus),
    _time("created_at"),
    _map("attributes"),
)
group = Table("groups", metadata, Column("name", StoredText, primary_key=True), _text("owner"), _text("purpose"))
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
    _named("type", AttributeType),
    _text("source"),
    Column("access", Boolean, nullable=False),
    Column("self_editable", Boolean, nullable=False),
)
workload = Table(
    "workload",
    metadata,
    Column("name", StoredText, primary_key=True),
    _text("account"),
    _text("owner"),
    _text("purpose"),
    _time("expires_at"),
    _named("status", WorkloadStatus),
    _text("issuer"),
    _text("subject"),
    _map("tags"),
)
Index(
    "uq_workload_issuer_subject",
    workload.c.issuer,
    workload.c.subject,
    unique=True,
    sqlite_where=workload.c.issuer != "",
    postgresql_where=workload.c.issuer != "",
)

# --- credentials ----------------------------------------------------------------------------------------------------
password = Table(
    "password",
    metadata,
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
    _text("encoded"),
    _time("changed_at"),
    _texts("history"),
)
totp_factor = Table(
    "totp_factor",
    metadata,
    Column("factor_id", StoredText, primary_key=True),
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False, index=True),
    _text("name"),
    Column("sealed_secret", LargeBinary, nullable=False),
    _time("created_at"),
    _time("confirmed_at", nullable=True),
    Column("last_step", BigInteger, nullable=True),
)
enrolment_link = Table(
    "enrolment_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False, index=True),
    _time("created_at"),
    _time("expires_at"),
    _time("used_at", nullable=True),
)
guess_count = Table(
    "guess_count",
    metadata,
    Column("subject", StoredText, primary_key=True),
    Column("failures", Integer, nullable=False),
    _time("first_at"),
    _time("last_at"),
    _time("blocked_until", nullable=True),
)
iam_user = Table(
    "iam_user",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("name", StoredText, primary_key=True),
    _text("owner"),
    _text("reason"),
    _time("expires_at"),
    _time("created_at"),
    _text("user_id"),
)
access_key = Table(
    "access_key",
    metadata,
    Column("access_key_id", StoredText, primary_key=True),
    _text("account"),
    _text("user_name"),
    Column("sealed_secret", LargeBinary, nullable=False),
    _text("reason"),
    Column("active", Boolean, nullable=False),
    _time("created_at"),
    _time("expires_at"),
)
server_key = Table(
    "server_key",
    metadata,
    Column("key_id", StoredText, primary_key=True),
    _named("purpose", KeyPurpose),
    Column("sealed", LargeBinary, nullable=False),
    _time("created_at"),
    _time("active_from"),
    _time("retired_at", nullable=True),
)

# --- access ---------------------------------------------------------------------------------------------------------
role = Table(
    "role",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("name", StoredText, primary_key=True),
    Column("role_id", StoredText, nullable=False, unique=True),
    _text("path"),
    _text("description"),
    _text("trust_policy"),
    _map("policies"),
    _text("permissions_boundary"),
    Column("max_session_seconds", Integer, nullable=False),
    _map("tags"),
    _time("created_at"),
)
user_policy = Table(
    "user_policy",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("user_name", StoredText, primary_key=True),
    Column("policy_name", StoredText, primary_key=True),
    _text("document"),
)
permission_set = Table(
    "permission_set",
    metadata,
    Column("name", StoredText, primary_key=True),
    _text("description"),
    _map("policies"),
    Column("session_seconds", Integer, nullable=False),
)
assignment = Table(
    "assignment",
    metadata,
    Column("group_name", StoredText, ForeignKey("groups.name"), primary_key=True),
    Column("permission_set", StoredText, ForeignKey("permission_set.name"), primary_key=True),
    Column("account", StoredText, ForeignKey("account.account_id"), primary_key=True),
    _time("until", nullable=True),
)

organizational_unit = Table(
    "organizational_unit",
    metadata,
    Column("name", StoredText, primary_key=True),
    _text("parent"),
    _texts("accounts"),
    _text("description"),
)
control_policy = Table(
    "control_policy",
    metadata,
    _named("kind", ControlKind, key=True),
    Column("name", StoredText, primary_key=True),
    _text("document"),
    _texts("targets"),
    _text("description"),
)

# --- sessions -------------------------------------------------------------------------------------------------------
browser_session = Table(
    "browser_session",
    metadata,
    Column("session_id", StoredText, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False, index=True),
    _named("level", SessionLevel),
    _texts("methods"),
    _time("created_at"),
    _time("authenticated_at"),
    _time("last_seen_at"),
    _time("expires_at"),
    _text("source_ip"),
    _text("user_agent"),
    Column("csrf_key", LargeBinary, nullable=False),
)
epoch = Table(
    "epoch",
    metadata,
    _named("kind", EpochKind, key=True),
    Column("subject", StoredText, primary_key=True),
    _time("not_before"),
    Column("sequence", BigInteger, nullable=False, unique=True),
)

# --- applications and tokens ----------------------------------------------------------------------------------------
application = Table(
    "application",
    metadata,
    Column("client_id", StoredText, primary_key=True),
    _text("name"),
    _named("kind", ApplicationKind),
    _named("authentication", ClientAuthentication),
    _text("owner"),
    _time("created_at"),
    _text("settings"),  # JSON object of the other fields
    Column("enabled", Boolean, nullable=False),
    Column("policies", TextMap, nullable=False, server_default="{}"),
)
client_secret = Table(
    "client_secret",
    metadata,
    Column("secret_id", StoredText, primary_key=True),
    Column(
        "client_id", StoredText, ForeignKey("application.client_id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("secret_hash", LargeBinary, nullable=False),
    _time("created_at"),
    _time("expires_at"),
)
used_assertion = Table(
    "used_assertion",
    metadata,
    Column("client_id", StoredText, primary_key=True),
    Column("jti", StoredText, primary_key=True),
    _time("expires_at"),
)
authorization_code = Table(
    "authorization_code",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    _text("client_id"),
    _text("person_id"),
    _text("session_id"),
    _text("redirect_uri"),
    _text("code_challenge"),
    _texts("scopes"),
    _text("nonce"),
    _texts("methods"),
    _time("authenticated_at"),
    _time("created_at"),
    _time("expires_at"),
    _text("family_id"),
    _time("used_at", nullable=True),
)
token_family = Table(
    "token_family",
    metadata,
    Column("family_id", StoredText, primary_key=True),
    _text("client_id"),
    Column("person_id", StoredText, nullable=False, index=True),
    Column("session_id", StoredText, nullable=False, index=True),
    _texts("scopes"),
    _texts("methods"),
    _text("nonce"),
    _time("authenticated_at"),
    _time("created_at"),
    _time("expires_at"),
    Column("current_hash", LargeBinary, nullable=False),
    _time("ended_at", nullable=True),
)
refresh_token = Table(
    "refresh_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column(
        "family_id", StoredText, ForeignKey("token_family.family_id", ondelete="CASCADE"), nullable=False, index=True
    ),
    _time("created_at"),
    _time("used_at", nullable=True),
)
for _expiring in (browser_session, used_assertion, authorization_code, token_family):
    Index(f"ix_{_expiring.name}_expires_at", _expiring.c.expires_at)
Index("ix_guess_count_last_at", guess_count.c.last_at)

# --- secrets --------------------------------------------------------------------------------------------------------
secret = Table(
    "secret",
    metadata,
    Column("arn", StoredText, primary_key=True),
    _text("account"),
    _text("name"),
    _text("description"),
    _map("tags"),
    _time("created_at"),
    _time("changed_at"),
    _time("deleted_at", nullable=True),
    _time("deletion_at", nullable=True),
)
Index("uq_secret_account_name", secret.c.account, secret.c.name, unique=True)
secret_version = Table(
    "secret_version",
    metadata,
    Column("arn", StoredText, ForeignKey("secret.arn", ondelete="CASCADE"), primary_key=True),
    Column("version_id", StoredText, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("binary", Boolean, nullable=False),
    _time("created_at"),
    Column("digest", LargeBinary, nullable=False),
)
secret_stage = Table(
    "secret_stage",
    metadata,
    Column("arn", StoredText, ForeignKey("secret.arn", ondelete="CASCADE"), primary_key=True),
    Column("stage", StoredText, primary_key=True),
    _text("version_id"),
)

# --- federation -----------------------------------------------------------------------------------------------------
issuer_trust = Table(
    "issuer_trust",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("issuer", StoredText, primary_key=True),
    _texts("audiences"),
    _texts("algorithms"),
    _text("jwks"),
    _text("jwks_uri"),
    Column("max_token_seconds", Integer, nullable=False),
    _time("created_at"),
)

# --- development only: what would have been mailed --------------------------------------------------------------------
mail = Table(
    "mail",
    metadata,
    Column("mail_id", StoredText, primary_key=True),
    _text("recipient"),
    _text("subject"),
    _text("body"),
    _time("sent_at"),
)
