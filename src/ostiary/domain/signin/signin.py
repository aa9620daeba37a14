"""How does an enrolled person come in? One step, the next, then a session; the same for every door (promise 4).

Every guess is counted before it is checked; an unknown, disabled or unfinished person costs the same time and gets the
same answer as a wrong password. What follows from a proof is decided in `arrival.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.audit.caller import Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.model import Password
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import find_user_name, may_act, remember_language
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import CurrentPerson, SignedIn, person_caller
from ostiary.domain.signin.deciding import PASSWORD, Option
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin.password_check import PasswordCheck
from ostiary.domain.signin.proofs import prove_recovery_code, prove_totp
from ostiary.domain.signin.second_step import SecondStep
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit.clock import Clock, iso
from ostiary.kit.crypto.passwords import PasswordMismatch
from ostiary.kit.transactions import Transactions
from ostiary.kit.user_agents import device_of

BOTH_FACTORS = ("pwd", "otp", "mfa")  # RFC 8176
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class _Named:
    """Whom a name belongs to, if anybody, and what is kept of her password."""

    person: Person | None
    password: Password | None


class SignIn:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        current: CurrentPerson,
        arrivals: Arrivals,
        throttle: Throttle,
        passwords: PasswordCheck,
        second_step: SecondStep,
        authenticators: Authenticators,
        outbox: Outbox,
        not_me: NotMeLinks,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._current = current
        self._arrivals = arrivals
        self._throttle = throttle
        self._passwords = passwords
        self._second_step = second_step
        self._authenticators = authenticators
        self._outbox = outbox
        self._not_me = not_me
        self._last_use = last_use
        self._clock = clock

    def start(self, user_name: str, password: str, origin: Origin) -> Opened:
        """What a right password opens: most often a session that can do nothing but prove the second factor.

        Raises SignInRefused, Throttled, TooBusy.
        """
        name = find_user_name(user_name)
        guess = self._throttle.count(anonymous(origin), Guessed.PASSWORD, name=name or user_name)
        with self._transactions.read() as tx:
            named = _load_named(tx, name)
        try:
            opened = self._start(named, password, guess, origin, name=name or user_name)
        except SignInRefused as refused:
            self._arrivals.note_refusal(named.person, origin, refused, EventName.CHECK_PASSWORD)
            raise
        self._note(Used.PASSWORD, opened.session.person_id, origin, EventName.CHECK_PASSWORD)
        return opened

    def options(self, half: SignedIn) -> frozenset[Option]:
        """By what she may go on from her first step; empty when her rules changed and nothing leads on."""
        try:
            with self._transactions.read() as tx:
                now, origin = self._clock.now(), half.caller.origin
                return self._arrivals.next_step(tx, half.person, half.session, origin, now).options
        except SignInRefused:
            return frozenset()

    def finish(self, token: str | None, code: str, origin: Origin) -> Opened:
        """With a code of her authenticator. A new session; the first one ends.

        Raises CodeRefused, SignInRefused, NotSignedIn, Throttled.
        """
        half = self._current.at_level(token, origin, SessionLevel.FIRST_FACTOR)
        used: list[str] = []

        def prove(tx: SigninSlice, now: datetime) -> None:
            used[:] = [prove_totp(tx, self._authenticators, half.person.person_id, code, now)]

        opened = self._second_step.finish(half, Option.TOTP, prove, origin)
        self._note(Used.FACTOR, used[0], origin, EventName.SIGN_IN)
        return opened

    def finish_with_recovery_code(self, token: str | None, code: str, origin: Origin) -> tuple[Opened, int]:
        """The session, and how many codes are left. Raises as `finish`."""
        half = self._current.at_level(token, origin, SessionLevel.FIRST_FACTOR)
        left: list[int] = []

        def prove(tx: SigninSlice, now: datetime) -> None:
            left[:] = [prove_recovery_code(tx, half.person.person_id, code, now)]
            details = {"left": left[0]}
            name = EventName.USE_RECOVERY_CODE
            tx.audit.append(event_of(half.caller, name, at=now, resources=[half.person.arn], details=details))
            self._tell_code_used(tx, half, origin, left[0], now)

        opened = self._second_step.finish(half, Option.RECOVERY_CODE, prove, origin)
        return opened, left[0]

    def _tell_code_used(self, tx: SigninSlice, half: SignedIn, origin: Origin, left: int, now: datetime) -> None:
        values = {
            "at": iso(now),
            "left": str(left),
            "device": str(device_of(origin.user_agent)),
            "place": origin.source_ip,
            "not_me": self._not_me.link_for(tx, half.person, now, EventName.USE_RECOVERY_CODE.value),
        }
        recipient = recipient_of(half.person)
        self._outbox.send(tx, MailKind.RECOVERY_CODE_USED, recipient=recipient, values=values, now=now)

    def remember_language(self, opened: Opened, language: str) -> None:
        """The language of her mails is the one of the pages on which she came in."""
        with self._transactions.read() as tx:
            person = tx.directory.person(opened.session.person_id)
        if person is not None and person.language != language:
            self._transactions.write(lambda tx: remember_language(tx, person, language))

    def _start(self, named: _Named, password: str, guess: Guess, origin: Origin, *, name: str) -> Opened:
        # ORDER: the hash is computed first, whoever it is and whatever else speaks against her, so that time tells
        # nothing.
        kept = named.password if may_act(named.person) else None
        try:
            wanted = self._passwords.check(password, kept, self._clock.now(), name=name)
        except PasswordMismatch:
            raise SignInRefused(_why(named)) from None
        if named.person is None:
            raise SignInRefused(_why(named))
        person_id = named.person.person_id
        self._arrivals.check_admitted(named.person, (PASSWORD,), origin)

        def work(tx: SigninSlice) -> Opened:
            now = self._clock.now()
            person = tx.directory.person(person_id)
            if person is None or not may_act(person) or tx.credentials.password(person_id) != kept:
                raise SignInRefused("the person or her password changed at this moment")
            if wanted != kept:
                tx.credentials.put_password(wanted)
            opened = self._arrivals.arrive(tx, person, proved=(PASSWORD,), half=None, origin=origin, now=now)
            succeeded(tx.credentials, guess, now)
            caller = person_caller(tx, person, origin, session=opened.session)
            tx.audit.append(event_of(caller, EventName.CHECK_PASSWORD, at=now, resources=[person.arn]))
            return opened

        return self._transactions.write(work)

    def _note(self, kind: Used, subject: str, origin: Origin, name: EventName) -> None:
        self._last_use.note(LastUse(kind, subject, self._clock.now(), origin.source_ip, name.value))


def _load_named(tx: SigninSlice, name: str | None) -> _Named:
    """As many reads for somebody who is not there: what a person costs is her row and her groups."""
    person = tx.directory.person_by_user_name(name or _NOBODY)
    if person is None:
        tx.directory.person(_NOBODY)
    return _Named(person, tx.credentials.password(person.person_id if person is not None else _NOBODY))


def _why(named: _Named) -> str:
    if named.person is None:
        return "nobody of that name"
    if not may_act(named.person):
        return f"the person is {named.person.status.value}"
    return "wrong password" if named.password is not None else "the person has no password"
