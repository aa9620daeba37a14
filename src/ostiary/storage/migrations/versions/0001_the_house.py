"""The house: all tables of the first version. Frozen: a later change is another file."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
ROW_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _create_independent_tables()
    _create_referring_tables()


def _create_independent_tables() -> None:
    op.create_table(
        "access_key",
        sa.Column("access_key_id", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("user_name", TEXT, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("access_key_id", name="pk_access_key"),
    )
    op.create_table(
        "account",
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account_id", name="pk_account"),
    )
    op.create_table(
        "application",
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("authentication", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("settings", TEXT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", name="pk_application"),
    )
    op.create_table(
        "attribute_definition",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("type", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("access", sa.Boolean(), nullable=False),
        sa.Column("self_editable", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_attribute_definition"),
    )
    op.create_table(
        "authorization_code",
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("code_challenge", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("nonce", TEXT, nullable=False),
        sa.Column("methods", TEXT, nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("family_id", TEXT, nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("code_hash", name="pk_authorization_code"),
    )
    op.create_index("ix_authorization_code_expires_at", "authorization_code", ["expires_at"], unique=False)
    op.create_table(
        "checkpoint",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("signed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("size", name="pk_checkpoint"),
    )
    op.create_table(
        "directory",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("password_profile", TEXT, nullable=False),
        sa.Column("session_minutes", sa.Integer(), nullable=False),
        sa.Column("idle_minutes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_directory"),
    )
    op.create_table(
        "epoch",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_epoch"),
        sa.UniqueConstraint("sequence", name="uq_epoch_sequence"),
    )
    op.create_table(
        "event",
        sa.Column("sequence", ROW_NUMBER, autoincrement=True, nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=True),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("user_name", TEXT, nullable=False),
        sa.Column("access_key_id", TEXT, nullable=False),
        sa.Column("read_only", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_event"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_event_at", "event", ["at"], unique=False)
    op.create_index("ix_event_name_sequence", "event", ["name", "sequence"], unique=False)
    op.create_index("ix_event_user_name_sequence", "event", ["user_name", "sequence"], unique=False)
    op.create_index("ix_event_leaf_index", "event", ["leaf_index"], unique=True)
    op.create_table(
        "generation",
        sa.Column("topic", TEXT, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name="pk_generation"),
    )
    op.create_table(
        "groups",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_groups"),
    )
    op.create_table(
        "guess_count",
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("blocked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_guess_count"),
    )
    op.create_index("ix_guess_count_last_at", "guess_count", ["last_at"], unique=False)
    op.create_table(
        "iam_user",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_iam_user"),
    )
    op.create_table(
        "issuer_trust",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("audiences", TEXT, nullable=False),
        sa.Column("algorithms", TEXT, nullable=False),
        sa.Column("jwks", TEXT, nullable=False),
        sa.Column("jwks_uri", TEXT, nullable=False),
        sa.Column("max_token_seconds", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "issuer", name="pk_issuer_trust"),
    )
    op.create_table(
        "last_use",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("operation", TEXT, nullable=False),
        sa.Column("service", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject", name="pk_last_use"),
    )
    op.create_table(
        "leaf_tile",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_leaf_tile"),
    )
    op.create_table(
        "lease",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("holder", TEXT, nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.create_table(
        "mail",
        sa.Column("mail_id", TEXT, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("mail_id", name="pk_mail"),
    )
    op.create_table(
        "organization",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_organization"),
    )
    op.create_table(
        "permission_set",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("policies", TEXT, nullable=False),
        sa.Column("session_seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_permission_set"),
    )
    op.create_table(
        "role",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role_id", TEXT, nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("trust_policy", TEXT, nullable=False),
        sa.Column("policies", TEXT, nullable=False),
        sa.Column("permissions_boundary", TEXT, nullable=False),
        sa.Column("max_session_seconds", sa.Integer(), nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="pk_role"),
        sa.UniqueConstraint("role_id", name="uq_role_role_id"),
    )
    op.create_table(
        "secret",
        sa.Column("arn", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("deletion_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("arn", name="pk_secret"),
    )
    op.create_index("uq_secret_account_name", "secret", ["account", "name"], unique=True)
    op.create_table(
        "server_key",
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("active_from", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name="pk_server_key"),
    )
    op.create_table(
        "token_family",
        sa.Column("family_id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("scopes", TEXT, nullable=False),
        sa.Column("methods", TEXT, nullable=False),
        sa.Column("nonce", TEXT, nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("current_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("family_id", name="pk_token_family"),
    )
    op.create_index("ix_token_family_expires_at", "token_family", ["expires_at"], unique=False)
    op.create_index("ix_token_family_person_id", "token_family", ["person_id"], unique=False)
    op.create_index("ix_token_family_session_id", "token_family", ["session_id"], unique=False)
    op.create_table(
        "used_assertion",
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("jti", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "jti", name="pk_used_assertion"),
    )
    op.create_index("ix_used_assertion_expires_at", "used_assertion", ["expires_at"], unique=False)
    op.create_table(
        "user_policy",
        sa.Column("account", TEXT, nullable=False),
        sa.Column("user_name", TEXT, nullable=False),
        sa.Column("policy_name", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("account", "user_name", "policy_name", name="pk_user_policy"),
    )
    op.create_table(
        "workload",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("purpose", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("issuer", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workload"),
    )
    op.create_index(
        "uq_workload_issuer_subject",
        "workload",
        ["issuer", "subject"],
        unique=True,
        sqlite_where=sa.text("issuer != ''"),
        postgresql_where=sa.text("issuer != ''"),
    )


def _create_referring_tables() -> None:
    op.create_table(
        "assignment",
        sa.Column("group_name", TEXT, nullable=False),
        sa.Column("permission_set", TEXT, nullable=False),
        sa.Column("account", TEXT, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account"], ["account.account_id"], name="fk_assignment_account"),
        sa.ForeignKeyConstraint(["group_name"], ["groups.name"], name="fk_assignment_group_name"),
        sa.ForeignKeyConstraint(["permission_set"], ["permission_set.name"], name="fk_assignment_permission_set"),
        sa.PrimaryKeyConstraint("group_name", "permission_set", "account", name="pk_assignment"),
    )
    op.create_table(
        "client_secret",
        sa.Column("secret_id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["application.client_id"], name="fk_client_secret_client_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("secret_id", name="pk_client_secret"),
    )
    op.create_index("ix_client_secret_client_id", "client_secret", ["client_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("directory", TEXT, nullable=False),
        sa.Column("user_name", TEXT, nullable=False),
        sa.Column("display_name", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("attributes", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["directory"], ["directory.name"], name="fk_person_directory"),
        sa.PrimaryKeyConstraint("person_id", name="pk_person"),
        sa.UniqueConstraint("user_name", name="uq_person_user_name"),
    )
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["family_id"], ["token_family.family_id"], name="fk_refresh_token_family_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_refresh_token"),
    )
    op.create_index("ix_refresh_token_family_id", "refresh_token", ["family_id"], unique=False)
    op.create_table(
        "secret_stage",
        sa.Column("arn", TEXT, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("version_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["arn"], ["secret.arn"], name="fk_secret_stage_arn", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("arn", "stage", name="pk_secret_stage"),
    )
    op.create_table(
        "secret_version",
        sa.Column("arn", TEXT, nullable=False),
        sa.Column("version_id", TEXT, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("binary", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["arn"], ["secret.arn"], name="fk_secret_version_arn", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("arn", "version_id", name="pk_secret_version"),
    )
    op.create_table(
        "browser_session",
        sa.Column("session_id", TEXT, nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("level", TEXT, nullable=False),
        sa.Column("methods", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("authenticated_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("source_ip", TEXT, nullable=False),
        sa.Column("user_agent", TEXT, nullable=False),
        sa.Column("csrf_key", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_browser_session_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_browser_session"),
        sa.UniqueConstraint("token_hash", name="uq_browser_session_token_hash"),
    )
    op.create_index("ix_browser_session_expires_at", "browser_session", ["expires_at"], unique=False)
    op.create_index("ix_browser_session_person_id", "browser_session", ["person_id"], unique=False)
    op.create_table(
        "enrolment_link",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_enrolment_link_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash", name="pk_enrolment_link"),
    )
    op.create_index("ix_enrolment_link_person_id", "enrolment_link", ["person_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("group_name", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["group_name"], ["groups.name"], name="fk_membership_group_name"),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_membership_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "group_name", name="pk_membership"),
    )
    op.create_index("ix_membership_group_name", "membership", ["group_name"], unique=False)
    op.create_table(
        "password",
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("encoded", TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("history", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.person_id"], name="fk_password_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name="pk_password"),
    )
    op.create_table(
        "totp_factor",
        sa.Column("factor_id", TEXT, nullable=False),
        sa.Column("person_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("last_step", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name="fk_totp_factor_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("factor_id", name="pk_totp_factor"),
    )
    op.create_index("ix_totp_factor_person_id", "totp_factor", ["person_id"], unique=False)
