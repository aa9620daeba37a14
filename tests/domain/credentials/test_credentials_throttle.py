"""Is a guess counted before it is checked, on every worker, and can a stranger not lock somebody out? (BP01-14)"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.domain.audit.caller import Door, Origin, anonymous
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.ports import EventQuery
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.server_keys import load_server_keys, make_first_keys
from ostiary.domain.credentials.throttle import DEVICE_CEILING, Guess, Guessed, Throttle, succeeded
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.current import Current
from ostiary.storage.engine import Database, open_database
from ostiary.storage.schema import metadata

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOME, CAFE, STRANGE = "192.0.2.17", "198.51.100.4", "203.0.113.66"
LAPTOP, STOLEN = "laptop-hash", "stolen-hash"


@dataclass
class Worker:
    """The throttle of one worker."""

    throttle: Throttle
    database: Database
    clock: FixedClock

    def guess(self, name: str = "ada", *, ip: str = HOME, device: str = "", kind: Guessed = Guessed.PASSWORD) -> Guess:
        return self.throttle.count(anonymous(origin(ip, device)), kind, name=name)

    def wrong(self, times: int, name: str = "ada", *, ip: str = HOME, device: str = "") -> int:
        """How many of so many guesses were let through."""
        passed = 0
        for _ in range(times):
            try:
                self.guess(name, ip=ip, device=device)
            except Throttled:
                continue
            passed += 1
        return passed

    def patient(self, failures: int, *, ip: str = HOME, device: str = "") -> None:
        """So many failures by somebody who waits whenever he must."""
        for _ in range(failures):
            try:
                self.guess(ip=ip, device=device)
            except Throttled as throttled:
                self.clock.advance(timedelta(seconds=throttled.retry_after))
                self.guess(ip=ip, device=device)

    def right(self, name: str = "ada", *, ip: str = HOME, device: str = "") -> None:
        guess = self.guess(name, ip=ip, device=device)
        self.database.write(lambda tx: succeeded(tx.credentials, guess, self.clock.now()))

    def come_in(self, name: str = "ada", *, ip: str = HOME, device: str = LAPTOP) -> None:
        self.right(name, ip=ip, device=device)
        where = origin(ip, device)
        self.database.write(lambda tx: self.throttle.know(tx.credentials, name=name, origin=where, now=NOON))

    def events(self, name: str) -> list[Event]:
        with self.database.read() as tx:
            return [decode(stored.body) for stored in tx.audit.find(EventQuery(name=name, limit=500))]


def origin(ip: str, device: str = "") -> Origin:
    return Origin(Door.WEB, source_ip=ip, device=device)


@pytest.fixture
def make_door(tmp_path: Path) -> Callable[[str], Worker]:
    root, clock = RootKey.generate(), FixedClock(NOON)

    def make(url: str) -> Worker:
        database = open_database(url or f"sqlite:///{tmp_path}/ostiary.db")
        metadata.create_all(database.engine)
        with database.read() as tx:
            keyless = not tx.server_keys.server_keys()
        if keyless:
            database.write(lambda tx: make_first_keys(tx.server_keys, root, now=NOON))
        with database.read() as tx:
            keys = Current(load_server_keys(tx.server_keys, root, now=NOON))
        return Worker(Throttle(transactions=database, keys=keys, clock=clock), database, clock)

    return make


@pytest.fixture
def door(make_door: Callable[[str], Worker]) -> Iterator[Worker]:
    opened = make_door("")
    with closing(opened.database):
        yield opened


def test_a_stranger_on_many_networks_does_not_make_a_known_browser_wait(door: Worker) -> None:
    door.come_in()
    for number in range(120):
        door.wrong(1, ip=f"198.51.100.{number}")
    with pytest.raises(Throttled):
        door.right(ip=CAFE)
    door.right(ip=CAFE, device=LAPTOP)


def test_a_stranger_in_the_same_network_does_not_make_a_known_browser_wait(door: Worker) -> None:
    door.come_in()
    door.wrong(20)
    for number in range(80):
        door.wrong(1, name=f"person{number}")
    with pytest.raises(Throttled):
        door.right()
    door.right(device=LAPTOP)


def test_a_known_network_is_free_of_what_others_failed_elsewhere(door: Worker) -> None:
    door.come_in(device="")
    for number in range(120):
        door.wrong(1, ip=f"198.51.100.{number}")
    door.right(ip=HOME)


def test_after_a_hundred_failures_in_a_row_a_known_network_is_a_strangers(door: Worker) -> None:
    door.right(ip=HOME)
    for number in range(120):
        door.wrong(1, ip=f"198.51.100.{number}")
    door.patient(60)
    with pytest.raises(Throttled) as throttled:
        door.guess()
    assert throttled.value.retry_after == 15 * 60
    door.clock.advance(timedelta(days=2))
    door.patient(52)
    with pytest.raises(Throttled) as throttled:
        door.guess()
    assert throttled.value.retry_after == 60 * 60, "what was failed from anywhere holds here, too"


def test_a_device_cookie_that_nobody_signed_in_with_gives_nothing(door: Worker) -> None:
    door.come_in()
    passed = [door.wrong(1, ip=STRANGE, device=f"forged-{number}") for number in range(20)]
    assert sum(passed) == 5


def test_the_device_cookie_of_one_person_gives_nothing_for_another_name(door: Worker) -> None:
    door.come_in("mallory", ip=STRANGE, device=STOLEN)
    assert door.wrong(20, "ada", ip=STRANGE, device=STOLEN) == 5


def test_a_stolen_device_cookie_guesses_as_slowly_from_everywhere(door: Worker) -> None:
    door.come_in()
    passed = [door.wrong(1, ip=f"198.51.100.{number}", device=LAPTOP) for number in range(40)]
    assert sum(passed) == 5


def test_after_a_hundred_failures_in_a_row_a_browser_is_a_strangers(door: Worker) -> None:
    door.come_in()
    door.patient(DEVICE_CEILING, ip=STRANGE, device=LAPTOP)
    assert door.events("ThrottleGuessing")[0].details["deviceForgotten"] is True
    assert door.guess(ip=CAFE, device=LAPTOP).tries == ""
    door.come_in(ip=CAFE)
    assert door.guess(ip=CAFE, device=LAPTOP).tries


def test_a_success_on_a_known_browser_begins_its_count_anew(door: Worker) -> None:
    door.come_in()
    for _ in range(30):
        assert door.wrong(4, device=LAPTOP) == 4
        door.right(device=LAPTOP)
    assert door.guess(device=LAPTOP).tries


def test_a_right_password_does_not_buy_guesses_at_the_code(door: Worker) -> None:
    door.come_in()
    passed = 0
    for _ in range(20):
        door.right(ip=STRANGE, device=LAPTOP)
        try:
            door.guess(ip=STRANGE, device=LAPTOP, kind=Guessed.CODE)
        except Throttled:
            continue
        passed += 1
    assert passed == 5


def test_her_own_success_at_home_does_not_give_strangers_another_hundred(door: Worker) -> None:
    door.come_in()
    for number in range(120):
        door.wrong(1, ip=f"198.51.100.{number}")
    door.right(device=LAPTOP)
    with pytest.raises(Throttled):
        door.guess(ip=STRANGE)


def test_failures_lately_are_counted_from_everywhere_and_taken_back_by_success(door: Worker) -> None:
    def lately() -> int:
        with door.database.read() as tx:
            return door.throttle.failures_lately(tx.credentials, name="ada", now=door.clock.now())

    door.wrong(2)
    door.wrong(2, ip=STRANGE)
    door.guess("ada", ip=CAFE, kind=Guessed.CLIENT_SECRET)
    door.right(ip=CAFE)
    assert lately() == 4
    door.clock.advance(timedelta(hours=1))
    assert lately() == 0


def test_nothing_that_was_typed_or_set_as_a_cookie_is_kept_in_clear(door: Worker) -> None:
    door.come_in("hunter2", device="cookie-hash")
    door.wrong(8, "hunter2", ip=STRANGE)
    with door.database.engine.connect() as connection:
        kept = str(connection.execute(metadata.tables["guess_count"].select()).all())
    assert "known-device:" in kept
    assert not any(text in kept for text in ("hunter2", "cookie-hash", STRANGE, HOME))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
@pytest.mark.parametrize("device", ["", LAPTOP])
def test_guesses_on_two_workers_at_the_same_moment_are_counted_each(
    engine: str, device: str, make_door: Callable[[str], Worker], request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("fresh_postgresql_database")() if engine == "postgresql" else ""
    first, second = make_door(url), make_door(url)
    with closing(first.database), closing(second.database), ThreadPoolExecutor(8) as threads:
        first.come_in(device=LAPTOP)
        workers = (first, second)
        passed = threads.map(lambda n: workers[n % 2].wrong(1, ip=STRANGE, device=device), range(24))
        assert sum(passed) == 5
