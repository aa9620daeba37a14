"""Do writes survive, fail alone and share commits, among threads and processes?"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from ostiary.domain.audit.errors import FactsConflict, UnstorableText
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.ports import EventQuery, StoredCheckpoint
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.model import EnrolmentLink, TotpFactor
from ostiary.domain.directory.model import Directory, Group, Person, PersonStatus
from ostiary.domain.secrets.model import Secret
from ostiary.domain.tokens.model import AuthorizationCode, RefreshToken, TokenFamily
from ostiary.storage.audit import event_row
from ostiary.storage.engine import Database, open_database
from ostiary.storage.group_commit import GroupCommit, Waiting
from ostiary.storage.sqlite import SqliteDatabase, _Change, _Job
from ostiary.storage.transaction import Transaction

NOW = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
THREADS = 8


def an_event(number: int, *, actor: str = "ana") -> Event:
    return Event(
        event_id=f"e{number}",
        time=1_700_000_000_000_000 + number,
        name=next(iter(EventName)),
        outcome=Outcome.SUCCESS,
        actor_arn="arn:a",
        actor_kind="person",
        actor_name=actor,
        resources=[f"arn:{number}"],
    )


def add_group(name: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.directory.put_group(Group(name, "o", "p"))


def group_names(database: Database) -> list[str]:
    with database.read() as tx:
        return [group.name for group in tx.directory.groups()]


def at_once(work: Callable[[int], bool], *, times: int = THREADS) -> list[bool]:
    barrier = threading.Barrier(times)

    def run(number: int) -> bool:
        barrier.wait()
        return work(number)

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))


def put_person(tx: Transaction) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_person(Person("p", "workforce", "ana", "Ana", "a@example.org", PersonStatus.ACTIVE, NOW))


def test_one_of_many_uses_of_a_code_succeeds(database: Database) -> None:
    code = AuthorizationCode(b"c", "a", "p", "s", "u", "x", (), "", (), NOW, NOW, NOW + HOUR, "f")
    database.write(lambda tx: tx.tokens.add_code(code))
    assert sum(at_once(lambda _: database.write(lambda tx: tx.tokens.use_code(b"c", NOW)))) == 1


def test_one_of_many_rotations_succeeds(database: Database) -> None:
    family = TokenFamily("f", "a", "p", "s", (), (), NOW, NOW, NOW + HOUR, b"r")

    def put(tx: Transaction) -> None:
        tx.tokens.add_family(family)
        tx.tokens.add_refresh_token(RefreshToken(b"r", "f", NOW))

    database.write(put)

    def rotate(number: int) -> bool:
        new = RefreshToken(b"new%d" % number, "f", NOW)
        return database.write(lambda tx: tx.tokens.rotate("f", used_hash=b"r", new=new, now=NOW))

    won = at_once(rotate)
    assert sum(won) == 1
    with database.read() as tx:
        kept = tx.tokens.family("f")
        assert kept is not None
        assert kept.current_hash == b"new%d" % won.index(True)


def test_one_of_many_uses_of_a_link_a_totp_step_and_an_assertion_succeeds(database: Database) -> None:
    def put(tx: Transaction) -> None:
        put_person(tx)
        tx.credentials.add_enrolment_link(EnrolmentLink(b"l", "p", NOW, NOW + HOUR))
        tx.credentials.put_totp_factor(TotpFactor("t", "p", "phone", b"s", NOW))

    database.write(put)
    uses: list[Callable[[Transaction], bool]] = [
        lambda tx: tx.credentials.use_enrolment_link(b"l", NOW),
        lambda tx: tx.credentials.advance_totp_step("t", 7),
        lambda tx: tx.applications.use_assertion("a", "j", now=NOW, expires_at=NOW + HOUR),
    ]
    assert [sum(at_once(lambda _, use=use: database.write(use))) for use in uses] == [1, 1, 1]  # type: ignore[misc]


def test_a_totp_step_never_goes_back(database: Database) -> None:
    database.write(put_person)
    database.write(lambda tx: tx.credentials.put_totp_factor(TotpFactor("t", "p", "phone", b"s", NOW)))
    steps = [5, 5, 4, 6]
    assert [database.write(lambda tx, s=step: tx.credentials.advance_totp_step("t", s)) for step in steps] == [  # type: ignore[misc]
        True,
        False,
        False,
        True,
    ]
    assert not database.write(lambda tx: tx.credentials.advance_totp_step("unknown", 9))


def test_counting_in_a_write_loses_no_count(database: Database) -> None:
    def count(_: int) -> bool:
        for _again in range(5):
            database.write(add_group("same"))
        return True

    at_once(count)
    with database.read() as tx:
        assert tx.generations.current() == {"directory": 5 * THREADS}


def test_a_failed_change_leaves_no_trace_and_reaches_its_caller(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        tx.directory.put_group(Group("half", "o", "p"))
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        database.write(fail)
    assert group_names(database) == []


def test_failing_neighbours_of_a_shared_commit_fail_alone(database: Database) -> None:
    def change(number: int) -> bool:
        def work(tx: Transaction) -> None:
            tx.directory.put_group(Group(f"g{number}", "o", "p"))
            if number % 2:
                raise LookupError
            tx.audit.append(an_event(number))

        try:
            database.write(work)
        except LookupError:
            return False
        return True

    assert at_once(change) == [number % 2 == 0 for number in range(THREADS)]
    assert group_names(database) == [f"g{number}" for number in range(0, THREADS, 2)]
    with database.read() as tx:
        assert len(tx.audit.unsealed(100)) == THREADS // 2


def test_a_broken_constraint_inside_a_change_can_be_survived_by_nobody_else(database: Database) -> None:
    database.write(put_person)
    again = Person("other", "workforce", "ana", "A", "e", PersonStatus.ACTIVE, NOW)
    with pytest.raises(FactsConflict) as caught:
        database.write(lambda tx: tx.directory.put_person(again))
    assert "ana" not in caught.value.operator_text
    database.write(add_group("after"))
    assert group_names(database) == ["after"]


def test_a_read_sees_one_snapshot_even_when_nested(database: Database) -> None:
    database.write(add_group("before"))
    with database.read() as tx:
        assert len(tx.directory.groups()) == 1
        other = threading.Thread(target=database.write, args=(add_group("later"),))
        other.start()
        other.join()
        with database.read() as inner:
            assert len(inner.directory.groups()) == 1
        assert len(tx.directory.groups()) == 1
    assert group_names(database) == ["before", "later"]


def test_a_read_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError), database.read() as tx:
        tx.directory.put_group(Group("sly", "o", "p"))
    assert group_names(database) == []


def test_a_failed_read_does_not_spoil_the_next(database: Database) -> None:
    with pytest.raises(LookupError), database.read():
        raise LookupError
    assert group_names(database) == []


def test_events_are_durable_found_and_filtered(database: Database) -> None:
    for number in range(4):
        database.record(an_event(number, actor="bob" if number == 3 else "ana"))
    with database.read() as tx:
        assert [decode(stored.body).event_id for stored in tx.audit.find(EventQuery(user_name="ana"))] == [
            "e2",
            "e1",
            "e0",
        ]
        newest = tx.audit.find(EventQuery(limit=1))[0]
        assert [decode(s.body).event_id for s in tx.audit.find(EventQuery(before=newest.sequence, limit=1))] == ["e2"]
        assert [decode(s.body).event_id for s in tx.audit.find(EventQuery(resource="arn:1"))] == ["e1"]
        assert tx.audit.find(EventQuery(resource="arn:")) == []
        assert tx.audit.find(EventQuery(until=NOW - timedelta(days=3650))) == []
        assert len(tx.audit.find(EventQuery(since=NOW - timedelta(days=3650), until=NOW))) == 4
        assert newest.index[1] == 1_700_000_000_000_003


def test_events_get_places_leaves_and_checkpoints(database: Database) -> None:
    for number in range(3):
        database.record(an_event(number))
    hashes = [bytes([number]) * 32 for number in range(3)]

    def seal(tx: Transaction) -> None:
        events = tx.audit.unsealed(2)
        tx.audit.place([event.sequence for event in events], first_index=0)
        tx.audit.put_leaf_hashes(0, hashes[:2])
        tx.audit.add_checkpoint(StoredCheckpoint(2, b"root", "note", b"frontier", NOW))

    database.write_committed(seal)
    database.write_committed(lambda tx: tx.audit.put_leaf_hashes(2, [*hashes[2:], *[b"\7" * 32] * 600]))
    with database.read() as tx:
        assert [decode(event.body).event_id for event in tx.audit.unsealed(10)] == ["e2"]
        assert [event.leaf_index for event in tx.audit.sealed_events(0, 10)] == [0, 1]
        assert tx.audit.leaf_hashes(0, 3) == hashes
        assert len(tx.audit.leaf_hashes(250, 520)) == 270
        assert len(tx.audit.leaf_hashes(600, 700)) == 3
        assert tx.audit.latest_checkpoint() == StoredCheckpoint(2, b"root", "note", b"frontier", NOW)
        assert len(tx.audit.checkpoints(after_size=0, limit=5)) == 1
        assert tx.audit.checkpoints(after_size=2, limit=5) == []


def test_a_lease_has_one_holder_until_it_is_over(database: Database) -> None:
    def take(holder: str, at: datetime) -> bool:
        return database.write_committed(
            lambda tx: tx.audit.take_lease(name="sealer", holder=holder, now=at, until=at + HOUR)
        )

    assert take("a", NOW)
    assert take("a", NOW)
    assert not take("b", NOW + HOUR / 2)
    assert take("b", NOW + 2 * HOUR)
    assert sum(at_once(lambda number: take(f"h{number}", NOW + 9 * HOUR))) == 1


def test_sealing_does_not_abort_changes_that_append(database: Database) -> None:
    """The sealer reads what is unsealed and places it while others append inside their changes."""
    runs: list[int] = []

    def change(number: int) -> bool:
        if number == 0:
            for _ in range(10):
                database.write_committed(seal_some)
            return True

        def work(tx: Transaction) -> None:
            runs.append(number)
            tx.audit.append(an_event(number))

        for _ in range(10):
            database.write(work)
        return True

    placed = [0]

    def seal_some(tx: Transaction) -> None:
        events = tx.audit.unsealed(100)
        tx.audit.place([event.sequence for event in events], first_index=placed[0])
        placed[0] += len(events)

    at_once(change, times=5)
    assert len(runs) == 40
    database.write_committed(seal_some)
    assert placed == [40]


HOSTILE = [
    "'; DROP TABLE person; --",
    '" OR ""="',
    "%s %(name)s :name ? {0}",
    "\\'; SELECT pg_sleep(9); --",
    "Ωμέγα 🗝 \u202e אב",
    "a\u0301",
    "\ufeff\u200b",
    "x" * 100_000,
    "line\r\nbreak\ttab\x01\x7f",
]


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_text_comes_back_as_it_went_in(database: Database, hostile: str) -> None:
    def put(tx: Transaction) -> None:
        tx.directory.put_directory(Directory(hostile))
        tx.directory.put_group(Group(hostile[:500], hostile, hostile))
        tx.directory.put_person(
            Person("p", hostile, hostile[:500], hostile, hostile, PersonStatus.ACTIVE, NOW, {hostile: hostile})
        )
        tx.secrets.put_secret(Secret(hostile[:500], "1", hostile[:500], NOW, NOW, hostile, {hostile: hostile}))

    if len(hostile) > 10_000:
        hostile = hostile[:2000]  # a key of an index has its limit; the values are long enough to matter
    database.write(put)
    database.record(an_event(1, actor=hostile))
    with database.read() as tx:
        person = tx.directory.person_by_user_name(hostile[:500])
        assert person is not None
        assert (person.display_name, person.attributes) == (hostile, {hostile: hostile})
        assert tx.directory.groups() == [Group(hostile[:500], hostile, hostile)]
        assert tx.secrets.secret("1", hostile[:500]) is not None
        assert len(tx.audit.find(EventQuery(user_name=hostile))) == 1


@pytest.mark.parametrize("unstorable", ["nul\0inside", "half \ud83d pair"])
def test_text_that_no_database_can_keep_is_refused_everywhere(database: Database, unstorable: str) -> None:
    person = Person("p", "d", "ana", "A", "e", PersonStatus.ACTIVE, NOW)
    changes: list[Callable[[Transaction], object]] = [
        lambda tx: tx.directory.put_group(Group(unstorable, "o", "p")),
        lambda tx: tx.directory.put_person(replace(person, attributes={"a": unstorable})),
        lambda tx: tx.directory.put_person(replace(person, attributes={unstorable: "a"})),
        lambda tx: tx.applications.use_assertion(unstorable, "j", now=NOW, expires_at=NOW),
        lambda tx: tx.directory.person_by_user_name(unstorable),
        lambda tx: tx.secrets.secret("1", unstorable),
        lambda tx: tx.audit.find(EventQuery(user_name=unstorable)),
    ]
    for change in changes:
        with pytest.raises(UnstorableText):
            database.write(change)
    with pytest.raises(UnstorableText), database.read() as tx:
        tx.directory.workload(unstorable)
    assert group_names(database) == []


def test_a_strangers_nul_does_not_stop_the_record(database: Database) -> None:
    database.record(an_event(1, actor="nul\0inside"))
    with database.read() as tx:
        (stored,) = tx.audit.find(EventQuery(user_name="nulinside"))
        assert decode(stored.body).actor_name == "nul\0inside"


def test_a_write_inside_a_write_is_refused_and_not_waited_for(tmp_path: Path, migrated_sqlite_file: Path) -> None:
    database = open_database(f"sqlite:///{migrated_sqlite_file}")
    for inner in (lambda: database.write(add_group("x")), lambda: database.record(an_event(1))):
        with pytest.raises(RuntimeError, match="inside the work of a write"):
            database.write(lambda _tx, i=inner: i())  # type: ignore[misc]
    assert group_names(database) == []
    database.close()


# --- SQLite ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def sqlite_file(tmp_path: Path, migrated_sqlite_file: Path) -> Path:
    path = tmp_path / "one.db"
    path.write_bytes(migrated_sqlite_file.read_bytes())
    return path


def test_waiting_requests_share_commits(sqlite_file: Path) -> None:
    database = open_database(f"sqlite:///{sqlite_file}")
    assert isinstance(database, SqliteDatabase)
    rounds: list[int] = []
    commit = database._commit

    def counting(batch: object) -> None:
        rounds.append(len(batch))  # type: ignore[arg-type]
        commit(batch)  # type: ignore[arg-type]

    database._commits._commit = counting

    def record(number: int) -> bool:
        for n in range(20):
            database.record(an_event(n * 100 + number))
        return True

    at_once(record)
    assert sum(rounds) == 20 * THREADS
    assert len(rounds) < sum(rounds)
    with database.read() as tx:
        assert len(tx.audit.unsealed(1000)) == 20 * THREADS
    database.close()


def test_a_refused_change_takes_no_event_of_its_round_down(sqlite_file: Path) -> None:
    """The refusal is the very first statement of the writer's connection."""
    database = open_database(f"sqlite:///{sqlite_file}")
    assert isinstance(database, SqliteDatabase)
    event = Waiting[_Job](event_row(an_event(1)))
    refused = Waiting[_Job](_Change(add_group("nul\0inside")))
    good = Waiting[_Job](_Change(add_group("good")))
    database._commit([event, refused, good])
    assert isinstance(refused.failure, UnstorableText)
    assert (event.failure, good.failure) == (None, None)
    assert group_names(database) == ["good"]
    with database.read() as tx:
        assert len(tx.audit.unsealed(10)) == 1
    database.close()


def test_a_failed_round_is_told_to_all_and_the_next_one_works(sqlite_file: Path) -> None:
    database = open_database(f"sqlite:///{sqlite_file}")
    database.write(add_group("before"))

    def interrupted(tx: Transaction) -> None:
        tx.directory.put_group(Group("never", "o", "p"))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        database.write(interrupted)
    database.write(add_group("z-after"))
    assert group_names(database) == ["before", "z-after"]
    database.close()


def test_several_processes_write_one_sqlite_file(sqlite_file: Path) -> None:
    program = (
        "import sys, threading\n"
        "from ostiary.storage.engine import open_database\n"
        "from ostiary.domain.directory.model import Group\n"
        "database = open_database(sys.argv[1])\n"
        "def work(thread):\n"
        "    for n in range(10):\n"
        "        name = f'{sys.argv[2]}-{thread}-{n}'\n"
        "        database.write(lambda tx: tx.directory.put_group(Group(name, 'o', 'p')))\n"
        "threads = [threading.Thread(target=work, args=(t,)) for t in range(3)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
    )
    url = f"sqlite:///{sqlite_file}"
    running = [subprocess.Popen([sys.executable, "-c", program, url, str(n)]) for n in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    database = open_database(url)
    with database.read() as tx:
        assert tx.generations.current() == {"directory": 90}
    assert len(group_names(database)) == 90
    database.close()


def test_sqlite_is_opened_so_that_commits_survive_a_power_cut(sqlite_file: Path) -> None:
    database = open_database(f"sqlite:///{sqlite_file}")
    with database.engine.connect() as connection:
        settings = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
        assert [*settings, connection.execute(text("PRAGMA foreign_keys")).scalar()] == ["wal", 2, 1]
    database.close()


@pytest.mark.parametrize("url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "no url", ""])
def test_an_engine_that_is_not_supported_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"database|forgets"):
        open_database(url)


# --- group commit alone ---------------------------------------------------------------------------------------------


def test_whoever_stops_waiting_is_not_counted_on_to_lead() -> None:
    """A follower is interrupted after it was chosen to lead the next round; the one behind it must lead."""
    commits: GroupCommit[str] = GroupCommit(lambda _batch: None)
    commits._led = True  # somebody commits
    gone, behind = Waiting("gone"), Waiting("behind")
    commits._pending = [gone, behind]
    with commits._mutex:
        commits._choose_successor()
    commits._abandon(gone)
    assert behind.gate.acquire(timeout=1)
    assert commits._pending == [behind]
    commits._lead(threading.get_ident())
    assert behind.done
    commits.submit("next")


def test_a_leader_whose_commit_fails_tells_everybody_of_the_round() -> None:
    def fail(_batch: object) -> None:
        raise OSError("disk full")

    commits: GroupCommit[int] = GroupCommit(fail)

    def submit(number: int) -> bool:
        with pytest.raises(OSError, match="disk full"):
            commits.submit(number)
        return True

    assert at_once(submit) == [True] * THREADS
