"""From which browsers, networks and places does a person come, and what does an unusual sign-in look like?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ostiary.domain.signin_policy.model import RiskAnswer, RiskLevel


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """A browser on which the person came in; `device` is the hash of the cookie that it keeps.

    `trusted_at`: when all her factors were proved on it the last time.
    """

    person_id: str
    device: str
    first_seen_at: datetime
    last_seen_at: datetime
    trusted_at: datetime | None
    network: str
    user_agent: str


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A neighbourhood of addresses (`networks.py`) from which the person came in."""

    person_id: str
    network: str
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class SignInPlace:
    """Where the person came in the last time, as far as the operator's database of places knows it."""

    person_id: str
    at: datetime
    source_ip: str
    country: str
    city: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True, slots=True)
class MachineNetwork:
    """A neighbourhood from which a credential of a machine was used; `kind` and `subject` as in `LastUse`."""

    kind: str
    subject: str
    network: str
    first_seen_at: datetime


class Signal(StrEnum):
    """What is unusual; the values stand in events."""

    NEW_DEVICE = "new-device"
    NEW_NETWORK = "new-network"
    NEW_COUNTRY = "new-country"
    IMPOSSIBLE_TRAVEL = "impossible-travel"
    FAILURES_BEFORE = "failures-before"
    MANY_FAILURES_BEFORE = "many-failures-before"
    ATTACKING_NETWORK = "attacking-network"
    DORMANT = "dormant"
    PROMPT_BOMBING = "prompt-bombing"
    ANONYMOUS_NETWORK = "anonymous-network"
    DENIED_NETWORK = "denied-network"


@dataclass(frozen=True, slots=True)
class Assessment:
    """`answer` is what to do; `intended` what the level asks for, which differs when the rules only observe.

    `place` is a text for people, empty when unknown.
    """

    score: int
    level: RiskLevel
    signals: tuple[Signal, ...]
    answer: RiskAnswer
    intended: RiskAnswer
    place: str = ""

    @property
    def blocks(self) -> bool:
        return self.answer is RiskAnswer.BLOCK
