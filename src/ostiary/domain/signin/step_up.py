"""Is it still her, before something that matters? (BP01-20)

A session counts as fresh for a few minutes after all that her rules ask for was proved. A trusted browser spares nobody
here: what a sign-in left out is asked for now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.throttle import Guessed, Throttle, succeeded
from ostiary.domain.directory.people import may_act
from ostiary.domain.sessions.browser import Opened, strengthen_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.arrival import Arrivals, held_by
from ostiary.domain.signin.current import SignedIn, person_caller
from ostiary.domain.signin.deciding import PASSWORD, RECOVERY_CODE, TOTP, Option, Verdict
from ostiary.domain.signin.errors import CodeRefused, ConfirmationRefused, NotSignedIn, SignInRefused
from ostiary.domain.signin.password_check import PasswordCheck
from ostiary.domain.signin.proofs import prove_recovery_code, prove_totp
from ostiary.domain.signin.slices import SigninSlice
from ostiary.domain.signin_policy.model import Factor
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.passwords import PasswordMismatch
from ostiary.kit.transactions import Transactions

_TOTP_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Confirming:
    """What the page asks for: a passkey, a password, and with it a code of an app or of paper."""

    passkey: bool
    password: bool
    code: bool


class StepUp:
    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        recorder: EventRecorder,
        arrivals: Arrivals,
        throttle: Throttle,
        passwords: PasswordCheck,
        authenticators: Authenticators,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._arrivals = arrivals
        self._throttle = throttle
        self._passwords = passwords
        self._authenticators = authenticators
        self._clock = clock

    def is_fresh(self, signed_in: SignedIn) -> bool:
        """Whether all that her rules ask for was proved in this session, and lately."""
        now = self._clock.now()
        if now - signed_in.session.authenticated_at >= signed_in.rules.step_up:
            return False
        try:
            with self._transactions.read() as tx:
                verdict = self._weigh(tx, signed_in, signed_in.session.methods, signed_in.caller.origin, now)
        except SignInRefused:
            return False
        return _suffices(verdict)

    def asks_for(self, signed_in: SignedIn) -> Confirming:
        with self._transactions.read() as tx:
            held = held_by(tx, signed_in.person)
            try:
                now, origin = self._clock.now(), signed_in.caller.origin
                verdict = self._weigh(tx, signed_in, (PASSWORD,), origin, now)
            except SignInRefused:
                verdict = None
        by_password = verdict is not None and (_suffices(verdict) or Option.TOTP in verdict.options)
        return Confirming(
            passkey=held.usable_passkeys(signed_in.rules),
            password=by_password and held.password is not None,
            code=verdict is not None and Option.TOTP in verdict.options,
        )

    def confirm(self, signed_in: SignedIn, password: str, code: str, origin: Origin) -> Opened:
        """By password, and by a code where she has what shows codes. Raises ConfirmationRefused, Throttled, TooBusy."""
        guess = self._throttle.count(signed_in.caller, Guessed.PASSWORD, name=signed_in.person.user_name)
        with self._transactions.read() as tx:
            kept = tx.credentials.password(signed_in.person.person_id)
        try:
            self._passwords.check(password, kept, self._clock.now())
        except PasswordMismatch:
            raise self._refuse(signed_in, origin, "wrong password") from None
        counted = [guess]
        if code:
            kind = Guessed.CODE if _is_totp(code) else Guessed.RECOVERY_CODE
            counted.append(self._throttle.count(signed_in.caller, kind, name=signed_in.person.user_name))

        def work(tx: SigninSlice) -> Opened:
            now = self._clock.now()
            if tx.credentials.password(signed_in.person.person_id) != kept:
                raise CodeRefused("the password changed at this moment")
            proved = (PASSWORD, *self._prove_code(tx, signed_in, code, now))
            opened = self.strengthen(tx, signed_in, proved, origin)
            for one in counted:
                succeeded(tx.credentials, one, now)
            return opened

        try:
            return self._transactions.write(work)
        except (CodeRefused, SignInRefused) as refused:
            raise self._refuse(signed_in, origin, refused.operator_text) from None

    def strengthen(self, tx: SigninSlice, signed_in: SignedIn, proved: Sequence[str], origin: Origin) -> Opened:
        """The same session with a new token, proved anew; `proved` was used up in this transaction.

        Raises SignInRefused when that is not enough for her rules, NotSignedIn when the session ended.
        """
        now = self._clock.now()
        session = tx.sessions.browser_session(signed_in.session.session_id)
        person = tx.directory.person(signed_in.person.person_id)
        if session is None or session.token_hash != signed_in.session.token_hash or not may_act(person):
            raise NotSignedIn("the session ended or was strengthened at this moment")
        self._arrivals.check_admitted(signed_in.person, proved, origin)
        weighed = self._arrivals.weigh(tx, signed_in.person, proved, origin, now)
        if not _suffices(weighed.verdict):
            raise SignInRefused("what was proved is less than her rules ask for")
        opened = strengthen_session(tx, session, methods=weighed.methods, origin=origin, now=now)
        caller = person_caller(tx, signed_in.person, origin, session=opened.session)
        resources = [signed_in.person.arn]
        tx.audit.append(event_of(caller, EventName.STRENGTHEN_SESSION, at=now, resources=resources))
        return opened

    def _prove_code(self, tx: SigninSlice, signed_in: SignedIn, code: str, now: datetime) -> tuple[str, ...]:
        person_id = signed_in.person.person_id
        if not code:
            return ()
        if _is_totp(code) and Factor.TOTP in signed_in.rules.factors:
            prove_totp(tx, self._authenticators, person_id, code, now)
            return (TOTP,)
        left = prove_recovery_code(tx, person_id, code, now)
        name, details = EventName.USE_RECOVERY_CODE, {"left": left}
        tx.audit.append(event_of(signed_in.caller, name, at=now, resources=[signed_in.person.arn], details=details))
        return (RECOVERY_CODE,)

    def _weigh(
        self, tx: SigninSlice, signed_in: SignedIn, proved: Sequence[str], origin: Origin, now: datetime
    ) -> Verdict:
        return self._arrivals.weigh(tx, signed_in.person, proved, origin, now).verdict

    def _refuse(self, signed_in: SignedIn, origin: Origin, reason: str) -> ConfirmationRefused:
        """Recorded; to be raised."""
        event = event_of(
            replace(signed_in.caller, origin=origin),
            EventName.STRENGTHEN_SESSION,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            resources=[signed_in.person.arn],
            error_code="ConfirmationRefused",
            error_message=reason,
        )
        self._recorder.record(event)
        return ConfirmationRefused(reason)


def _suffices(verdict: Verdict) -> bool:
    return verdict.level is SessionLevel.FULL or verdict.must_choose_password


def _is_totp(code: str) -> bool:
    return len(code.replace(" ", "")) <= _TOTP_DIGITS
