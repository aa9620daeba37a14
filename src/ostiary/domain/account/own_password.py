"""How does a person change her password, get one, or live without? (BP01-6, BP01-7)

Every change signs out everywhere else and ends all tokens: whoever had the old password is out.
"""

from __future__ import annotations

from collections.abc import Callable

from ostiary.domain.account.changes import Change, Changes
from ostiary.domain.account.errors import FactorNotAllowed, LastFactor, PasswordExists, PasswordWrong, UnknownFactor
from ostiary.domain.account.holdings import holdings_of
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.errors import PasswordUnacceptable
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import Password
from ostiary.domain.credentials.password_policy import PasswordRules, describe, normalised, rules_of
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import PasswordsDiffer
from ostiary.domain.signin_policy.model import Factor
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.passwords import PasswordMismatch
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions


class OwnPassword:
    def __init__(
        self,
        *,
        transactions: Transactions[AccountSlice],
        changes: Changes,
        throttle: Throttle,
        hashing: PasswordHashing,
        choice: PasswordChoice,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._changes = changes
        self._throttle = throttle
        self._hashing = hashing
        self._choice = choice
        self._clock = clock

    def exists(self, signed_in: SignedIn) -> bool:
        return self._load(signed_in) is not None

    def change(self, signed_in: SignedIn, present: str, new: str, repeated: str) -> Opened:
        """The session that goes on. Raises PasswordWrong, PasswordUnacceptable, PasswordUncheckable, PasswordsDiffer,
        FactorNotAllowed, PasswordExists, Throttled, TooBusy.
        """
        self._check_allowed(signed_in)
        _check_same(new, repeated)
        guess = self._throttle.count(signed_in.caller, Guessed.PASSWORD, name=signed_in.person.user_name)
        earlier = self._load(signed_in)
        try:
            self._hashing.check(present, earlier.encoded if earlier is not None else None)
        except PasswordMismatch:
            self._changes.refused(signed_in, EventName.SET_PASSWORD, PasswordWrong())
            raise PasswordWrong from None
        if normalised(new) == normalised(present):
            self._forget(guess)
            raise PasswordUnacceptable([Text("It is your present password")])
        return self._put(signed_in, new, earlier, lambda change: succeeded(change.tx.credentials, guess, change.now))

    def add(self, signed_in: SignedIn, new: str, repeated: str) -> Opened:
        """For a person who has none. Raises PasswordExists and what `change` raises of a new password."""
        self._check_allowed(signed_in)
        _check_same(new, repeated)
        if self._load(signed_in) is not None:
            raise PasswordExists
        return self._put(signed_in, new, None, lambda _: None)

    def remove(self, signed_in: SignedIn) -> Opened:
        """Raises LastFactor unless the rest lets her in as her rules want it; UnknownFactor when there is none."""

        def work(change: Change) -> Opened:
            rows, person_id = change.tx.credentials, change.person.person_id
            password = rows.password(person_id)
            if password is None:
                raise UnknownFactor
            holdings = holdings_of(rows, person_id)
            left = holdings if password.compromised_at is not None else holdings.without(Factor.PASSWORD)
            if not left.suffice(signed_in):
                raise LastFactor
            rows.delete_password(person_id)
            change.record({"factor": Factor.PASSWORD.value})
            change.tell(MailKind.FACTOR_REMOVED, factor=Factor.PASSWORD.value)
            return change.sign_out_elsewhere()

        return self._changes.make(signed_in, EventName.REMOVE_FACTOR, work)

    def _check_allowed(self, signed_in: SignedIn) -> None:
        if Factor.PASSWORD not in signed_in.rules.factors:
            self._changes.refused(signed_in, EventName.SET_PASSWORD, FactorNotAllowed())
            raise FactorNotAllowed

    def _load(self, signed_in: SignedIn) -> Password | None:
        with self._transactions.read() as tx:
            return tx.credentials.password(signed_in.person.person_id)

    def _put(self, signed_in: SignedIn, new: str, earlier: Password | None, then: Callable[[Change], None]) -> Opened:
        password = self._choice.choose(
            new,
            person=signed_in.person,
            organization=signed_in.organization,
            rules=_rules(signed_in),
            earlier=earlier,
            now=self._clock.now(),
        )

        def work(change: Change) -> Opened:
            # The hash took its time: what was checked before it must still be what is there.
            if change.tx.credentials.password(change.person.person_id) != earlier:
                raise PasswordExists
            change.tx.credentials.put_password(password)
            then(change)
            change.record({"profile": signed_in.rules.password_profile.value, "changed": earlier is not None})
            if earlier is None:
                change.tell(MailKind.FACTOR_ADDED, factor=Factor.PASSWORD.value)
            else:
                change.tell(MailKind.PASSWORD_CHANGED)
            return change.sign_out_elsewhere()

        return self._changes.make(signed_in, EventName.SET_PASSWORD, work)

    def _forget(self, guess: Guess) -> None:
        """The present password was right, so it was no guess, whatever becomes of the new one."""
        now = self._clock.now()
        self._transactions.write(lambda tx: succeeded(tx.credentials, guess, now))


def password_rules(signed_in: SignedIn) -> list[Text]:
    """Sentences for the page on which she chooses one."""
    return describe(_rules(signed_in))


def _rules(signed_in: SignedIn) -> PasswordRules:
    return rules_of(signed_in.rules.password_profile, alone=signed_in.rules.password_suffices)


def _check_same(new: str, repeated: str) -> None:
    if normalised(new) != normalised(repeated):
        raise PasswordsDiffer(Text("the two passwords differ: type the same one twice"))
