"""What happened with a person's account, as the trail has it? Only what is about her alone.

Events are filed under names that people type and sessions choose, so being filed under her name is not enough: she did
it herself, or somebody whom nobody knows tried to be her.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.caller import CallerKind
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.ports import EventQuery, StoredEvent
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.model import Person
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin_policy.model import RiskLevel
from ostiary.kit.transactions import Transactions

PAGE = 25
_LOOKED_AT = 200  # rows per page at most, whoever else has events under this name


@dataclass(frozen=True, slots=True)
class EventPage:
    """Newest first; `older` is where the next page begins, None at the end."""

    events: Sequence[Event]
    older: int | None


class OwnEvents:
    def __init__(self, *, transactions: Transactions[AccountSlice]) -> None:
        self._transactions = transactions

    def page(self, signed_in: SignedIn, *, before: int | None = None) -> EventPage:
        with self._transactions.read() as tx:
            query = EventQuery(user_name=signed_in.person.user_name, before=before, limit=_LOOKED_AT)
            return _page(signed_in.person, tx.audit.find(query))

    def newest(self, signed_in: SignedIn, limit: int) -> Iterator[Event]:
        """Up to `limit`, read piece by piece, each in a transaction of its own."""
        person, before, left = signed_in.person, None, limit
        while left > 0:
            with self._transactions.read() as tx:
                rows = tx.audit.find(EventQuery(user_name=person.user_name, before=before, limit=_LOOKED_AT))
            own = [event for row in rows if is_about(event := decode(row.body), person)][:left]
            yield from own
            left -= len(own)
            if len(rows) < _LOOKED_AT:
                return
            before = rows[-1].sequence


def is_about(event: Event, person: Person) -> bool:
    if event.actor_arn == person.arn:
        return True
    return event.actor_kind == CallerKind.ANONYMOUS.value and person.arn in event.resources


def _is_routine(event: Event) -> bool:
    """A sign-in in which nothing was odd: the sign-in itself is told."""
    usual = event.details.get("level") == RiskLevel.LOW.value
    return event.name is EventName.ASSESS_RISK and event.outcome is Outcome.SUCCESS and usual


def _page(person: Person, rows: Sequence[StoredEvent]) -> EventPage:
    own: list[Event] = []
    for place, row in enumerate(rows):
        event = decode(row.body)
        if is_about(event, person) and not _is_routine(event):
            own.append(event)
        if len(own) == PAGE and place + 1 < len(rows):
            return EventPage(own, row.sequence)
    return EventPage(own, rows[-1].sequence if len(rows) == _LOOKED_AT else None)
