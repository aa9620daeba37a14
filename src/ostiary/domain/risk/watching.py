"""Is somebody attacking at this moment? Seen from the counts of the throttle, over all workers (BP01-13).

An alarm is an event (and a mail to the person whose account it is), durable when `counted` returns, and not repeated
within an hour for the same network or name.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from ostiary.domain.audit.caller import Caller, Origin
from ostiary.domain.audit.event import Details, Event, event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.tallies import first_in, raise_tally
from ostiary.domain.credentials.throttle import Guessed, Tallies, network_of, subject_of
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.mail.ports import MailSlice
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

SPRAYED_NAMES = 20  # at which one network failed within an hour
FAILURES_AT_ONE = 10  # at one person's credentials within an hour
STUFFING_FAILURES = 100  # in the whole house within ten minutes, and twice as many as successes
QUIET = timedelta(hours=1)
_STUFFING_WINDOW = timedelta(minutes=10)
_BATCH = 10  # guesses of a worker that are counted together: one row for the whole house must not be hot
_REMEMBERED = 10_000


class Attack(StrEnum):
    SPRAYING = "password-spraying"
    ONE_ACCOUNT = "guessing-one-account"
    STUFFING = "credential-stuffing"
    PROMPT_BOMBING = "prompt-bombing"


class WatchSlice(CredentialSlice, DirectorySlice, MailSlice, AuditSlice, Protocol): ...


class AttackWatch:
    """What the throttle tells of each guess (`GuessWatch`)."""

    def __init__(
        self, *, transactions: Transactions[WatchSlice], keys: Current[ServerKeys], outbox: Outbox, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._outbox = outbox
        self._clock = clock
        self._lock = threading.Lock()
        self._guesses = 0
        self._successes = 0
        self._raised: dict[str, datetime] = {}

    def counted(self, caller: Caller, tallies: Tallies) -> None:
        details: dict[str, str | int | bool | list[str]] = {
            "guessed": tallies.guessed.value,
            "network": tallies.network,
        }
        if tallies.names >= SPRAYED_NAMES:
            self._alarm(caller, Attack.SPRAYING, tallies.network, {**details, "names": tallies.names})
        if tallies.lately >= FAILURES_AT_ONE:
            name = "" if tallies.guessed is Guessed.CLIENT_SECRET else tallies.name
            self._alarm(
                caller, Attack.ONE_ACCOUNT, tallies.name_key, {**details, "failures": tallies.lately}, user_name=name
            )
        if tallies.guessed is Guessed.PASSWORD:
            self._count_in_all(caller)

    def succeeded(self, guessed: Guessed) -> None:
        if guessed is Guessed.PASSWORD:
            with self._lock:
                self._successes += 1

    def _count_in_all(self, caller: Caller) -> None:
        with self._lock:
            self._guesses += 1
            if self._guesses < _BATCH:
                return
            guesses, successes = self._guesses, self._successes
            self._guesses = self._successes = 0
        failures, good = self._transactions.write(lambda tx: self._raise_in_all(tx, guesses, successes))
        if failures >= STUFFING_FAILURES and failures >= 2 * good:
            details = {"failures": failures, "successes": good, "minutes": int(_STUFFING_WINDOW.total_seconds() // 60)}
            self._alarm(caller, Attack.STUFFING, "", details)

    def _raise_in_all(self, tx: WatchSlice, guesses: int, successes: int) -> tuple[int, int]:
        now = self._clock.now()
        tried = raise_tally(tx.credentials, "all-guesses", _STUFFING_WINDOW, now, by=guesses)
        good = raise_tally(tx.credentials, "all-successes", _STUFFING_WINDOW, now, by=successes)
        return max(0, tried - good), good

    def _alarm(self, caller: Caller, attack: Attack, about: str, details: Details, *, user_name: str = "") -> None:
        now = self._clock.now()
        subject = alarm_subject(self._keys.value, attack, about)
        if self._was_raised(subject, now):
            return
        self._transactions.write(lambda tx: self._write_alarm(tx, caller, attack, subject, details, user_name, now))

    def _was_raised(self, subject: str, now: datetime) -> bool:
        """Whether this worker saw it within the hour; what other workers did is looked up in the transaction."""
        with self._lock:
            until = self._raised.get(subject)
            if until is not None and now < until:
                return True
            if len(self._raised) >= _REMEMBERED:
                self._raised.clear()
            self._raised[subject] = now + QUIET
        return False

    def _write_alarm(
        self,
        tx: WatchSlice,
        caller: Caller,
        attack: Attack,
        subject: str,
        details: Details,
        user_name: str,
        now: datetime,
    ) -> None:
        if not first_in(tx.credentials, subject, QUIET, now):
            return
        person = tx.directory.person_by_user_name(user_name) if user_name else None
        tx.audit.append(attack_event(caller, attack, person, details, now))
        if person is not None:
            warn(tx, self._outbox, person, caller.origin, now)


def attack_event(caller: Caller, attack: Attack, person: Person | None, details: Details, now: datetime) -> Event:
    return event_of(
        caller,
        EventName.DETECT_ATTACK,
        at=now,
        outcome=Outcome.DENIED,
        resources=[person.arn] if person is not None else [],
        details={"attack": attack.value, **details},
    )


def warn(tx: MailSlice, outbox: Outbox, person: Person, origin: Origin, now: datetime) -> None:
    """Tell her that somebody tries; it is no place of hers, so where from is said without a town."""
    values = {"at": iso(now), "place": origin.source_ip} if origin.source_ip else {"at": iso(now)}
    outbox.send(tx, MailKind.THROTTLED, recipient=recipient_of(person), values=values, now=now)


def alarm_subject(keys: ServerKeys, attack: Attack, about: str) -> str:
    return subject_of(keys.password_pepper, "alarm", attack.value, about)


def spraying_subject(keys: ServerKeys, address: str) -> str:
    """Counted for an hour after names were sprayed from this network."""
    return alarm_subject(keys, Attack.SPRAYING, network_of(address))
