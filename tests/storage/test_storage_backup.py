"""Is a backup complete and consistent, is a damaged one refused, and can either engine restore it?"""

from __future__ import annotations

import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from ostiary.domain.audit.event import Event
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.model import Directory, Group, Person, PersonStatus
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.storage.backup import BackupUnusable, back_up, opened_backup, restore
from ostiary.storage.engine import Database, open_database
from ostiary.storage.generations import Topic
from ostiary.storage.migrate import migrate
from ostiary.storage.schema import event, generation, lease, metadata
from ostiary.storage.transaction import Transaction

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)


def silent(_table: str, _done: int, _total: int) -> None: ...


def an_event(number: int) -> Event:
    return Event(f"e{number}", number, next(iter(EventName)), Outcome.SUCCESS, "arn:a", "person", "ana")


def fill(tx: Transaction) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_group(Group("g", "o", "p"))
    person = Person("p", "workforce", "ana", "Ünï 🗝", "e", PersonStatus.ACTIVE, NOW, {"a": "b"}, ("g",))
    tx.directory.put_person(person)
    tx.sessions.add_epoch(Epoch(EpochKind.PERSON, "p", NOW))
    for number in range(5):
        tx.audit.append(an_event(number))


def rows_of(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.engine.connect() as connection:
        return {
            table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table not in {lease, generation}
        }


def test_what_is_backed_up_is_restored_over_whatever_was_there(database: Database, tmp_path: Path) -> None:
    database.write(fill)
    kept, path = rows_of(database), tmp_path / "backup"
    seen: list[tuple[str, int, int]] = []
    back_up(database, path, lambda *step: seen.append(step))
    assert ("event", 5, 5) in seen
    database.write(lambda tx: tx.directory.put_group(Group("later", "o", "p")))
    database.record(an_event(99))
    restore(database, path, silent)
    assert rows_of(database) == kept
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [found.name for found in tmp_path.glob("backup*")] == ["backup"]


def test_a_restore_makes_every_worker_forget_and_numbers_go_on(database: Database, tmp_path: Path) -> None:
    database.write(fill)
    back_up(database, tmp_path / "backup", silent)
    for number in range(3):
        database.write(lambda tx, n=number: tx.directory.put_group(Group(f"later{n}", "o", "p")))  # type: ignore[misc]
    with database.read() as tx:
        before = tx.generations.current()
    restore(database, tmp_path / "backup", silent)
    with database.read() as tx:
        after = tx.generations.current()
    assert after.keys() == {topic.value for topic in Topic}
    assert all(after[topic] > before.get(topic, 0) for topic in after)
    database.record(an_event(7))
    with database.read() as tx:
        sequences = [stored.sequence for stored in tx.audit.unsealed(100)]
    assert len(set(sequences)) == 6
    database.write(lambda tx: tx.sessions.add_epoch(Epoch(EpochKind.ROLE, "r", NOW)))


def test_a_backup_of_one_engine_is_restored_to_the_other(
    database: Database, tmp_path: Path, fresh_postgresql_database: Callable[[], str]
) -> None:
    database.write(fill)
    back_up(database, tmp_path / "backup", silent)
    on_sqlite = database.engine.dialect.name == "sqlite"
    other = open_database(fresh_postgresql_database() if on_sqlite else f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    restore(other, tmp_path / "backup", silent)
    assert rows_of(other) == rows_of(database)
    other.record(an_event(9))
    other.close()


def test_a_backup_is_consistent_while_others_write(database: Database, tmp_path: Path) -> None:
    """Each change writes a group and its event together: no backup may hold one without the other."""
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1

            def both(tx: Transaction, number: int = number) -> None:
                tx.directory.put_group(Group(f"g{number}", "o", "p"))
                tx.audit.append(an_event(number))

            database.write(both)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        back_up(database, tmp_path / "backup", silent)
    finally:
        stop.set()
        writer.join()
    with opened_backup(tmp_path / "backup") as copy, copy.read() as tx:
        assert len(tx.directory.groups()) == len(tx.audit.unsealed(100_000))


def test_a_backup_does_not_overwrite(database: Database, tmp_path: Path) -> None:
    (tmp_path / "there").write_text("precious")
    with pytest.raises(FileExistsError):
        back_up(database, tmp_path / "there", silent)
    assert (tmp_path / "there").read_text() == "precious"


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-8192])


def overwrite(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096 : 4096 * 3] = b"\xff" * 8192
    path.write_bytes(data)


def replace_by_text(path: Path) -> None:
    path.write_text("this is no database at all" * 100)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def forget_a_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as driver:
        driver.execute("DROP TABLE token_family")


def make_newer(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as driver:
        driver.execute("UPDATE alembic_version SET version_num = '9999'")


@pytest.mark.parametrize("damage", [cut, overwrite, replace_by_text, empty, forget_a_table, make_newer])
def test_a_damaged_backup_is_refused_and_changes_nothing(
    database: Database, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    database.write(fill)
    back_up(database, tmp_path / "backup", silent)
    damage(tmp_path / "backup")
    database.write(lambda tx: tx.directory.put_group(Group("later", "o", "p")))
    kept = rows_of(database)
    with pytest.raises(BackupUnusable):
        restore(database, tmp_path / "backup", silent)
    assert rows_of(database) == kept
    database.write(lambda tx: tx.directory.put_group(Group("still works", "o", "p")))


def test_a_lease_belongs_to_a_process_and_not_to_a_backup(database: Database, tmp_path: Path) -> None:
    with database.engine.begin() as connection:
        connection.execute(insert(lease).values(name="sealer", holder="me", held_until=NOW))
    back_up(database, tmp_path / "backup", silent)
    with opened_backup(tmp_path / "backup") as copy, copy.engine.connect() as connection:
        assert connection.execute(select(lease)).all() == []
        assert connection.execute(select(event)).all() == []
    restore(database, tmp_path / "backup", silent)
    with database.engine.connect() as connection:
        assert len(connection.execute(select(lease)).all()) == 1
