"""Does a worker's memory follow what is kept, part by part, and does it know when it does not?"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostiary.app.jobs import Job, Jobs
from ostiary.app.memory import STALE_SECONDS, DatabaseGone, Memory, in_place, watch
from ostiary.app.node_signal import NodeSignal
from ostiary.domain.directory.model import Account
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.kit.clock import SystemClock
from ostiary.kit.current import Current
from ostiary.storage.engine import Database, open_database
from ostiary.storage.generations import Topic
from ostiary.storage.migrate import migrate
from ostiary.storage.transaction import Transaction


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'house.db'}")
    migrate(opened)
    yield opened
    opened.close()


class Remembering:
    """Counts how often each part was built; the accounts may be made to fail."""

    def __init__(self, database: Database) -> None:
        self.broken = False
        self.at = 0.0
        self.accounts: Current[int] = Current(0)
        self.epochs: Current[int] = Current(0)
        watched = [
            watch(self.accounts, self._count_accounts, Topic.DIRECTORY),
            watch(self.epochs, lambda tx, _known: len(list(tx.sessions.epochs_after(0))), Topic.EPOCHS),
        ]
        signal = NodeSignal(Path(str(database.engine.url.database)).with_name("changed"))
        self.memory = Memory(database=database, watched=watched, signal=signal, monotonic=lambda: self.at)

    def _count_accounts(self, tx: Transaction, _known: int) -> int:
        if self.broken:
            raise ValueError("a row that cannot be read")
        return len(tx.directory.accounts())


def put_account(database: Database, number: int) -> None:
    database.write(lambda tx: tx.directory.put_account(Account(f"{number:012d}", f"account {number}")))


def put_epoch(database: Database) -> None:
    now = SystemClock().now()
    database.write(lambda tx: tx.sessions.add_epoch(Epoch(EpochKind.PERSON, "ana", now)))


def test_what_changed_is_built_anew_and_nothing_else(database: Database) -> None:
    known = Remembering(database)
    known.memory.load()
    put_account(database, 1)
    known.memory.refresh()
    assert (known.accounts.value, known.epochs.value) == (1, 0)


def test_a_part_that_cannot_be_built_does_not_hold_up_revocations(database: Database) -> None:
    known = Remembering(database)
    known.memory.load()
    known.broken = True
    put_account(database, 1)
    put_epoch(database)
    with pytest.raises(ValueError, match="cannot be read"):
        known.memory.refresh()
    assert (known.accounts.value, known.epochs.value) == (0, 1)


def test_a_part_that_could_not_be_built_is_tried_again(database: Database) -> None:
    known = Remembering(database)
    known.memory.load()
    known.broken = True
    put_account(database, 1)
    for _ in range(2):
        with pytest.raises(ValueError, match="cannot be read"):
            known.memory.refresh()
    known.broken = False
    known.memory.refresh()
    assert known.accounts.value == 1


def test_memory_that_cannot_follow_grows_stale(database: Database) -> None:
    known = Remembering(database)
    known.memory.load()
    known.broken = True
    put_account(database, 1)
    known.at = STALE_SECONDS + 1
    with pytest.raises(ValueError, match="cannot be read"):
        known.memory.refresh()
    assert known.memory.stale
    known.broken = False
    known.memory.refresh()
    assert not known.memory.stale


def test_a_worker_does_not_start_with_a_part_that_cannot_be_built(database: Database) -> None:
    known = Remembering(database)
    known.broken = True
    with pytest.raises(ValueError, match="cannot be read"):
        known.memory.load()


def test_a_database_file_that_was_removed_or_replaced_is_seen(database: Database, tmp_path: Path) -> None:
    """What is written to a file without a name is lost when the server stops."""
    check = in_place(database)
    check()
    path = tmp_path / "house.db"
    shutil.copy(path, tmp_path / "copy.db")
    (tmp_path / "copy.db").replace(path)
    with pytest.raises(DatabaseGone, match="was replaced"):
        check()
    path.unlink()
    with pytest.raises(DatabaseGone, match="has gone"):
        check()


# --- jobs ------------------------------------------------------------------------------------------------------------


def test_a_job_that_fails_is_tried_again_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    runs, enough = [0], threading.Event()

    def fail() -> None:
        runs[0] += 1
        if runs[0] == 5:
            enough.set()
        raise ValueError("the disk is full")

    jobs = Jobs([Job("failing", 0.01, fail)])
    jobs.start()
    assert enough.wait(10)
    jobs.stop()
    assert jobs.failures["failing"] >= 5
    assert len([record for record in caplog.records if "the job failing failed" in record.getMessage()]) == 1


def test_a_clean_stop_runs_what_must_not_be_lost_a_last_time_in_order() -> None:
    ran: list[str] = []
    jobs = Jobs(
        [
            Job("flush", 1e6, lambda: ran.append("flush"), at_stop=True),
            Job("other", 1e6, lambda: ran.append("other")),
            Job("seal", 1e6, lambda: ran.append("seal"), at_stop=True),
        ]
    )
    jobs.start()
    jobs.stop()
    assert ran == ["flush", "seal"]
