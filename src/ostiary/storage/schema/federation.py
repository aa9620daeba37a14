"""Where are trusts in outside issuers kept?"""

from __future__ import annotations

from sqlalchemy import Column, Integer, Table

from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import metadata, moment, octets, of_person, text, text_key, texts

issuer_trust = Table(
    "issuer_trust",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("issuer", StoredText, primary_key=True),
    texts("audiences"),
    texts("algorithms"),
    text("jwks"),
    text("jwks_uri"),
    Column("max_token_seconds", Integer, nullable=False),
    moment("created_at"),
)
upstream_provider = Table(
    "upstream_provider",
    metadata,
    text_key("name"),
    text("directory"),
    text("settings"),  # JSON object of the other fields
    octets("sealed_secret"),
)
upstream_identity = Table(
    "upstream_identity",
    metadata,
    text_key("provider"),
    text_key("subject"),
    of_person(),
    moment("linked_at"),
)
