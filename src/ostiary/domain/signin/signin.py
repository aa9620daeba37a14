"""How does an enrolled person come in? Password, then code, then a session; the same for every door (promise 4).

Every guess is counted before it is checked; an unknown, disabled or unfinished person costs the same time and gets the
same answer as a wrong password.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.audit.caller import Caller, Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.authenticator import Accepted, Authenticators, CodeWrong
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import Password, TotpFactor
from ostiary.domain.credentials.password_policy import rules_of
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import find_user_name, may_act
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import CurrentPerson, SignedIn, person_caller
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import SignInRules
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.passwords import PasswordMismatch
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

BOTH_FACTORS = ("pwd", "otp", "mfa")  # RFC 8176
_HIDDEN = "(unknown)"


@dataclass(frozen=True, slots=True)
class _Known:
    """Who was found under a name, with what she needs to sign in."""

    person: Person
    password: Password
    factors: tuple[TotpFactor, ...]


class SignIn:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        current: CurrentPerson,
        throttle: Throttle,
        hashing: PasswordHashing,
        authenticators: Authenticators,
        policies: Current[SignInPolicyIndex],
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._current = current
        self._throttle = throttle
        self._hashing = hashing
        self._authenticators = authenticators
        self._policies = policies
        self._last_use = last_use
        self._clock = clock

    def start(self, user_name: str, password: str, origin: Origin) -> Opened:
        """A session that can do nothing but prove the second factor. Raises SignInRefused, Throttled, TooBusy."""
        name = find_user_name(user_name)
        guess = self._throttle.count(anonymous(origin), Guessed.PASSWORD, name=name or user_name)
        with self._transactions.read() as tx:
            person = tx.directory.person_by_user_name(name) if name is not None else None
            known = _load_known(tx, person)
        try:
            proved = self._check_password(person, known, password)
            renewed = self._hashing.renewed(password, proved.password.encoded)
            opened = self._transactions.write(lambda tx: self._open_first_factor(tx, proved, renewed, guess, origin))
        except SignInRefused as refusal:
            self._record(person, origin, EventName.CHECK_PASSWORD, refusal.operator_text)
            raise
        self._note(Used.PASSWORD, proved.person.person_id, origin, EventName.CHECK_PASSWORD)
        return opened

    def finish(self, token: str | None, code: str, origin: Origin) -> Opened:
        """A new session with everything the person may do; the first one ends.

        Its level is ENROLMENT instead of FULL when her directory wants a new password first.
        Raises CodeRefused, NotSignedIn, Throttled.
        """
        half = self._current.at_level(token, origin, SessionLevel.FIRST_FACTOR)
        guess = self._throttle.count(half.caller, Guessed.CODE, name=half.person.user_name)
        with self._transactions.read() as tx:
            known = _load_known(tx, half.person)
        now = self._clock.now()
        try:
            accepted = self._authenticators.check(known.factors if known else (), code, now)
            opened = self._transactions.write(lambda tx: self._open_full(tx, half, accepted, guess, origin))
        except (CodeWrong, CodeRefused) as wrong:
            reason = wrong.operator_text if isinstance(wrong, CodeRefused) else str(wrong)
            self._record(half.person, origin, EventName.SIGN_IN, reason)
            raise CodeRefused(reason) from None
        self._note(Used.FACTOR, accepted.factor.factor_id, origin, EventName.SIGN_IN)
        return opened

    def _check_password(self, person: Person | None, known: _Known | None, password: str) -> _Known:
        # ORDER: the hash is computed first, whoever it is, so that time tells nothing.
        try:
            self._hashing.check(password, known.password.encoded if known else None)
        except PasswordMismatch:
            raise SignInRefused(_why(person, known)) from None
        if known is None:
            raise SignInRefused(_why(person, known))
        return known

    def _open_first_factor(self, tx: SigninSlice, known: _Known, encoded: str, guess: Guess, origin: Origin) -> Opened:
        now = self._clock.now()
        person = tx.directory.person(known.person.person_id)
        if person is None or _load_known(tx, person) != replace(known, person=person):
            raise SignInRefused("the person or her credentials changed at this moment")
        if encoded != known.password.encoded:
            tx.credentials.put_password(replace(known.password, encoded=encoded))
        succeeded(tx.credentials, guess, now)
        rules = self._policies.value.rules_for(person)
        level = SessionLevel.FIRST_FACTOR
        opened = open_session(tx, person, level, rules=rules, methods=("pwd",), origin=origin, now=now)
        caller = person_caller(tx, person, origin, session=opened.session)
        tx.audit.append(event_of(caller, EventName.CHECK_PASSWORD, at=now, resources=[person.arn]))
        return opened

    def _open_full(self, tx: SigninSlice, half: SignedIn, accepted: Accepted, guess: Guess, origin: Origin) -> Opened:
        now = self._clock.now()
        person = tx.directory.person(half.person.person_id)
        if person is None or not may_act(person) or tx.sessions.browser_session(half.session.session_id) is None:
            raise CodeRefused("the person or her session ended at this moment")
        # ORDER: the code is used up before anything is made from it, so a second use at the same moment gets nothing.
        if not tx.credentials.advance_totp_step(accepted.factor.factor_id, accepted.step):
            raise CodeRefused("the code was used already")
        succeeded(tx.credentials, guess, now)
        tx.sessions.delete_browser_session(half.session.session_id)
        rules = self._policies.value.rules_for(person)
        level = SessionLevel.ENROLMENT if _password_is_too_old(tx, person, rules, now) else SessionLevel.FULL
        opened = open_session(tx, person, level, rules=rules, methods=BOTH_FACTORS, origin=origin, now=now)
        caller = person_caller(tx, person, origin, session=opened.session)
        details = {"level": level.value}
        tx.audit.append(event_of(caller, EventName.SIGN_IN, at=now, resources=[person.arn], details=details))
        return opened

    def _record(self, person: Person | None, origin: Origin, name: EventName, reason: str) -> None:
        event = event_of(
            _claimed(person, origin),
            name,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            resources=[person.arn] if person is not None else [],
            error_code="SignInRefused",
            error_message=reason,
        )
        self._recorder.record(event)

    def _note(self, kind: Used, subject: str, origin: Origin, name: EventName) -> None:
        self._last_use.note(LastUse(kind, subject, self._clock.now(), origin.source_ip, name.value))


def _load_known(tx: SigninSlice, person: Person | None) -> _Known | None:
    """None unless she may sign in: active, with a password and a confirmed second factor."""
    if person is None or not may_act(person):
        return None
    password = tx.credentials.password(person.person_id)
    factors = tuple(f for f in tx.credentials.totp_factors(person.person_id) if f.confirmed_at is not None)
    return _Known(person, password, factors) if password is not None and factors else None


def _why(person: Person | None, known: _Known | None) -> str:
    if known is not None:
        return "wrong password"
    if person is None:
        return "nobody of that name"
    return f"the person is {person.status.value}" if not may_act(person) else "the person is not enrolled"


def _claimed(person: Person | None, origin: Origin) -> Caller:
    """Nothing is proved. What a stranger typed as a name is not kept: it may be a password."""
    return replace(anonymous(origin), name=person.user_name if person is not None else _HIDDEN)


def _password_is_too_old(tx: SigninSlice, person: Person, rules: SignInRules, now: datetime) -> bool:
    max_age = rules_of(rules.password_profile).max_age
    password = tx.credentials.password(person.person_id)
    return max_age is not None and (password is None or now - password.changed_at >= max_age)
