"""Is the database's schema the one that this program knows, and how does it become so?

Alembic is imported only to migrate: every start of a worker asks `check_revision`.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from ostiary.storage.engine import Database

HEAD = "0003"
_MIGRATIONS = Path(__file__).parent / "migrations"


class SchemaOutdated(Exception):
    """The database is empty, older or newer than this program."""


def revision_of(database: Database) -> str | None:
    """None for a database without our tables."""
    with database.engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return revision


def check_revision(database: Database) -> None:
    """Raises SchemaOutdated, with what to do about it."""
    revision = revision_of(database)
    if revision is None:
        raise SchemaOutdated("the database has no tables: run `ostiary init`")
    if revision == HEAD:
        return
    if revision > HEAD:
        raise SchemaOutdated(f"the database (schema {revision}) was made by a newer ostiary: install that version")
    raise SchemaOutdated(
        f"the database has schema {revision} and this ostiary needs {HEAD}: start `ostiary serve` to bring it there"
    )


def migrate(database: Database) -> None:
    """Bring the schema to HEAD, all or nothing; on a database that is there already nothing happens."""
    if revision_of(database) == HEAD:
        return
    with database.alone() as connection:
        _upgrade(connection)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 - only a migration pays for the import
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)
