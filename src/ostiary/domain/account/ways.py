"""Which ways to sign in does a person have, when did she use each last, and which may go?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.account.holdings import Holdings, holdings_of
from ostiary.domain.account.own_recovery_codes import CodesLeft, codes_of
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.last_use import LastUseLog, Used
from ostiary.domain.credentials.authenticator_models import MODEL_NAMES
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin_policy.model import Factor
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class Way:
    """`removable`: the rest would still let her in. `passkey`: its row, which knows whether it syncs."""

    factor: Factor
    factor_id: str
    name: str
    added_at: datetime
    last_used_at: datetime | None
    removable: bool
    passkey: Passkey | None = None

    @property
    def model(self) -> str:
        """What a passkey lies in, where that is known."""
        return MODEL_NAMES.get(self.passkey.aaguid, "") if self.passkey is not None else ""


@dataclass(frozen=True, slots=True)
class Ways:
    """`allowed`: what her rules know; `holdings`: how many of each she has."""

    passkeys: Sequence[Way]
    authenticators: Sequence[Way]
    password: Way | None
    codes: CodesLeft
    holdings: Holdings
    allowed: frozenset[Factor]


class OwnWays:
    def __init__(self, *, transactions: Transactions[AccountSlice], last_use: LastUseLog) -> None:
        self._transactions = transactions
        self._last_use = last_use

    def view(self, signed_in: SignedIn) -> Ways:
        with self._transactions.read() as tx:
            return self.load(tx, signed_in)

    def load(self, tx: AccountSlice, signed_in: SignedIn) -> Ways:
        person_id = signed_in.person.person_id
        holdings = holdings_of(tx.credentials, person_id)
        return Ways(
            passkeys=self._passkeys(tx, person_id, _removable(holdings, Factor.PASSKEY, signed_in)),
            authenticators=self._authenticators(tx, person_id, _removable(holdings, Factor.TOTP, signed_in)),
            password=self._password(tx, person_id, _removable(holdings, Factor.PASSWORD, signed_in)),
            codes=codes_of(tx, person_id),
            holdings=holdings,
            allowed=signed_in.rules.factors,
        )

    def _passkeys(self, tx: AccountSlice, person_id: str, removable: bool) -> list[Way]:  # noqa: FBT001 - private
        return [
            Way(
                Factor.PASSKEY,
                key.factor_id,
                key.name,
                key.created_at,
                self._used_at(tx, key.factor_id),
                removable,
                key,
            )
            for key in tx.credentials.passkeys(person_id)
        ]

    def _authenticators(self, tx: AccountSlice, person_id: str, removable: bool) -> list[Way]:  # noqa: FBT001 - private
        return [
            Way(Factor.TOTP, app.factor_id, app.name, app.confirmed_at, self._used_at(tx, app.factor_id), removable)
            for app in tx.credentials.totp_factors(person_id)
            if app.confirmed_at is not None
        ]

    def _password(self, tx: AccountSlice, person_id: str, removable: bool) -> Way | None:  # noqa: FBT001 - private
        password = tx.credentials.password(person_id)
        if password is None:
            return None
        used = self._used_at(tx, person_id, Used.PASSWORD)
        return Way(Factor.PASSWORD, "", "", password.changed_at, used, removable)

    def _used_at(self, tx: AccountSlice, subject: str, kind: Used = Used.FACTOR) -> datetime | None:
        uses = [self._last_use.pending(kind, subject), tx.last_uses.last_use(kind, subject)]
        return max((use.at for use in uses if use is not None), default=None)


def _removable(holdings: Holdings, factor: Factor, signed_in: SignedIn) -> bool:
    return holdings.without(factor).suffice(signed_in)
