"""How does a mailed code bring somebody in? As her first step where her directory allows it, or as the second.

It shows that somebody reads her mail, and is never counted as a factor (BP01-5). A code works once, for ten minutes,
and only in the browser that asked for it. Whether a name is known is not told: nobody's code is made, kept and awaited
like somebody's.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from ostiary.domain.audit.caller import Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.credentials.model import MailCode
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import Guessed, Throttle, succeeded
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import find_user_name, may_act
from ostiary.domain.mail.model import MailKind, Recipient, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import CurrentPerson, SignedIn, claimed_caller
from ostiary.domain.signin.deciding import EMAIL_CODE, Option
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
from ostiary.domain.signin.second_step import SecondStep
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Factor
from ostiary.kit import ids
from ostiary.kit.clock import Clock, iso
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

_LIFE = timedelta(minutes=10)
_DIGITS = 8
_LONGEST_TYPED = 32
_NOBODY = ""


@dataclass(frozen=True, slots=True)
class _Sending:
    """One code on its way: for whom (nobody: it only costs the same), as what, and to which browser it is bound."""

    subject: str
    recipient: Recipient | None
    binding: str


class MailCodes:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        current: CurrentPerson,
        arrivals: Arrivals,
        second_step: SecondStep,
        throttle: Throttle,
        risk: RiskAssessor,
        outbox: Outbox,
        policies: Current[SignInPolicyIndex],
        keys: Current[ServerKeys],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._current = current
        self._arrivals = arrivals
        self._second_step = second_step
        self._throttle = throttle
        self._risk = risk
        self._outbox = outbox
        self._policies = policies
        self._keys = keys
        self._clock = clock

    @property
    def anywhere(self) -> bool:
        """Whether there is a directory whose people may come in this way."""
        index = self._policies.value
        return any(Factor.EMAIL_CODE in index.rules_of_directory(name).factors for name in index.directories)

    def ask(self, typed: str, binding: str, origin: Origin) -> None:
        """Mail a code to whoever has this name or address, if somebody has. Raises Throttled, for everybody alike."""
        self._throttle.count(anonymous(origin), Guessed.MAIL_CODE, name=_name_of(typed))

        def work(tx: SigninSlice) -> None:
            now = self._clock.now()
            person = self._admitted(_find(tx, typed), origin)
            if person is None:
                self._risk.pretend_prompt(tx, _name_of(typed), now)
            elif self._is_bombed(tx, person, origin, now):
                person = None
            subject = _subject(person, binding)
            self._send(tx, _Sending(subject, recipient_of(person) if person else None, binding), now)
            caller = claimed_caller(person, origin)
            outcome = Outcome.SUCCESS if person is not None else Outcome.FAILED
            resources = [person.arn] if person is not None else []
            tx.audit.append(event_of(caller, EventName.SEND_CODE, at=now, outcome=outcome, resources=resources))

        self._transactions.write(work)

    def enter(self, typed: str, code: str, binding: str, origin: Origin) -> Opened:
        """Come in by the code. Raises CodeRefused, SignInRefused, Throttled."""
        guess = self._throttle.count(anonymous(origin), Guessed.MAIL_CODE, name=_name_of(typed))
        found: list[Person | None] = [None]

        def work(tx: SigninSlice) -> Opened:
            now = self._clock.now()
            found[0] = _find(tx, typed)
            person = self._admitted(found[0], origin)
            subject = _subject(person, binding)
            used = tx.credentials.use_mail_code(subject, self._hash(subject, binding, code), now)
            if not used or person is None:
                raise CodeRefused("no code for this name, browser and moment")
            opened = self._arrivals.arrive(tx, person, proved=(EMAIL_CODE,), half=None, origin=origin, now=now)
            succeeded(tx.credentials, guess, now)
            return opened

        try:
            return self._transactions.write(work)
        except (CodeRefused, SignInRefused) as error:
            refused = error if isinstance(error, SignInRefused) else SignInRefused(error.operator_text)
            self._arrivals.note_refusal(found[0], origin, refused, EventName.SIGN_IN)
            raise CodeRefused(error.operator_text) from None

    def ask_second(self, half: SignedIn, origin: Origin) -> None:
        """Mail a code to her whose password was right, if her rules want it. Raises CodeRefused, Throttled."""
        guess = self._throttle.count(half.caller, Guessed.MAIL_CODE, name=half.person.user_name)
        del guess  # it is given back with the right code only: asking again and again is guessing, too

        def work(tx: SigninSlice) -> None:
            now = self._clock.now()
            session = tx.sessions.browser_session(half.session.session_id)
            if session is None:
                raise CodeRefused("the session ended at this moment")
            verdict = self._arrivals.next_step(tx, half.person, session, origin, now)
            if Option.EMAIL_CODE not in verdict.options:
                raise CodeRefused("her rules do not offer a mailed code here")
            self._risk.note_prompt(tx, half.person, origin, now)
            sending = _Sending(_second_subject(half), recipient_of(half.person), half.session.session_id)
            self._send(tx, sending, now)
            tx.audit.append(event_of(half.caller, EventName.SEND_CODE, at=now, resources=[half.person.arn]))

        try:
            self._transactions.write(work)
        except SignInRefused as refused:
            self._arrivals.note_refusal(half.person, origin, refused, EventName.SEND_CODE)
            raise

    def finish(self, token: str | None, code: str, origin: Origin) -> Opened:
        """The second step. Raises CodeRefused, SignInRefused, NotSignedIn, Throttled."""
        half = self._current.at_level(token, origin, SessionLevel.FIRST_FACTOR)
        subject = _second_subject(half)

        def prove(tx: SigninSlice, now: datetime) -> None:
            if not tx.credentials.use_mail_code(subject, self._hash(subject, half.session.session_id, code), now):
                raise CodeRefused("no code for this session and moment")

        return self._second_step.finish(half, Option.EMAIL_CODE, prove, origin)

    def _admitted(self, person: Person | None, origin: Origin) -> Person | None:
        """Nobody, unless a code may bring her in from there."""
        if person is None or not may_act(person) or not person.email:
            return None
        if Factor.EMAIL_CODE not in self._policies.value.rules_for(person).factors:
            return None
        try:
            self._arrivals.check_admitted(person, (EMAIL_CODE,), origin)
        except SignInRefused:
            return None
        return person

    def _is_bombed(self, tx: SigninSlice, person: Person, origin: Origin, now: datetime) -> bool:
        try:
            self._risk.note_prompt(tx, person, origin, now)
        except Throttled:
            return True
        return False

    def _send(self, tx: SigninSlice, sending: _Sending, now: datetime) -> None:
        code = ids.random_text("0123456789", _DIGITS)
        expires_at = now + _LIFE
        code_hash = self._hash(sending.subject, sending.binding, code)
        tx.credentials.put_mail_code(MailCode(sending.subject, code_hash, created_at=now, expires_at=expires_at))
        values = {"code": f"{code[:4]} {code[4:]}", "expires_at": iso(expires_at)}
        if sending.recipient is None:
            self._outbox.pretend(tx, MailKind.EMAIL_CODE, values=values, now=now)
        else:
            self._outbox.send(tx, MailKind.EMAIL_CODE, recipient=sending.recipient, values=values, now=now)

    def _hash(self, subject: str, binding: str, code: str) -> bytes:
        """Of a code so short that only the key, which is not in the database, keeps it."""
        typed = "".join(code.split())[:_LONGEST_TYPED]
        text = f"{subject}\0{binding}\0{typed}".encode("utf-8", "surrogatepass")
        return hmac.new(self._keys.value.password_pepper, b"ostiary mail code\0" + text, sha256).digest()


def _find(tx: SigninSlice, typed: str) -> Person | None:
    """By name or by address; as many reads whoever it is."""
    by_name = tx.directory.person_by_user_name(find_user_name(typed) or _NOBODY)
    by_email = tx.directory.person_by_email(_address(typed))
    found = by_name or by_email
    if found is None:
        tx.directory.person(_NOBODY)
    return found


def _name_of(typed: str) -> str:
    """Under which guesses are counted: one for all spellings that find the same person."""
    return find_user_name(typed) or find_user_name(_address(typed)) or _address(typed).lower()


def _address(typed: str) -> str:
    return typed.strip()[: _LONGEST_TYPED * 8]


def _subject(person: Person | None, binding: str) -> str:
    """Each browser has its own: whoever asks for a code in her name must not void the one that she is typing."""
    return f"signin:{person.person_id if person is not None else ids.uuid7()}:{hash_secret(binding).hex()}"


def _second_subject(half: SignedIn) -> str:
    return f"second:{half.session.session_id}"
