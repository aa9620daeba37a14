"""What is unusual, and how much does each of it count? Pure: facts in, signals and a score out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from ostiary.domain.risk.model import Signal, SignInPlace
from ostiary.domain.risk.places import Place, distance_km
from ostiary.domain.signin_policy.model import RiskLevel

SCORES: Mapping[Signal, int] = MappingProxyType(
    {
        Signal.NEW_DEVICE: 20,
        Signal.NEW_NETWORK: 15,
        Signal.NEW_COUNTRY: 25,
        Signal.IMPOSSIBLE_TRAVEL: 50,
        Signal.FAILURES_BEFORE: 15,
        Signal.MANY_FAILURES_BEFORE: 35,
        Signal.ATTACKING_NETWORK: 40,
        Signal.DORMANT: 30,
        Signal.PROMPT_BOMBING: 40,
        Signal.ANONYMOUS_NETWORK: 30,
        Signal.DENIED_NETWORK: 100,
    }
)
# What anybody can bring about from outside, for a person whose name he knows.
OF_STRANGERS = frozenset(
    {Signal.FAILURES_BEFORE, Signal.MANY_FAILURES_BEFORE, Signal.ATTACKING_NETWORK, Signal.PROMPT_BOMBING}
)
MEDIUM, HIGH, MOST = 30, 60, 100
SOME_FAILURES, MANY_FAILURES = 4, 12
MANY_PROMPTS = 6

# Places of addresses are inexact, and two of one town may be apart by this much.
_INEXACT_KM = 300.0
_FASTEST_KM_PER_HOUR = 900.0


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Of one sign-in. `last` is None for somebody who never came in: to her nothing is new.

    `devices` and `networks` are those that are known; `failures` and `prompts` those of the hour before.
    """

    device: str
    network: str
    now: datetime
    devices: Collection[str] = ()
    networks: Collection[str] = ()
    last: SignInPlace | None = None
    place: Place | None = None
    dormant_after: timedelta = timedelta(days=90)
    failures: int = 0
    prompts: int = 0
    attacking: bool = False
    denied: bool = False


def signals_of(seen: Circumstances) -> tuple[Signal, ...]:
    found = {
        Signal.NEW_DEVICE: _is_new_device(seen),
        Signal.NEW_NETWORK: seen.last is not None and seen.network not in seen.networks,
        Signal.NEW_COUNTRY: _is_new_country(seen),
        Signal.IMPOSSIBLE_TRAVEL: _is_impossible_travel(seen),
        Signal.FAILURES_BEFORE: SOME_FAILURES <= seen.failures < MANY_FAILURES,
        Signal.MANY_FAILURES_BEFORE: seen.failures >= MANY_FAILURES,
        Signal.ATTACKING_NETWORK: seen.attacking,
        Signal.DORMANT: seen.last is not None and seen.now - seen.last.at > seen.dormant_after,
        Signal.PROMPT_BOMBING: seen.prompts >= MANY_PROMPTS,
        Signal.ANONYMOUS_NETWORK: seen.place is not None and seen.place.anonymous,
        Signal.DENIED_NETWORK: seen.denied,
    }
    return tuple(signal for signal, there in found.items() if there)


def score_of(signals: Sequence[Signal]) -> int:
    return min(MOST, sum(SCORES[signal] for signal in signals))


def level_of(score: int) -> RiskLevel:
    if score >= HIGH:
        return RiskLevel.HIGH
    return RiskLevel.MEDIUM if score >= MEDIUM else RiskLevel.LOW


def _is_new_device(seen: Circumstances) -> bool:
    """A browser without a cookie is new only to somebody of whom browsers with one are known."""
    if seen.last is None or not (seen.device or seen.devices):
        return False
    return seen.device not in seen.devices


def _is_new_country(seen: Circumstances) -> bool:
    if seen.last is None or seen.place is None or not (seen.last.country and seen.place.country):
        return False
    return seen.last.country != seen.place.country


def _is_impossible_travel(seen: Circumstances) -> bool:
    """Whether nobody gets from the last place to this one in the time between."""
    last, place = seen.last, seen.place
    if last is None or place is None or None in (last.latitude, last.longitude, place.latitude, place.longitude):
        return False
    km = distance_km((last.latitude or 0.0, last.longitude or 0.0), (place.latitude or 0.0, place.longitude or 0.0))
    hours = max(0.0, (seen.now - last.at).total_seconds() / 3600)
    return km > _INEXACT_KM and km - _INEXACT_KM > _FASTEST_KM_PER_HOUR * hours
