"""How often may somebody guess? SP 800-63B-4 section 3.2.2.

Every guess is counted before it is checked, in one transaction with the check of the count, so that no race gets two
guesses for one, on any worker. What is guessed at (a password, a code, ...) has its own counters:

- the name from one network: few free guesses; whoever floods a name from one network slows down himself alone,
- the name from anywhere: after 100 failures in a row only networks where that proof once succeeded are free of it, and
  each of those until 100 failures in a row came from there,
- one network against all names: against spraying.

A browser on which the person came in is known for her name (`know`), and free of all three: a stranger can do nothing
from outside that makes her wait there. It has a counter of its own, so that a stolen device cookie guesses as slowly,
and after 100 failures in a row it is not known any more. The cookie of one person says nothing about another's name.

Names that nobody has are counted alike. A refused guess does not count, so a delay ends.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from typing import Protocol

from ostiary.domain.audit.caller import Caller, Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.model import GuessCount
from ostiary.domain.credentials.ports import CredentialRows, CredentialSlice
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.tallies import raise_tally, tally
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions


class Guessed(StrEnum):
    """What is guessed at; each has its own counters."""

    PASSWORD = "password"  # noqa: S105 - a kind, not a password
    CODE = "code"
    CLIENT_SECRET = "client-secret"  # noqa: S105 - a kind, not a secret
    DEVICE_CODE = "device-code"
    PASSKEY = "passkey"
    RECOVERY = "recovery"
    REGISTRATION = "registration"
    RECOVERY_CODE = "recovery-code"
    MAIL_CODE = "mail-code"


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
BY_NAME_AND_KNOWN_NETWORK = Limit(free=5, first=1, longest=15 * 60, forgotten=None)
BY_NAME = Limit(free=100, first=30, longest=60 * 60, forgotten=None)
BY_NETWORK = Limit(free=50, first=1, longest=15 * 60, forgotten=timedelta(hours=1))
BY_DEVICE = Limit(free=5, first=1, longest=15 * 60, forgotten=None)
# Failures in a row after which a browser, or a network, is a stranger's (SP 800-63B-4 section 3.2.2).
DEVICE_CEILING = NETWORK_CEILING = 100
LATELY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Guess:
    """A counted guess; the subjects under which it was counted, and the marks of where somebody came in before.

    `tries` is empty unless the browser is known for the name; then nothing else was counted.
    """

    pair: str
    name: str
    network: str
    names: str
    known: str
    lately: str
    guessed: Guessed
    tries: str = ""
    watch: GuessWatch | None = None

    @property
    def subjects(self) -> list[str]:
        every = (self.pair, self.name, self.network, self.names, self.known, self.lately, self.tries)
        return [subject for subject in every if subject]


@dataclass(frozen=True, slots=True)
class Tallies:
    """What stands after a guess: `names` that one network failed at, failures at this name from anywhere `lately`.

    `name_key` stands for the name where it must not be kept.
    """

    guessed: Guessed
    network: str
    name: str
    name_key: str
    names: int
    lately: int


class GuessWatch(Protocol):
    """Somebody who looks at guesses as they are counted, to see attacks."""

    def counted(self, caller: Caller, tallies: Tallies) -> None:
        """Called after each guess is counted and before it is checked; not within a transaction."""
        ...

    def succeeded(self, guessed: Guessed) -> None:
        """Called when one was right; within a transaction, so perhaps more than once."""
        ...


class ThrottleSlice(CredentialSlice, AuditSlice, Protocol): ...


class Throttle:
    def __init__(
        self,
        *,
        transactions: Transactions[ThrottleSlice],
        keys: Current[ServerKeys],
        clock: Clock,
        watch: GuessWatch | None = None,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._clock = clock
        self._watch = watch

    def count(self, caller: Caller, guessed: Guessed, *, name: str) -> Guess:
        """Count one guess at what `name` has, before it is checked. Raises Throttled."""
        network = network_of(caller.origin.source_ip)
        subjects = _Subjects(self._keys.value.password_pepper, guessed, name, network, caller.origin.device)
        now = self._clock.now()
        with self._transactions.read() as tx:
            # A flood that must wait anyway costs a read and no write.
            _check_free(tx.credentials, subjects.guess(tx.credentials), now)
        guess, tallies = self._transactions.write(lambda tx: _count(tx, caller, subjects, now))
        if self._watch is None:
            return guess
        self._watch.counted(caller, tallies)
        return replace(guess, watch=self._watch)

    def know(self, rows: CredentialRows, *, name: str, origin: Origin, now: datetime) -> None:
        """The person came in: from now on this browser is known for her name, with nothing counted against it."""
        if not origin.device:
            return
        key = self._keys.value.password_pepper
        rows.put_guess_count(GuessCount(subject_of(key, "known-device", name, origin.device), 0, now, now, None))
        rows.clear_guess_counts(
            [subject_of(key, "name-and-device", guessed.value, name, origin.device) for guessed in Guessed]
        )

    def forget_device(self, rows: CredentialRows, *, name: str, device: str) -> None:
        rows.clear_guess_count(subject_of(self._keys.value.password_pepper, "known-device", name, device))

    def failures_lately(self, rows: CredentialRows, *, name: str, now: datetime) -> int:
        """How often somebody failed at what `name` has within an hour, from wherever."""
        return tally(rows, self.lately_subject(name), LATELY, now)

    def lately_subject(self, name: str) -> str:
        """Under which they are counted, for whoever reads several counts at once."""
        return _lately(self._keys.value.password_pepper, Guessed.PASSWORD, name)


def succeeded(rows: CredentialRows, guess: Guess, now: datetime) -> None:
    """Forget the failures of this name, and take back the guess that was counted against the network."""
    if guess.watch is not None:
        guess.watch.succeeded(guess.guessed)
    rows.load_guess_counts(guess.subjects)
    raise_tally(rows, guess.lately, LATELY, now, by=-1)
    if guess.tries:
        rows.clear_guess_count(guess.tries)
        return
    rows.clear_guess_count(guess.pair)
    if rows.guess_count(guess.known) is None:
        rows.clear_guess_count(guess.name)
    rows.put_guess_count(GuessCount(guess.known, 0, now, now, None))
    raise_tally(rows, guess.names, LATELY, now, by=-1)
    count = rows.guess_count(guess.network)
    if count is not None:
        left = max(0, count.failures - 1)
        # A sprayer with one account of his own must not buy the network free by signing in between.
        until = count.blocked_until if left >= BY_NETWORK.free else None
        rows.put_guess_count(GuessCount(guess.network, left, count.first_at, count.last_at, until))


@lru_cache(maxsize=8192)
def network_of(address: str) -> str:
    """An IPv4 address, or the /64 that one customer gets in IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


@dataclass(frozen=True, slots=True)
class _Subjects:
    """People type passwords into the wrong field, so what was typed is never kept in clear."""

    key: bytes
    guessed: Guessed
    name: str
    network: str
    device: str

    def of(self, scope: str, *parts: str) -> str:
        return subject_of(self.key, scope, self.guessed.value, *parts)

    @property
    def known_device(self) -> str:
        return subject_of(self.key, "known-device", self.name, self.device)

    def guess(self, rows: CredentialRows) -> Guess:
        """Reads all that is counted at once."""
        everywhere = self._guess(at_home=bool(self.device))
        rows.load_guess_counts([*everywhere.subjects, self.known_device])
        at_home = bool(self.device) and rows.guess_count(self.known_device) is not None
        return everywhere if at_home else replace(everywhere, tries="")

    def _guess(self, *, at_home: bool) -> Guess:
        return Guess(
            pair=self.of("name-and-network", self.name, self.network),
            name=self.of("name", self.name),
            network=self.of("network", self.network),
            names=self.of("names-of-network", self.network),
            known=self.of("known-network", self.name, self.network),
            lately=_lately(self.key, self.guessed, self.name),
            guessed=self.guessed,
            tries=self.of("name-and-device", self.name, self.device) if at_home else "",
        )


def subject_of(key: bytes, scope: str, *parts: str) -> str:
    """Under which something is counted, in a form that tells nothing."""
    text = "\0".join((scope, *parts)).encode("utf-8", "surrogatepass")
    return f"{scope}:{hmac.digest(key, b'ostiary guess' + bytes(1) + text, 'sha256').hex()}"


def _lately(key: bytes, guessed: Guessed, name: str) -> str:
    """A person's failures of all kinds count together; an application may have the name of a person."""
    whose = "application" if guessed is Guessed.CLIENT_SECRET else "person"
    return subject_of(key, "lately", whose, name)


def _limits(rows: CredentialRows, guess: Guess) -> list[tuple[str, Limit]]:
    if guess.tries:
        return [(guess.tries, BY_DEVICE)]
    if rows.guess_count(guess.known) is not None:
        return [(guess.pair, BY_NAME_AND_KNOWN_NETWORK), (guess.network, BY_NETWORK)]
    return [(guess.pair, BY_NAME_AND_NETWORK), (guess.network, BY_NETWORK), (guess.name, BY_NAME)]


def _check_free(rows: CredentialRows, guess: Guess, now: datetime) -> None:
    waits = [
        count.blocked_until - now
        for subject, _ in _limits(rows, guess)
        if (count := rows.guess_count(subject)) is not None and count.blocked_until is not None
    ]
    longest = max(waits, default=timedelta(0))
    if longest > timedelta(0):
        raise Throttled(ceil(longest.total_seconds()))


def _count(tx: ThrottleSlice, caller: Caller, subjects: _Subjects, now: datetime) -> tuple[Guess, Tallies]:
    rows = tx.credentials
    guess = subjects.guess(rows)
    _check_free(rows, guess, now)
    names = 0 if guess.tries else _count_name(rows, guess, now)
    counts = [_add(rows, subject, limit, now) for subject, limit in _limits(rows, guess)]
    if not guess.tries and counts[0].failures >= NETWORK_CEILING:
        rows.clear_guess_count(guess.known)
    strange = bool(guess.tries) and counts[0].failures >= DEVICE_CEILING
    if strange:
        rows.clear_guess_count(subjects.known_device)
    delay = _longest_wait(counts, now)
    if delay > timedelta(0) or strange:
        # One event per delay that begins, not one per refusal: a flood must not fill the trail.
        details = {
            "guessed": subjects.guessed.value,
            "seconds": ceil(delay.total_seconds()),
            "deviceForgotten": strange,
        }
        tx.audit.append(event_of(caller, EventName.THROTTLE_GUESSING, at=now, outcome=Outcome.DENIED, details=details))
    lately = raise_tally(rows, guess.lately, LATELY, now)
    return guess, Tallies(subjects.guessed, subjects.network, subjects.name, guess.lately, names, lately)


def _count_name(rows: CredentialRows, guess: Guess, now: datetime) -> int:
    """At how many names this network failed within the hour; one that succeeds is taken back."""
    before = rows.guess_count(guess.pair)
    if before is None or now - before.last_at >= LATELY:
        return raise_tally(rows, guess.names, LATELY, now)
    return tally(rows, guess.names, LATELY, now)


def _longest_wait(counts: Iterable[GuessCount], now: datetime) -> timedelta:
    return max((count.blocked_until - now for count in counts if count.blocked_until is not None), default=timedelta(0))


def _add(rows: CredentialRows, subject: str, limit: Limit, now: datetime) -> GuessCount:
    """One failure more, and the delay that begins with it."""
    before = rows.guess_count(subject)
    if before is None or (limit.forgotten is not None and before.last_at < now - limit.forgotten):
        before = GuessCount(subject, 0, now, now, None)
    failures = before.failures + 1
    delay = limit.delay(failures)
    count = GuessCount(subject, failures, before.first_at, now, now + delay if delay else None)
    rows.put_guess_count(count)
    return count
