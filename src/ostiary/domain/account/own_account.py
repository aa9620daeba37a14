"""What may a person see about herself: her attributes with their sources, her applications?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.applications.model import Application
from ostiary.domain.directory.model import AttributeDefinition, Person
from ostiary.domain.signin.current import SignedIn
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class OwnAttribute:
    name: str
    value: str
    source: str
    self_editable: bool


class OwnAccount:
    def __init__(self, *, transactions: Transactions[AccountSlice]) -> None:
        self._transactions = transactions

    def attributes(self, signed_in: SignedIn) -> Sequence[OwnAttribute]:
        with self._transactions.read() as tx:
            return attributes_of(signed_in.person, tx.directory.attribute_definitions())

    def applications(self, signed_in: SignedIn) -> Sequence[Application]:
        """The enabled applications that everybody, or one of her groups, may use."""
        groups = set(signed_in.person.groups)
        with self._transactions.read() as tx:
            applications = tx.applications.applications()
        return [a for a in applications if a.enabled and (a.everyone or not groups.isdisjoint(a.groups))]

    def account_names(self) -> dict[str, str]:
        with self._transactions.read() as tx:
            return {account.account_id: account.name for account in tx.directory.accounts()}


def attributes_of(person: Person, definitions: Sequence[AttributeDefinition]) -> list[OwnAttribute]:
    return [
        OwnAttribute(d.name, person.attributes[d.name], d.source, d.self_editable)
        for d in definitions
        if d.name in person.attributes
    ]
