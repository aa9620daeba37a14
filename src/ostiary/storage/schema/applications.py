"""Where are applications, their secrets and their tokens kept?"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, LargeBinary, Table
from sqlalchemy import text as sql_text

from ostiary.domain.applications.model import ApplicationKind, ClientAuthentication
from ostiary.domain.tokens.model import DeviceStatus
from ostiary.storage.columns import StoredText, TextMap
from ostiary.storage.schema.definition import metadata, moment, named, octets, of_person, text, text_key, texts, whole

application = Table(
    "application",
    metadata,
    Column("client_id", StoredText, primary_key=True),
    text("name"),
    named("kind", ApplicationKind),
    named("authentication", ClientAuthentication),
    text("owner"),
    moment("created_at"),
    text("settings"),  # JSON object of the other fields
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
    moment("created_at"),
    moment("expires_at"),
)
used_assertion = Table(
    "used_assertion",
    metadata,
    Column("client_id", StoredText, primary_key=True),
    Column("jti", StoredText, primary_key=True),
    moment("expires_at"),
)
authorization_code = Table(
    "authorization_code",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    text("client_id"),
    text("person_id"),
    text("session_id"),
    text("redirect_uri"),
    text("code_challenge"),
    texts("scopes"),
    text("nonce"),
    texts("methods"),
    moment("authenticated_at"),
    moment("created_at"),
    moment("expires_at"),
    text("family_id"),
    moment("used_at", nullable=True),
    Column("acr", StoredText, nullable=False, server_default=sql_text("''")),
)
token_family = Table(
    "token_family",
    metadata,
    Column("family_id", StoredText, primary_key=True),
    text("client_id"),
    Column("person_id", StoredText, nullable=False, index=True),
    Column("session_id", StoredText, nullable=False, index=True),
    texts("scopes"),
    texts("methods"),
    text("nonce"),
    moment("authenticated_at"),
    moment("created_at"),
    moment("expires_at"),
    Column("current_hash", LargeBinary, nullable=False),
    moment("ended_at", nullable=True),
    Column("acr", StoredText, nullable=False, server_default=sql_text("''")),
)
refresh_token = Table(
    "refresh_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column(
        "family_id", StoredText, ForeignKey("token_family.family_id", ondelete="CASCADE"), nullable=False, index=True
    ),
    moment("created_at"),
    moment("used_at", nullable=True),
)
device_authorization = Table(
    "device_authorization",
    metadata,
    octets("device_code_hash", key=True),
    octets("user_code_hash", unique=True),
    text("client_id"),
    texts("scopes"),
    moment("created_at"),
    moment("expires_at"),
    whole("interval_seconds"),
    moment("last_polled_at", nullable=True),
    text("source_ip"),
    Column("network", StoredText, nullable=False, index=True),
    text("user_agent"),
    text("family_id"),
    named("status", DeviceStatus),
    text("person_id"),
    text("session_id"),
    texts("methods"),
    moment("authenticated_at", nullable=True),
)
consent = Table(
    "consent",
    metadata,
    of_person(key=True),
    text_key("client_id"),
    texts("scopes"),
    moment("granted_at"),
)
for _expiring in (device_authorization, used_assertion, authorization_code, token_family):
    Index(f"ix_{_expiring.name}_expires_at", _expiring.c.expires_at)
