"""How is everything that is kept copied to one file, while the server runs, and put back?

The file is an SQLite database with the same tables, whatever the engine: a backup of one can be restored to the other.
It holds what the database holds: sealed and hashed values, never the root key.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Table,
    Text,
    delete,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.types import TypeDecorator, TypeEngine

from ostiary.storage.columns import Moment
from ostiary.storage.engine import Database
from ostiary.storage.generations import GenerationTable, Topic
from ostiary.storage.migrate import HEAD, migrate, revision_of
from ostiary.storage.schema import generation, lease, metadata
from ostiary.storage.sqlite import SqliteDatabase

Progress = Callable[[str, int, int], None]
_ROWS = 1000
_PRIVATE = 0o600


class BackupUnusable(Exception):
    """The file is no backup, is damaged, or was made by a newer program."""


def back_up(database: Database, path: Path, progress: Progress) -> None:
    """Write a consistent copy to the new file `path`, mode 0600. Raises FileExistsError.

    `progress` is called with the table's name, the rows that were copied and the rows that there are.
    """
    if path.exists():
        raise FileExistsError(f"`{path}` exists: choose another name")
    part = path.with_name(path.name + ".part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _PRIVATE))
    try:
        with _opened(part) as copy:
            migrate(copy)
            with database.snapshot() as source, copy.alone() as target:
                _copy_all(source, target, progress)
        _make_single_file(part)
        part.rename(path)
    finally:
        for leftover in _files_of(part):
            leftover.unlink(missing_ok=True)


@contextmanager
def opened_backup(path: Path) -> Iterator[SqliteDatabase]:
    """A checked private copy of the backup, brought to this program's schema, to verify before it replaces anything.

    Raises BackupUnusable.
    """
    with tempfile.TemporaryDirectory(prefix="ostiary-restore-", dir=path.parent) as folder:
        copy = Path(folder) / "backup.db"
        shutil.copyfile(path, copy)
        copy.chmod(_PRIVATE)
        _check_integrity(copy, name=path)
        with _opened(copy) as database:
            revision = revision_of(database)
            if revision is None or revision > HEAD:
                raise BackupUnusable(f"`{path}` is no backup that this version of ostiary can read")
            migrate(database)
            _check_tables(database, name=path)
            yield database


def restore(database: Database, path: Path, progress: Progress) -> None:
    """Replace everything in `database` by what `path` holds, in one transaction; raises BackupUnusable.

    The schema of `database` must be at HEAD. Every generation is raised above what was and what comes, and
    `Topic.EVERYTHING` too, so that running workers throw away what they remember.
    """
    with opened_backup(path) as backup, backup.snapshot() as source, database.alone(_LOCKED) as target:
        numbers = _generations(target)
        for table in reversed(_TABLES):
            target.execute(delete(table))
        _copy_all(source, target, progress)
        _raise_all(target, numbers)
        _continue_numbering(target)


def _copy_all(source: Connection, target: Connection, progress: Progress) -> None:
    for table in _TABLES:
        total = source.execute(select(func.count()).select_from(table)).scalar_one()
        done = 0
        progress(table.name, done, total)
        rows = source.execute(select(table).execution_options(yield_per=_ROWS)).mappings()
        for part in rows.partitions():
            target.execute(insert(table), [dict(row) for row in part])
            done += len(part)
            progress(table.name, done, total)


def _generations(connection: Connection) -> dict[str, int]:
    return GenerationTable(connection).current()


def _raise_all(target: Connection, before: dict[str, int]) -> None:
    now = _generations(target)
    target.execute(delete(generation))
    topics = {topic.value for topic in Topic} | now.keys() | before.keys()
    raised = [{"topic": topic, "number": max(now.get(topic, 0), before.get(topic, 0)) + 1} for topic in sorted(topics)]
    target.execute(insert(generation), raised)


def _continue_numbering(target: Connection) -> None:
    """New events are numbered above the restored ones; SQLite's AUTOINCREMENT sees to it by itself."""
    if target.dialect.name == "postgresql":
        target.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('event', 'sequence'),"
                " GREATEST((SELECT max(sequence) FROM event), nextval(pg_get_serial_sequence('event', 'sequence'))))"
            )
        )


def _check_integrity(path: Path, *, name: Path) -> None:
    try:
        with closing(sqlite3.connect(path)) as driver:
            damage = driver.execute("PRAGMA integrity_check(1)").fetchone()[0]
            orphan = driver.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as failure:
        raise BackupUnusable(f"`{name}` is damaged or no backup: {failure}") from None
    if damage != "ok" or orphan is not None:
        raise BackupUnusable(f"`{name}` is damaged: use an earlier backup")


def _check_tables(database: SqliteDatabase, *, name: Path) -> None:
    found = inspect(database.engine)
    for table in _TABLES:
        columns = {column["name"] for column in found.get_columns(table.name)} if found.has_table(table.name) else set()
        if columns != set(table.c.keys()):
            raise BackupUnusable(f"`{name}` is damaged: its table `{table.name}` is not as it was written")


@contextmanager
def _opened(path: Path) -> Iterator[SqliteDatabase]:
    database = SqliteDatabase(URL.create("sqlite", database=str(path)))
    try:
        yield database
    finally:
        database.close()


def _make_single_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("PRAGMA journal_mode=DELETE")
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def _files_of(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")]


def _stored_form(table: Table) -> Table:
    """The same table with its values as they are stored: no detour over times, mappings and vocabularies."""
    return Table(table.name, _stored, *(Column(column.name, _stored_type(column.type)) for column in table.c))


def _stored_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    if isinstance(kind, Moment):
        return BigInteger()
    return Text() if isinstance(kind, TypeDecorator) else kind


_stored = MetaData()
# A lease belongs to a running process, not to the facts. Sorted so that what is referred to comes first.
_TABLES = [_stored_form(table) for table in metadata.sorted_tables if table is not lease]
_LOCKED = tuple(table.name for table in metadata.sorted_tables)
