"""Which applications act for a person while she is away, and how does she take that back?

An application does so by refresh tokens; she may also have agreed to what it gets. Taking its access back ends both,
and its access tokens at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.account.changes import Change, Changes
from ostiary.domain.account.errors import UnknownApplication
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.leaving import end_families
from ostiary.domain.tokens.model import FamilyInUse
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class ConnectedApplication:
    """`places`: in how many places she is signed in there; `agreed_at` None: she was not asked."""

    client_id: str
    name: str
    scopes: Sequence[str]
    places: int
    since: datetime
    last_used_at: datetime | None
    agreed_at: datetime | None


class OwnApplications:
    def __init__(
        self,
        *,
        transactions: Transactions[AccountSlice],
        changes: Changes,
        applications: Current[ApplicationIndex],
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._changes = changes
        self._applications = applications
        self._clock = clock

    def connected(self, signed_in: SignedIn) -> Sequence[ConnectedApplication]:
        """By name."""
        with self._transactions.read() as tx:
            return self.load(tx, signed_in)

    def load(self, tx: AccountSlice, signed_in: SignedIn) -> Sequence[ConnectedApplication]:
        person_id = signed_in.person.person_id
        families: dict[str, list[FamilyInUse]] = defaultdict(list)
        for one in tx.tokens.living_families(person_id, self._clock.now()):
            families[one.family.client_id].append(one)
        agreed = {consent.client_id: consent for consent in tx.tokens.consents(person_id)}
        found = []
        for client_id in {*families, *agreed}:
            held, consent = families[client_id], agreed.get(client_id)
            scopes = {scope for one in held for scope in one.family.scopes} | set(consent.scopes if consent else ())
            starts = [one.family.created_at for one in held] + ([consent.granted_at] if consent else [])
            found.append(
                ConnectedApplication(
                    client_id=client_id,
                    name=self._name_of(client_id),
                    scopes=sorted(scopes),
                    places=len(held),
                    since=min(starts),
                    last_used_at=max((one.last_used_at for one in held), default=None),
                    agreed_at=consent.granted_at if consent else None,
                )
            )
        return sorted(found, key=lambda one: (one.name.casefold(), one.client_id))

    def revoke(self, signed_in: SignedIn, client_id: str) -> None:
        """Raises UnknownApplication when it holds nothing of hers."""

        def work(change: Change) -> None:
            tx, person_id = change.tx, change.person.person_id
            held = [f for f in tx.tokens.living_families(person_id, change.now) if f.family.client_id == client_id]
            consent = tx.tokens.consent(person_id, client_id)
            if not held and consent is None:
                raise UnknownApplication
            tx.tokens.withdraw_unused(person_id, client_id)
            end_families(tx, [one.family.family_id for one in held], change.now)
            tx.tokens.delete_consent(person_id, client_id)
            change.record({"clientId": client_id, "endedFamilies": len(held), "consent": consent is not None})

        self._changes.make(signed_in, EventName.WITHDRAW_CONSENT, work)

    def _name_of(self, client_id: str) -> str:
        registered = self._applications.value.by_client_id.get(client_id)
        return registered.application.name if registered is not None else client_id
