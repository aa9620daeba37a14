"""Where is what proves an identity kept, and what counts guesses at it?"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from ostiary.domain.credentials.model import KeyPurpose, LinkPurpose
from ostiary.storage.columns import StoredText
from ostiary.storage.schema.definition import (
    metadata,
    moment,
    named,
    octets,
    of_person,
    text,
    text_key,
    text_map,
    texts,
)

password = Table(
    "password",
    metadata,
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), primary_key=True),
    text("encoded"),
    moment("changed_at"),
    texts("history"),
    moment("compromised_at", nullable=True),
)
totp_factor = Table(
    "totp_factor",
    metadata,
    Column("factor_id", StoredText, primary_key=True),
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False, index=True),
    text("name"),
    Column("sealed_secret", LargeBinary, nullable=False),
    moment("created_at"),
    moment("confirmed_at", nullable=True),
    Column("last_step", BigInteger, nullable=True),
)
passkey = Table(
    "passkey",
    metadata,
    text_key("factor_id"),
    of_person(),
    text("name"),
    octets("credential_id", unique=True),
    octets("public_key"),
    Column("sign_count", BigInteger, nullable=False),
    text("aaguid"),
    texts("transports"),
    text("attestation"),
    Column("discoverable", Boolean, nullable=False),
    Column("backup_eligible", Boolean, nullable=False),
    Column("backed_up", Boolean, nullable=False),
    moment("created_at"),
)
recovery_code = Table(
    "recovery_code",
    metadata,
    octets("code_hash", key=True),
    of_person(),
    moment("created_at"),
    moment("used_at", nullable=True),
)
spent_challenge = Table("spent_challenge", metadata, octets("challenge_hash", key=True), moment("expires_at"))
mail_code = Table(
    "mail_code",
    metadata,
    text_key("subject"),
    octets("code_hash"),
    moment("created_at"),
    moment("expires_at"),
)
one_time_link = Table(
    "one_time_link",
    metadata,
    octets("token_hash", key=True),
    named("purpose", LinkPurpose),
    Column("person_id", StoredText, nullable=False, index=True),  # empty before there is a person
    text_map("payload"),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
)
for _expiring in (spent_challenge, mail_code, one_time_link):
    Index(f"ix_{_expiring.name}_expires_at", _expiring.c.expires_at)
enrolment_link = Table(
    "enrolment_link",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("person_id", StoredText, ForeignKey("person.person_id", ondelete="CASCADE"), nullable=False, index=True),
    moment("created_at"),
    moment("expires_at"),
    moment("used_at", nullable=True),
)
guess_count = Table(
    "guess_count",
    metadata,
    Column("subject", StoredText, primary_key=True),
    Column("failures", Integer, nullable=False),
    moment("first_at"),
    moment("last_at"),
    moment("blocked_until", nullable=True),
)
iam_user = Table(
    "iam_user",
    metadata,
    Column("account", StoredText, primary_key=True),
    Column("name", StoredText, primary_key=True),
    text("owner"),
    text("reason"),
    moment("expires_at"),
    moment("created_at"),
    text("user_id"),
)
access_key = Table(
    "access_key",
    metadata,
    Column("access_key_id", StoredText, primary_key=True),
    text("account"),
    text("user_name"),
    Column("sealed_secret", LargeBinary, nullable=False),
    text("reason"),
    Column("active", Boolean, nullable=False),
    moment("created_at"),
    moment("expires_at"),
)
server_key = Table(
    "server_key",
    metadata,
    Column("key_id", StoredText, primary_key=True),
    named("purpose", KeyPurpose),
    Column("sealed", LargeBinary, nullable=False),
    moment("created_at"),
    moment("active_from"),
    moment("retired_at", nullable=True),
)
Index("ix_guess_count_last_at", guess_count.c.last_at)
