"""What is unusual, and what does it add up to? (BP01-11, BP01-13)"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ostiary.domain.risk.model import Signal, SignInPlace
from ostiary.domain.risk.networks import neighbourhood_of
from ostiary.domain.risk.places import Place, distance_km
from ostiary.domain.risk.signals import SCORES, Circumstances, level_of, score_of, signals_of
from ostiary.domain.signin_policy.model import RiskLevel

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERN, SINGAPORE, ZURICH = (46.95, 7.45), (1.35, 103.8), (47.37, 8.54)
LAST = SignInPlace("p-ana", NOON - HOUR, "192.0.2.7", "CH", "Bern", *BERN)
USUAL = Circumstances(
    device="laptop",
    network="192.0.2.0/24",
    now=NOON,
    devices={"laptop", "phone"},
    networks={"192.0.2.0/24"},
    last=LAST,
    place=Place("CH", "Bern", *BERN),
)


def test_what_is_usual_has_no_signal() -> None:
    assert signals_of(USUAL) == ()


def test_to_somebody_who_never_came_in_nothing_is_new() -> None:
    first = replace(USUAL, last=None, devices=(), networks=(), place=Place("SG", "", *SINGAPORE))
    assert signals_of(first) == ()


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (replace(USUAL, device="another"), Signal.NEW_DEVICE),
        (replace(USUAL, device=""), Signal.NEW_DEVICE),
        (replace(USUAL, devices=()), Signal.NEW_DEVICE),
        (replace(USUAL, network="198.51.100.0/24"), Signal.NEW_NETWORK),
        (replace(USUAL, place=Place("LI")), Signal.NEW_COUNTRY),
        (replace(USUAL, failures=4), Signal.FAILURES_BEFORE),
        (replace(USUAL, failures=12), Signal.MANY_FAILURES_BEFORE),
        (replace(USUAL, attacking=True), Signal.ATTACKING_NETWORK),
        (replace(USUAL, now=NOON + 90 * DAY), Signal.DORMANT),
        (replace(USUAL, prompts=6), Signal.PROMPT_BOMBING),
        (replace(USUAL, place=Place("CH", anonymous=True)), Signal.ANONYMOUS_NETWORK),
        (replace(USUAL, denied=True), Signal.DENIED_NETWORK),
    ],
)
def test_each_signal_is_seen_alone(seen: Circumstances, expected: Signal) -> None:
    assert signals_of(seen) == (expected,)


@pytest.mark.parametrize(
    "seen",
    [
        replace(USUAL, devices=(), device=""),
        replace(USUAL, failures=3, prompts=5),
        replace(USUAL, place=None),
        replace(USUAL, place=Place()),
        replace(USUAL, last=replace(LAST, country="", latitude=None), place=Place("SG", "", *SINGAPORE)),
        replace(USUAL, place=Place("CH", "Zürich", *ZURICH)),
        replace(USUAL, now=NOON + 89 * DAY),
    ],
)
def test_what_is_not_known_or_not_enough_is_no_signal(seen: Circumstances) -> None:
    assert signals_of(seen) == ()


@pytest.mark.parametrize(("hours", "impossible"), [(0, True), (1, True), (10, True), (12, False), (48, False)])
def test_nobody_travels_faster_than_an_airliner(hours: int, *, impossible: bool) -> None:
    last = replace(LAST, at=NOON - hours * HOUR)
    seen = replace(USUAL, last=last, place=Place("CH", "", *SINGAPORE))
    assert (Signal.IMPOSSIBLE_TRAVEL in signals_of(seen)) is impossible


def test_a_clock_that_went_back_does_not_divide_by_nothing() -> None:
    seen = replace(USUAL, last=replace(LAST, at=NOON + HOUR), place=Place("CH", "", *SINGAPORE))
    assert Signal.IMPOSSIBLE_TRAVEL in signals_of(seen)


def test_distances_are_those_of_the_globe() -> None:
    assert 10_200 < distance_km(BERN, SINGAPORE) < 10_500
    assert distance_km(BERN, BERN) == 0
    assert 20_010 < distance_km((0, 0), (0, 180)) < 20_020


@pytest.mark.parametrize(
    ("signals", "level"),
    [
        ((), RiskLevel.LOW),
        ((Signal.NEW_DEVICE,), RiskLevel.LOW),
        ((Signal.NEW_NETWORK,), RiskLevel.LOW),
        ((Signal.NEW_DEVICE, Signal.NEW_NETWORK), RiskLevel.MEDIUM),
        ((Signal.DORMANT,), RiskLevel.MEDIUM),
        ((Signal.NEW_DEVICE, Signal.NEW_NETWORK, Signal.NEW_COUNTRY), RiskLevel.HIGH),
        ((Signal.NEW_NETWORK, Signal.IMPOSSIBLE_TRAVEL), RiskLevel.HIGH),
        ((Signal.DENIED_NETWORK,), RiskLevel.HIGH),
    ],
)
def test_signals_add_up_to_a_level(signals: tuple[Signal, ...], level: RiskLevel) -> None:
    assert level_of(score_of(signals)) is level


def test_a_score_is_at_most_a_hundred_and_every_signal_has_one() -> None:
    assert score_of(tuple(Signal)) == 100
    assert set(SCORES) == set(Signal)


@pytest.mark.parametrize(
    ("address", "neighbourhood"),
    [
        ("192.0.2.99", "192.0.2.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_a_neighbourhood_is_what_a_provider_shuffles(address: str, neighbourhood: str) -> None:
    assert neighbourhood_of(address) == neighbourhood
