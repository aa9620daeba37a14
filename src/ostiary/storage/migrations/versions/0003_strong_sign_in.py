"""Strong sign-in: passkeys, recovery codes, sign-in policies, known devices, the outbox, device authorizations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    _add_columns()
    _create_credentials()
    _create_people()
    _create_risk_and_mail()
    _create_applications()


def _add_columns() -> None:
    op.add_column("person", sa.Column("kind", TEXT, nullable=False, server_default="ordinary"))
    op.add_column("person", sa.Column("language", TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("person", sa.Column("email_verified_at", sa.BigInteger(), nullable=True))
    op.create_index("ix_person_email", "person", [sa.text("lower(email)")])
    op.add_column("password", sa.Column("compromised_at", sa.BigInteger(), nullable=True))
    op.add_column("authorization_code", sa.Column("acr", TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("token_family", sa.Column("acr", TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("browser_session", sa.Column("device", TEXT, nullable=False, server_default=sa.text("''")))
    op.add_column("browser_session", sa.Column("place", TEXT, nullable=False, server_default=sa.text("''")))


def _create_credentials() -> None:
    op.create_table(
        "passkey",
        sa.Column("factor_id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("aaguid", TEXT, nullable=False),
        sa.Column("transports", TEXT, nullable=False),
        sa.Column("attestation", TEXT, nullable=False),
        sa.Column("discoverable", sa.Boolean(), nullable=False),
        sa.Column("backup_eligible", sa.Boolean(), nullable=False),
        sa.Column("backed_up", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name="fk_passkey_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("factor_id", name="pk_passkey"),
        sa.UniqueConstraint("credential_id", name="uq_passkey_credential_id"),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"])
    op.create_table(
        "recovery_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_recovery_code_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash", name="pk_recovery_code"),
    )
    op.create_index("ix_recovery_code_person_id", "recovery_code", ["person_id"])
    op.create_table(
        "spent_challenge",
        sa.Column("challenge_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name="pk_spent_challenge"),
    )
    op.create_index("ix_spent_challenge_expires_at", "spent_challenge", ["expires_at"])
    op.create_table(
        "mail_code",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_mail_code"),
    )
    op.create_index("ix_mail_code_expires_at", "mail_code", ["expires_at"])
    op.create_table(
        "one_time_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("payload", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token_hash", name="pk_one_time_link"),
    )
    op.create_index("ix_one_time_link_expires_at", "one_time_link", ["expires_at"])
    op.create_index("ix_one_time_link_person_id", "one_time_link", ["person_id"])


def _create_people() -> None:
    op.create_table(
        "terms_acceptance",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=False),
        sa.Column("accepted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_terms_acceptance_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "version", name="pk_terms_acceptance"),
    )
    op.create_table(
        "sign_in_policy",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_sign_in_policy"),
    )
    op.create_table(
        "recovery_request",
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("requested_by", TEXT, nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", TEXT, nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_recovery_request_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("request_id", name="pk_recovery_request"),
    )
    op.create_index("ix_recovery_request_expires_at", "recovery_request", ["expires_at"])
    op.create_index("ix_recovery_request_person_id", "recovery_request", ["person_id"])
    op.create_table(
        "upstream_provider",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("directory", TEXT, nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_upstream_provider"),
    )
    op.create_table(
        "upstream_identity",
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_upstream_identity_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("provider", "subject", name="pk_upstream_identity"),
    )
    op.create_index("ix_upstream_identity_person_id", "upstream_identity", ["person_id"])


def _create_risk_and_mail() -> None:
    op.create_table(
        "known_device",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("device", TEXT, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("trusted_at", sa.BigInteger(), nullable=True),
        sa.Column("network", TEXT, nullable=False),
        sa.Column("user_agent", TEXT, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_known_device_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "device", name="pk_known_device"),
    )
    op.create_table(
        "known_network",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("network", TEXT, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_known_network_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "network", name="pk_known_network"),
    )
    op.create_table(
        "sign_in_place",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("country", TEXT, nullable=False),
        sa.Column("city", TEXT, nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_sign_in_place_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_sign_in_place"),
    )
    op.create_table(
        "machine_network",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("network", TEXT, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", "network", name="pk_machine_network"),
    )
    op.create_table(
        "outbox",
        sa.Column("message_id", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("recipient_hash", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed_body", sa.LargeBinary(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("last_error", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_outbox"),
    )
    op.create_index("ix_outbox_next_attempt_at", "outbox", ["next_attempt_at"])
    op.create_index("ix_outbox_recipient_hash", "outbox", ["recipient_hash", "created_at"])
    op.drop_table("mail")  # what development mode had shown


def _create_applications() -> None:
    op.create_table(
        "device_authorization",
        sa.Column("device_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user_code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("interval_seconds", sa.Integer(), nullable=False),
        sa.Column("last_polled_at", sa.BigInteger(), nullable=True),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("network", TEXT, nullable=False),
        sa.Column("user_agent", TEXT, nullable=False),
        sa.Column("family_id", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("methods", TEXT, nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("device_code_hash", name="pk_device_authorization"),
        sa.UniqueConstraint("user_code_hash", name="uq_device_authorization_user_code_hash"),
    )
    op.create_index("ix_device_authorization_expires_at", "device_authorization", ["expires_at"])
    op.create_index("ix_device_authorization_network", "device_authorization", ["network"])
    op.create_table(
        "consent",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name="fk_consent_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "client_id", name="pk_consent"),
    )
