"""Does the time of an answer tell who exists? 2,000 tries, and a test that knows a planted shortcut.

A thousand wrong passwords at names that exist and a thousand at names that do not, each name once and in random order,
are compared by the rank test of Mann and Whitney: its z is beyond 4 once in 16,000 runs of equal times. What is
measured is the work; the lateness of a name, which is slept, is added as a number.
"""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count, groupby
from math import sqrt
from pathlib import Path
from statistics import median

import pytest

from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.signin.errors import SignInRefused
from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.kit.crypto.passwords import PasswordHasher, PasswordMismatch
from ostiary.storage.transaction import Transaction
from people_house import House, from_network, open_house

_TRIES = 1000
_CERTAIN = 4.0
_COST = PasswordCost(1024, 1)
_DEAR = PasswordCost(8 * 1024, 2)
_networks = count(1)


@dataclass(slots=True)
class Answers:
    """Seconds of work, and of lateness, of each answer: to names that are known, and to those that are not."""

    taken: dict[bool, list[tuple[float, float]]] = field(default_factory=lambda: {True: [], False: []})

    def times(self, *, known: bool, late: bool = False) -> list[float]:
        return [work + (lateness if late else 0) for work, lateness in self.taken[known]]

    def distance(self, *, late: bool) -> float:
        return _distance(self.times(known=True, late=late), self.times(known=False, late=late))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("enumeration")
    with open_house(folder) as opened:
        opened.keys.value = replace(opened.keys.value, password_cost=_COST)
        opened.enrol(_known(0))
        opened.database.write(_add_the_others)
        yield opened


@pytest.fixture(scope="module")
def answers(house: House) -> Answers:
    return _measure(house, tries=_TRIES)


def test_the_time_of_an_answer_does_not_tell_who_exists(answers: Answers) -> None:
    z = answers.distance(late=True)
    assert abs(z) < _CERTAIN, f"who exists is known by time: z = {z:.1f}"


def test_work_alone_differs_by_little_even_without_the_lateness(answers: Answers) -> None:
    # A hash takes 20 ms or more where people are; whatever is read or written beside it is told apart by no more.
    assert abs(median(answers.times(known=True)) - median(answers.times(known=False))) < 0.0015


def test_a_shortcut_for_unknown_names_would_be_found(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.keys, "value", replace(house.keys.value, password_cost=_DEAR))

    def shortcut(_hasher: PasswordHasher, _password: str) -> None:
        raise PasswordMismatch

    monkeypatch.setattr(PasswordHasher, "verify_absent", shortcut)
    assert _measure(house, tries=60).distance(late=False) > _CERTAIN


def test_hashes_of_a_lower_cost_would_be_found_if_they_took_less_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.keys, "value", replace(house.keys.value, password_cost=_DEAR))
    assert abs(_measure(house, tries=60).distance(late=True)) < _CERTAIN
    monkeypatch.setattr(PasswordHasher, "_even_out", lambda _hasher, _encoded: None)
    assert _measure(house, tries=60).distance(late=False) < -_CERTAIN


def test_the_rank_test_tells_equal_from_shifted() -> None:
    chance = random.Random(5)
    equal = [[chance.gauss(10, 3) for _ in range(_TRIES)] for _ in range(2)]
    assert abs(_distance(*equal)) < 3
    assert _distance([value + 1 for value in equal[0]], equal[1]) > _CERTAIN
    assert _distance([1.0] * 50, [1.0] * 50) == 0


def _measure(house: House, *, tries: int) -> Answers:
    pauses: list[float] = []
    answers = Answers()
    order = [known for known in (True, False) for _ in range(tries)]
    random.Random(tries).shuffle(order)
    gc.collect()
    gc.disable()
    try:
        with _paused(house.services.hashing, pauses.append):
            _warm_up(house)
            for known in order:
                name = (_known if known else _unknown)(len(answers.taken[known]))
                pauses.clear()
                seconds = _try(house, name)
                answers.taken[known].append((seconds, sum(pauses)))
    finally:
        gc.enable()
    return answers


def _warm_up(house: House) -> None:
    for number in range(40):
        _try(house, _known(number) if number % 2 else _unknown(number))


def _try(house: House, name: str) -> float:
    # Each comes from a network of its own, and to one name come fewer than are throttled from anywhere.
    number = next(_networks)
    origin = from_network(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    began = time.perf_counter()
    with pytest.raises(SignInRefused):
        house.signin.start(name, "not the password", origin)
    return time.perf_counter() - began


@contextmanager
def _paused(hashing: PasswordHashing, pause: Callable[[float], None]) -> Iterator[None]:
    before = hashing._pause
    hashing._pause = pause
    try:
        yield
    finally:
        hashing._pause = before


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    """By how many standard deviations the ranks of `one` are higher than chance puts them (with ties, as normal)."""
    ranks, ties, place = 0.0, 0, 1
    everything = sorted([(value, True) for value in one] + [(value, False) for value in other])
    for _, group in groupby(everything, key=lambda entry: entry[0]):
        equals = list(group)
        shared = place + (len(equals) - 1) / 2
        ranks += shared * sum(mine for _, mine in equals)
        ties += len(equals) ** 3 - len(equals)
        place += len(equals)
    n, m = len(one), len(other)
    both = n + m
    variance = n * m / 12 * (both + 1 - ties / (both * (both - 1)))
    u = ranks - n * (n + 1) / 2
    return (u - n * m / 2) / sqrt(variance) if variance else 0.0


def _known(number: int) -> str:
    return f"person{number:04d}"


def _unknown(number: int) -> str:
    return f"nobody{number:04d}"


def _add_the_others(tx: Transaction) -> None:
    """With the first one's password and factor: enrolling each by the link would take a minute."""
    first = tx.directory.person_by_user_name(_known(0))
    assert first is not None
    password = tx.credentials.password(first.person_id)
    assert password is not None
    [factor] = tx.credentials.totp_factors(first.person_id)
    for number in range(1, _TRIES):
        name = _known(number)
        tx.directory.put_person(replace(first, person_id=name, user_name=name))
        tx.credentials.put_password(replace(password, person_id=name))
        tx.credentials.put_totp_factor(replace(factor, person_id=name, factor_id=f"factor-of-{name}"))
