"""How often may somebody guess? SP 800-63B-4 section 3.2.2.

Every guess is counted before it is checked, in one transaction with the check of the count, so that no race gets two
guesses for one. Three counters hold it back with growing delays:

- the name from one network: few free guesses; whoever floods a name from one network slows down himself alone,
- the name from anywhere: after 100 failures in a row only networks where the person once succeeded are free of it,
- one network against all names: against spraying.

Names that nobody has are counted alike. A refused guess does not count, so a delay ends.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Protocol

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.model import GuessCount
from ostiary.domain.credentials.ports import CredentialRows, CredentialSlice
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions


class Guessed(StrEnum):
    """What is guessed at; each has its own counters."""

    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    CODE = "code"
    CLIENT_SECRET = "client-secret"  # noqa: S105 - a kind, not a secret
    DEVICE_CODE = "device-code"


@dataclass(frozen=True, slots=True)
class Limit:
    """After `free` failures the next guess waits `first` seconds, then twice as long each time, up to `longest`.

    Failures that ended `forgotten` ago are forgotten; None: only a success forgets them.
    """

    free: int
    first: int
    longest: int
    forgotten: timedelta | None

    def delay(self, failures: int) -> timedelta:
        excess = failures - self.free
        if excess < 0:
            return timedelta(0)
        return timedelta(seconds=min(self.longest, self.first * 2 ** min(excess, 30)))


BY_NAME_AND_NETWORK = Limit(free=5, first=1, longest=15 * 60, forgotten=timedelta(days=1))
BY_NAME = Limit(free=100, first=30, longest=60 * 60, forgotten=None)
BY_NETWORK = Limit(free=50, first=1, longest=15 * 60, forgotten=timedelta(hours=1))


@dataclass(frozen=True, slots=True)
class Guess:
    """A counted guess; the subjects under which it was counted, and the mark of a network that once succeeded."""

    pair: str
    name: str
    network: str
    known: str


class ThrottleSlice(CredentialSlice, AuditSlice, Protocol): ...


class Throttle:
    def __init__(self, *, transactions: Transactions[ThrottleSlice], keys: Current[ServerKeys], clock: Clock) -> None:
        self._transactions = transactions
        self._keys = keys
        self._clock = clock

    def count(self, caller: Caller, guessed: Guessed, *, name: str) -> Guess:
        """Count one guess at what `name` has, before it is checked. Raises Throttled."""
        guess = self._guess(guessed, name, network_of(caller.origin.source_ip))
        now = self._clock.now()
        with self._transactions.read() as tx:
            # A flood that must wait anyway costs a read and no write.
            _check_free(tx.credentials, guess, now)
        self._transactions.write(lambda tx: _count(tx, caller, guessed, guess, now))
        return guess

    def _guess(self, guessed: Guessed, name: str, network: str) -> Guess:
        # People type passwords into the wrong field, so what was typed is never kept in clear.
        key = self._keys.value.password_pepper

        def subject(scope: str, *parts: str) -> str:
            text = "\0".join((scope, guessed.value, *parts)).encode("utf-8", "surrogatepass")
            digest = hmac.new(key, b"ostiary guess\0" + text, sha256).hexdigest()
            return f"{scope}:{digest}"

        return Guess(
            pair=subject("name-and-network", name, network),
            name=subject("name", name),
            network=subject("network", network),
            known=subject("known-network", name, network),
        )


def succeeded(rows: CredentialRows, guess: Guess, now: datetime) -> None:
    """Forget the failures of this name, and take back the guess that was counted against the network."""
    rows.clear_guess_count(guess.pair)
    rows.clear_guess_count(guess.name)
    rows.put_guess_count(GuessCount(guess.known, 0, now, now, None))
    count = rows.guess_count(guess.network)
    if count is not None:
        left = max(0, count.failures - 1)
        # A sprayer with one account of his own must not buy the network free by signing in between.
        until = count.blocked_until if left >= BY_NETWORK.free else None
        rows.put_guess_count(GuessCount(guess.network, left, count.first_at, count.last_at, until))


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one customer gets in IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


def _limits(rows: CredentialRows, guess: Guess) -> list[tuple[str, Limit]]:
    limits = [(guess.pair, BY_NAME_AND_NETWORK), (guess.network, BY_NETWORK)]
    if rows.guess_count(guess.known) is None:
        limits.append((guess.name, BY_NAME))
    return limits


def _check_free(rows: CredentialRows, guess: Guess, now: datetime) -> None:
    waits = [
        count.blocked_until - now
        for subject, _ in _limits(rows, guess)
        if (count := rows.guess_count(subject)) is not None and count.blocked_until is not None
    ]
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        raise Throttled(ceil(longest.total_seconds()))


def _count(tx: ThrottleSlice, caller: Caller, guessed: Guessed, guess: Guess, now: datetime) -> None:
    _check_free(tx.credentials, guess, now)
    delays = [
        _add(tx.credentials, subject, limit, now)
        for subject, limit in ((guess.pair, BY_NAME_AND_NETWORK), (guess.network, BY_NETWORK), (guess.name, BY_NAME))
    ]
    longest = max(delays)
    if longest > timedelta(0):
        # One event per delay that begins, not one per refusal: a flood must not fill the trail.
        details = {"guessed": guessed.value, "seconds": ceil(longest.total_seconds())}
        tx.audit.append(event_of(caller, EventName.THROTTLE_GUESSING, at=now, outcome=Outcome.DENIED, details=details))


def _add(rows: CredentialRows, subject: str, limit: Limit, now: datetime) -> timedelta:
    """One failure more; the delay that begins with it."""
    before = rows.guess_count(subject)
    if before is None or (limit.forgotten is not None and before.last_at < now - limit.forgotten):
        before = GuessCount(subject, 0, now, now, None)
    failures = before.failures + 1
    delay = limit.delay(failures)
    until = now + delay if delay else None
    rows.put_guess_count(GuessCount(subject, failures, before.first_at, now, until))
    return delay
