"""Is everything in place before the first worker starts?

Migrations run here. `serve --database-url` on an empty PostgreSQL database copies the organization of the data
directory there, and remembers the address, so that one data directory always means one database.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable
from ostiary.app.house import open_house
from ostiary.app.settings import ServeSettings, database_url, remember
from ostiary.storage.backup import back_up, restore
from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import migrate, revision_of


def prepare(settings: ServeSettings) -> ServeSettings:
    """The settings with their database URL resolved. Raises what `open_house` raises: a start that fails says why."""
    directory = DataDirectory(settings.data)
    directory.root_key()
    url = database_url(directory, settings.database_url)
    database = open_database(url)
    try:
        if revision_of(database) is None:
            _move_in(directory, database, url)
        migrate(database)
    finally:
        database.close()
    if settings.database_url:
        remember(directory, database_url=settings.database_url)
    with open_house(directory, url=url) as house:
        house.sealer.seal()
    return replace(settings, database_url=url)


def _move_in(directory: DataDirectory, database: Database, url: str) -> None:
    known = database_url(directory)
    if known == url:
        raise DataDirectoryUnusable(
            "the database of this data directory is empty: restore a backup, or run `ostiary init`"
        )
    migrate(database)
    source = open_database(known)
    try:
        with tempfile.TemporaryDirectory(dir=directory.path) as folder:
            copy = Path(folder) / "move.db"
            back_up(source, copy, lambda _what, _done, _total: None)
            restore(database, copy, lambda _what, _done, _total: None)
    finally:
        source.close()
