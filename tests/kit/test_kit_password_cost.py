"""Does the cost of a password follow the machine, within floor and ceiling?"""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from ostiary.kit.crypto import password_cost
from ostiary.kit.crypto.password_cost import CEILING, FLOOR, PasswordCost, measured_cost


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Callable[[], float]]:
    """A machine that takes so many nanoseconds for each unit of work, twice as many beyond 32 MiB."""

    def made(nanoseconds: float) -> Callable[[], float]:
        now = [0.0]

        def work(cost: PasswordCost) -> None:
            now[0] += cost.work * nanoseconds * (1e-9 if cost.memory_kib <= 32 * 1024 else 2e-9)

        monkeypatch.setattr(password_cost, "_hash", work)
        return lambda: now[0]

    return made


def test_a_slow_machine_keeps_to_the_floor(machine: Callable[[float], Callable[[], float]]) -> None:
    assert measured_cost(0.05, cpu_seconds=machine(10_000)) == FLOOR == PasswordCost(19 * 1024, 2)


def test_a_fast_machine_with_much_time_keeps_to_the_ceiling(machine: Callable[[float], Callable[[], float]]) -> None:
    assert measured_cost(10, cpu_seconds=machine(1)) == CEILING


@pytest.mark.parametrize("nanoseconds", [50, 200, 550, 1000])
@pytest.mark.parametrize("target", [0.05, 0.1, 0.25])
def test_a_hash_takes_about_the_target(
    machine: Callable[[float], Callable[[], float]], nanoseconds: float, target: float
) -> None:
    clock = machine(nanoseconds)
    cost = measured_cost(target, cpu_seconds=clock)
    seconds = password_cost.seconds_of(cost, cpu_seconds=clock)
    assert seconds <= 1.1 * target
    # A pass more, or the next size, would be too dear; else the ceiling holds.
    assert seconds >= 0.6 * target or cost == CEILING


def test_more_time_never_makes_a_cheaper_hash(machine: Callable[[float], Callable[[], float]]) -> None:
    work = [measured_cost(target / 100, cpu_seconds=machine(550)).work for target in range(1, 60)]
    assert work == sorted(work)


def test_a_real_hash_takes_time_and_stays_within_bounds() -> None:
    cost = measured_cost(0.001, cpu_seconds=time.thread_time)
    assert cost == FLOOR
    assert 0.001 < password_cost.seconds_of(cost, cpu_seconds=time.thread_time) < 5


def test_a_cost_is_read_back_as_it_was_written() -> None:
    for cost in (FLOOR, PasswordCost(31 * 1024, 3), CEILING):
        assert PasswordCost.from_text(str(cost)) == cost


@pytest.mark.parametrize("text", ["", "m=8,t=1", "m=19456,t=1", "m=99999999,t=2", "m=19456,t=17", "t=2,m=19456", "m=1"])
def test_a_cost_beyond_floor_and_ceiling_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cost"):
        PasswordCost.from_text(text)
