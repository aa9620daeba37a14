"""How does a half session go on, whatever is proved in the second step?

The guess is counted before it is checked; then everything happens in one transaction: the proof is used up, the half
session ends, the new one begins. A refusal takes all of it back, and is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.directory.people import may_act
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.signin.arrival import Arrivals, Step
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.deciding import EMAIL_CODE, RECOVERY_CODE, TOTP, Option
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions

Prove = Callable[[SigninSlice, datetime], None]
_METHODS: Mapping[Option, str] = {
    Option.TOTP: TOTP,
    Option.RECOVERY_CODE: RECOVERY_CODE,
    Option.EMAIL_CODE: EMAIL_CODE,
}
GUESSED: Mapping[Option, Guessed] = {
    Option.TOTP: Guessed.CODE,
    Option.RECOVERY_CODE: Guessed.RECOVERY_CODE,
    Option.EMAIL_CODE: Guessed.MAIL_CODE,
}


class SecondStep:
    """Steps that are typed; a passkey has its own walk (`passkey_sign_in.py`)."""

    def __init__(
        self, *, transactions: Transactions[SigninSlice], arrivals: Arrivals, throttle: Throttle, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._arrivals = arrivals
        self._throttle = throttle
        self._clock = clock

    def finish(self, half: SignedIn, option: Option, prove: Prove, origin: Origin) -> Opened:
        """`prove` checks and uses up what was typed, and raises CodeRefused. Raises SignInRefused, Throttled, too."""
        guess = self._throttle.count(half.caller, GUESSED[option], name=half.person.user_name)
        try:
            return self._transactions.write(lambda tx: self._finish(tx, half, option, prove, guess, origin))
        except CodeRefused as wrong:
            self._note(half, origin, SignInRefused(wrong.operator_text))
            raise
        except SignInRefused as refused:
            self._note(half, origin, refused)
            raise

    def _finish(
        self, tx: SigninSlice, half: SignedIn, option: Option, prove: Prove, guess: Guess, origin: Origin
    ) -> Opened:
        person = tx.directory.person(half.person.person_id)
        session = tx.sessions.browser_session(half.session.session_id)
        if person is None or not may_act(person) or session is None:
            raise CodeRefused("the person or her session ended at this moment")
        opened = self._arrivals.go_on(tx, person, session, Step(option, _METHODS[option], prove), origin)
        succeeded(tx.credentials, guess, self._clock.now())
        return opened

    def _note(self, half: SignedIn, origin: Origin, refused: SignInRefused) -> None:
        self._arrivals.note_refusal(half.person, origin, refused, EventName.SIGN_IN)
