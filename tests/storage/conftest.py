"""What does the conformance suite run against? The same tests on an SQLite file and on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import migrate
from ostiary.storage.schema import metadata


@pytest.fixture(scope="session")
def migrated_sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("storage") / "template.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def migrated_postgresql(fresh_postgresql_database: Callable[[], str]) -> str:
    url = fresh_postgresql_database()
    database = open_database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Migrated and empty, on each engine."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_sqlite_file"), tmp_path / "house.db")
        opened = open_database(f"sqlite:///{tmp_path / 'house.db'}")
    else:
        opened = open_database(request.getfixturevalue("migrated_postgresql"))
        with opened.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
    yield opened
    opened.close()
