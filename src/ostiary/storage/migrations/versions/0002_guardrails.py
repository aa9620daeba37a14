"""Guardrails: organizational units, control policies, and the policies of applications."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "organizational_unit",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("parent", TEXT, nullable=False),
        sa.Column("accounts", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_organizational_unit"),
    )
    op.create_table(
        "control_policy",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("targets", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_control_policy"),
    )
    op.add_column("application", sa.Column("policies", TEXT, nullable=False, server_default="{}"))
