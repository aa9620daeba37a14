"""How does Alembic reach the database? By the connection that `migrate` hands it; there is no alembic.ini."""

from __future__ import annotations

from alembic import context

from ostiary.storage.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter a table in place: Alembic copies it.
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
