"""With what does a person sign in, and how does she name, add and remove it? (BP01-4)

Removing one signs out everywhere else: a factor is removed when somebody else may have it, and what he proved with it
must not go on. An authenticator app is added by a code of it; its key is made here, so no two people can share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ostiary.domain.account.changes import Change, Changes
from ostiary.domain.account.errors import (
    FactorNotAllowed,
    LastFactor,
    PendingFactorGone,
    TooManyFactors,
    UnknownFactor,
)
from ostiary.domain.account.holdings import holdings_of
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.authenticator import Authenticators, CodeWrong, Provisioning
from ostiary.domain.credentials.factor_names import check_factor_name
from ostiary.domain.credentials.model import Passkey, TotpFactor
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import CodeRefused
from ostiary.domain.signin.leaving import end_other_enrolments
from ostiary.domain.signin_policy.model import Factor
from ostiary.kit.clock import Clock
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

MAX_AUTHENTICATORS = 5
PENDING_LIFE = timedelta(minutes=30)
_RowOf = TotpFactor | Passkey


@dataclass(frozen=True, slots=True)
class Removed:
    """What is gone, and the session that goes on; `credential_id` of a passkey, so that the browser can forget it."""

    factor: Factor
    name: str
    opened: Opened
    credential_id: bytes = b""


class OwnFactors:
    def __init__(
        self,
        *,
        transactions: Transactions[AccountSlice],
        changes: Changes,
        authenticators: Authenticators,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._changes = changes
        self._authenticators = authenticators
        self._clock = clock

    def name_of(self, signed_in: SignedIn, factor_id: str) -> str:
        """Raises UnknownFactor."""
        with self._transactions.read() as tx:
            return _find(tx, signed_in.person.person_id, factor_id).name

    def rename(self, signed_in: SignedIn, factor_id: str, name: str) -> None:
        """Raises UnknownFactor, InvalidFactorName."""
        wanted = check_factor_name(name)

        def work(change: Change) -> None:
            factor = _find(change.tx, change.person.person_id, factor_id)
            if isinstance(factor, Passkey):
                change.tx.credentials.put_passkey(replace(factor, name=wanted))
            else:
                change.tx.credentials.put_totp_factor(replace(factor, name=wanted))
            change.record({**_details(factor), "newName": wanted})

        self._changes.make(signed_in, EventName.RENAME_FACTOR, work)

    def remove(self, signed_in: SignedIn, factor_id: str) -> Removed:
        """Signs out everywhere else. Raises UnknownFactor; LastFactor when the rest would not let her in again."""

        def work(change: Change) -> Removed:
            person_id = change.person.person_id
            factor = _find(change.tx, person_id, factor_id)
            kind = _kind(factor)
            if not holdings_of(change.tx.credentials, person_id).without(kind).suffice(signed_in):
                raise LastFactor
            if isinstance(factor, Passkey):
                change.tx.credentials.delete_passkey(factor_id)
            else:
                change.tx.credentials.delete_totp_factor(factor_id)
            change.record(_details(factor))
            change.tell(MailKind.FACTOR_REMOVED, factor=kind.value, factor_name=factor.name)
            credential_id = factor.credential_id if isinstance(factor, Passkey) else b""
            return Removed(kind, factor.name, change.sign_out_elsewhere(), credential_id)

        return self._changes.make(signed_in, EventName.REMOVE_FACTOR, work)

    def start_authenticator(self, signed_in: SignedIn, name: str) -> str:
        """The id of an authenticator app that proves nothing until `confirm_authenticator`; an earlier such one goes.

        Raises FactorNotAllowed, TooManyFactors, InvalidFactorName.
        """
        wanted = check_factor_name(name)
        person_id = signed_in.person.person_id
        factor = self._authenticators.new_factor(person_id, name=wanted, now=self._clock.now())

        def work(change: Change) -> None:
            if Factor.TOTP not in signed_in.rules.factors:
                raise FactorNotAllowed
            _check_room(_confirmed(change.tx, person_id))
            _forget_pending(change.tx, person_id)
            change.tx.credentials.put_totp_factor(factor)

        self._changes.make(signed_in, EventName.REGISTER_FACTOR, work)
        return factor.factor_id

    def provisioning(self, signed_in: SignedIn, factor_id: str) -> Provisioning:
        """What the app needs, until it was confirmed. Raises PendingFactorGone."""
        with self._transactions.read() as tx:
            factor = self._pending(tx, signed_in.person.person_id, factor_id)
        return self._authenticators.provisioning(
            factor, issuer=signed_in.organization, user_name=signed_in.person.user_name
        )

    def confirm_authenticator(self, signed_in: SignedIn, factor_id: str, code: str) -> None:
        """From now on she can sign in with it. Raises CodeRefused, PendingFactorGone, TooManyFactors.

        The code is no guess: whoever sees the page has the key. It counts as used for signing in.
        """

        def work(change: Change) -> None:
            person_id = change.person.person_id
            factor = self._pending(change.tx, person_id, factor_id)
            _check_room(_confirmed(change.tx, person_id))
            try:
                accepted = self._authenticators.check([factor], code, change.now)
            except CodeWrong as wrong:
                raise CodeRefused(str(wrong)) from None
            confirmed = replace(factor, confirmed_at=change.now, last_step=accepted.step)
            change.tx.credentials.put_totp_factor(confirmed)
            end_other_enrolments(change.tx, change.session)
            change.record(_details(factor))
            change.tell(MailKind.FACTOR_ADDED, factor=Factor.TOTP.value, factor_name=factor.name)

        self._changes.make(signed_in, EventName.REGISTER_FACTOR, work)

    def _pending(self, tx: AccountSlice, person_id: str, factor_id: str) -> TotpFactor:
        oldest = self._clock.now() - PENDING_LIFE
        for factor in tx.credentials.totp_factors(person_id):
            if factor.factor_id == factor_id and factor.confirmed_at is None and factor.created_at > oldest:
                return factor
        raise PendingFactorGone


def _find(tx: AccountSlice, person_id: str, factor_id: str) -> _RowOf:
    """Only what is hers is there."""
    rows: list[_RowOf] = [*_confirmed(tx, person_id), *tx.credentials.passkeys(person_id)]
    for factor in rows:
        if factor.factor_id == factor_id:
            return factor
    raise UnknownFactor


def _confirmed(tx: AccountSlice, person_id: str) -> Sequence[TotpFactor]:
    return [factor for factor in tx.credentials.totp_factors(person_id) if factor.confirmed_at is not None]


def _check_room(confirmed: Sequence[TotpFactor]) -> None:
    if len(confirmed) >= MAX_AUTHENTICATORS:
        text = Text("you have {count} authenticator apps: remove one before you add another", count=MAX_AUTHENTICATORS)
        raise TooManyFactors(text)


def _forget_pending(tx: AccountSlice, person_id: str) -> None:
    for factor in tx.credentials.totp_factors(person_id):
        if factor.confirmed_at is None:
            tx.credentials.delete_totp_factor(factor.factor_id)


def _kind(factor: _RowOf) -> Factor:
    return Factor.PASSKEY if isinstance(factor, Passkey) else Factor.TOTP


def _details(factor: _RowOf) -> dict[str, str | int | bool | list[str]]:
    return {"factor": _kind(factor).value, "factorId": factor.factor_id, "factorName": factor.name}
