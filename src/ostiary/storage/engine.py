"""Which database is meant by a URL, and what is the same on every engine?"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from ostiary.storage.sqlite import SqliteDatabase

if TYPE_CHECKING:
    from ostiary.storage.postgresql import PostgresqlDatabase

Database: TypeAlias = "SqliteDatabase | PostgresqlDatabase"


def open_database(url: str, *, pool_size: int = 16) -> Database:
    """Raises ValueError for an engine that is not supported; connects lazily.

    `pool_size` is for PostgreSQL and should be at least the number of threads.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        # The text is not repeated: it may hold a password.
        raise ValueError(
            "the database URL cannot be read: write postgresql://user@host/name or sqlite:///file"
        ) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return SqliteDatabase(parsed)
        case "sqlite":
            raise ValueError("a database in memory forgets everything: write sqlite:///file")
        case "postgresql":
            # Loading psycopg costs a fifth of a start, and most start without it.
            from ostiary.storage.postgresql import PostgresqlDatabase  # noqa: PLC0415

            return PostgresqlDatabase(parsed.set(drivername="postgresql+psycopg"), pool_size=pool_size)
        case other:
            raise ValueError(f"the database engine `{other}` is not supported: use sqlite or postgresql")
