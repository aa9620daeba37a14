"""What may a person see about herself: her attributes with their sources, her ways to sign in, her applications?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.applications.model import Application
from ostiary.domain.audit.last_use import LastUseLog, Used
from ostiary.domain.directory.model import AttributeDefinition, Person
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class OwnAttribute:
    name: str
    value: str
    source: str
    self_editable: bool


@dataclass(frozen=True, slots=True)
class OwnFactor:
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountView:
    attributes: Sequence[OwnAttribute]
    factors: Sequence[OwnFactor]


class OwnAccount:
    def __init__(self, *, transactions: Transactions[SigninSlice], last_use: LastUseLog) -> None:
        self._transactions = transactions
        self._last_use = last_use

    def view(self, signed_in: SignedIn) -> AccountView:
        person = signed_in.person
        with self._transactions.read() as tx:
            definitions = tx.directory.attribute_definitions()
            return AccountView(_attributes(person, definitions), self._factors(tx, person))

    def applications(self, signed_in: SignedIn) -> Sequence[Application]:
        """The enabled applications that her groups may use."""
        groups = set(signed_in.person.groups)
        with self._transactions.read() as tx:
            return [a for a in tx.applications.applications() if a.enabled and not groups.isdisjoint(a.groups)]

    def account_names(self) -> dict[str, str]:
        with self._transactions.read() as tx:
            return {account.account_id: account.name for account in tx.directory.accounts()}

    def _factors(self, tx: SigninSlice, person: Person) -> list[OwnFactor]:
        factors = []
        password = tx.credentials.password(person.person_id)
        if password is not None:
            used = self._used_at(tx, Used.PASSWORD, person.person_id)
            factors.append(OwnFactor("Password", password.changed_at, used))
        for factor in tx.credentials.totp_factors(person.person_id):
            if factor.confirmed_at is not None:
                used = self._used_at(tx, Used.FACTOR, factor.factor_id)
                factors.append(OwnFactor(factor.name, factor.confirmed_at, used))
        return factors

    def _used_at(self, tx: SigninSlice, kind: Used, subject: str) -> datetime | None:
        uses = [self._last_use.pending(kind, subject), tx.last_uses.last_use(kind, subject)]
        return max((use.at for use in uses if use is not None), default=None)


def _attributes(person: Person, definitions: Sequence[AttributeDefinition]) -> list[OwnAttribute]:
    return [
        OwnAttribute(d.name, person.attributes[d.name], d.source, d.self_editable)
        for d in definitions
        if d.name in person.attributes
    ]
