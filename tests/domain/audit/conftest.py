"""A trail on each engine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import migrate
from ostiary.storage.schema import metadata
from parts.trail import Trail, raw_access


@pytest.fixture(scope="session")
def empty_trail_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trail") / "template.db"
    database = open_database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def empty_trail_url(fresh_postgresql_database: Callable[[], str]) -> str:
    url = fresh_postgresql_database()
    database = open_database(url)
    migrate(database)
    database.close()
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def trail(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Trail]:
    if request.param == "sqlite":
        path = tmp_path / "trail.db"
        shutil.copy(request.getfixturevalue("empty_trail_file"), path)
        database: Database = open_database(f"sqlite:///{path}")
    else:
        database = open_database(request.getfixturevalue("empty_trail_url"))
        with database.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())
    yield Trail(database, raw_access(database))
    database.close()


@pytest.fixture
def sqlite_trail(empty_trail_file: Path, tmp_path: Path) -> Iterator[Trail]:
    """Where SQLite alone allows what is tried."""
    path = tmp_path / "trail.db"
    shutil.copy(empty_trail_file, path)
    database = open_database(f"sqlite:///{path}")
    yield Trail(database, raw_access(database))
    database.close()
