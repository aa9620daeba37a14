"""Is an attack seen while it happens, once, and durably? Scripted attacks, replayed (BP01-13)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic

import pytest

from mail_room import mails_in
from ostiary.app.wiring.people import People
from ostiary.domain.audit.caller import anonymous
from ostiary.domain.audit.event import Event
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.throttle import Guess, Guessed, succeeded
from ostiary.domain.mail.model import MailKind
from ostiary.domain.risk.watching import FAILURES_AT_ONE, SPRAYED_NAMES, STUFFING_FAILURES
from ostiary.domain.signin.errors import SignInRefused
from ostiary.storage.engine import open_database
from ostiary.storage.transaction import Transaction
from people_house import House, from_network, open_house

EVIL = from_network("203.0.113.66")


def attempt(house: House, name: str, address: str = "203.0.113.66") -> None:
    """A guess that is wrong, without the time that it takes to find that out."""
    with suppress(Throttled):
        house.throttle.count(anonymous(from_network(address)), Guessed.PASSWORD, name=name)


def took_back(tx: Transaction, *, guess: Guess, now: datetime) -> None:
    succeeded(tx.credentials, guess, now)


def attacks(house: House, kind: str) -> list[Event]:
    return [event for event in house.events("DetectAttack") if event.details["attack"] == kind]


def test_spraying_is_an_event_within_a_second(house: House) -> None:
    for number in range(SPRAYED_NAMES - 1):
        attempt(house, f"person{number}")
    assert attacks(house, "password-spraying") == []
    begun = monotonic()
    with pytest.raises(SignInRefused):
        house.signin.start("one-more", "wrong", EVIL)
    (event,) = attacks(house, "password-spraying")
    assert monotonic() - begun < 1.0
    assert (event.outcome, event.source_ip) == (Outcome.DENIED, "203.0.113.66")
    assert event.details | {} == {
        "attack": "password-spraying",
        "guessed": "password",
        "network": "203.0.113.66",
        "names": SPRAYED_NAMES,
    }


def test_spraying_is_told_once_an_hour_and_network(house: House) -> None:
    for number in range(30):
        attempt(house, f"person{number}")
    assert len(attacks(house, "password-spraying")) == 1
    house.clock.advance(timedelta(hours=1, minutes=1))
    for number in range(30):
        attempt(house, f"another{number}")
        attempt(house, f"third{number}", "198.51.100.1")
    assert len(attacks(house, "password-spraying")) == 3


def test_many_who_mistype_and_then_sign_in_are_no_attack(house: House) -> None:
    for _ in range(SPRAYED_NAMES + 10):
        attempt(house, "ada", "192.0.2.17")
        guess = house.throttle.count(anonymous(from_network()), Guessed.PASSWORD, name="ada")
        house.database.write(partial(took_back, guess=guess, now=house.clock.now()))
    assert attacks(house, "password-spraying") == []


def test_who_comes_from_where_names_are_sprayed_is_suspicious(house: House) -> None:
    ada = house.enrol(origin=EVIL)
    for number in range(SPRAYED_NAMES):
        attempt(house, f"person{number}")
    ada.sign_in(EVIL)
    assert house.events("AssessRisk")[0].details["signals"] == ["attacking-network"]


def test_guessing_at_one_account_from_everywhere_is_told_to_her(house: House) -> None:
    house.enrol()
    for number in range(FAILURES_AT_ONE + 5):
        attempt(house, "ada", f"203.0.113.{number}")
    (event,) = attacks(house, "guessing-one-account")
    assert event.details["failures"] == FAILURES_AT_ONE
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
    assert person is not None
    assert event.resources == [person.arn]
    assert len(mails_in(house.database, house.keys, MailKind.THROTTLED)) == 1


def test_a_name_that_nobody_has_is_kept_in_no_alarm(house: House) -> None:
    for number in range(FAILURES_AT_ONE + 5):
        attempt(house, "hunter2", f"203.0.113.{number}")
    (event,) = attacks(house, "guessing-one-account")
    assert event.resources == []
    assert "hunter2" not in str(event)
    assert mails_in(house.database, house.keys) == []


def test_stuffing_the_whole_directory_from_many_networks_is_seen(house: House) -> None:
    for number in range(STUFFING_FAILURES + 10):
        attempt(house, f"person{number}", f"10.{number}.0.1")
    (event,) = attacks(house, "credential-stuffing")
    assert (event.details["failures"], event.details["minutes"]) == (STUFFING_FAILURES, 10)


def test_a_busy_morning_is_not_credential_stuffing(house: House) -> None:
    for number in range(3 * STUFFING_FAILURES):
        caller = anonymous(from_network(f"10.{number % 250}.{number // 250}.1"))
        guess = house.throttle.count(caller, Guessed.PASSWORD, name=f"person{number}")
        if number % 2:
            house.database.write(partial(took_back, guess=guess, now=house.clock.now()))
    assert attacks(house, "credential-stuffing") == []


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_an_attack_on_two_workers_at_once_is_told_once(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("fresh_postgresql_database")() if engine == "postgresql" else None
    with open_house(tmp_path, database_url=url) as house, ThreadPoolExecutor(4) as threads:
        again = url or str(house.database.engine.url)
        with closing(open_database(again)) as database:
            other = House(house.clock, People(replace(house.parts, database=database)))
            workers = (house, other)
            list(threads.map(lambda n: attempt(workers[n % 2], f"person{n}"), range(SPRAYED_NAMES + 10)))
        assert len(attacks(house, "password-spraying")) == 1
