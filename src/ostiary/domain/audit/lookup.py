"""Who did what, when? Look-ups in the trail, for one account, newest first, page by page.

Events of no account (people, applications, the organization) are seen from the organization's first account.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ostiary.domain.audit.errors import InvalidEventQuery
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.ports import AuditRows, AuditSlice, EventQuery, StoredEvent
from ostiary.kit.transactions import Transactions

MAX_RESULTS = 50
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Lookup:
    """Every given field must match; `resource` is an ARN or name that the event is about."""

    since: datetime | None = None
    until: datetime | None = None
    event_id: str | None = None
    name: str | None = None
    user_name: str | None = None
    source: str | None = None
    resource: str | None = None
    access_key_id: str | None = None
    read_only: bool | None = None


@dataclass(frozen=True, slots=True)
class EventPage:
    """`more` is the place behind which the next page begins; a page may be short and yet have one behind it."""

    events: Sequence[Event]
    more: int | None


class EventLookup:
    """That the caller may look is decided before, by action."""

    def __init__(self, *, transactions: Transactions[AuditSlice], first_account: str) -> None:
        self._transactions = transactions
        self._first_account = first_account

    def find(self, account: str, lookup: Lookup, *, after: int | None = None, limit: int = MAX_RESULTS) -> EventPage:
        """Raises InvalidEventQuery."""
        if lookup.since is not None and lookup.until is not None and lookup.since > lookup.until:
            raise InvalidEventQuery("The start time must not be after the end time.")
        accounts = (account, "") if account == self._first_account else (account,)
        query = EventQuery(
            since=lookup.since,
            until=lookup.until,
            event_id=lookup.event_id,
            name=lookup.name,
            user_name=lookup.user_name,
            source=lookup.source,
            resource=lookup.resource,
            access_key_id=lookup.access_key_id,
            read_only=lookup.read_only,
            accounts=accounts,
            before=after,
            limit=min(limit, MAX_RESULTS),
        )
        with self._transactions.read() as tx:
            return _page(tx.audit, query)


def _page(rows: AuditRows, query: EventQuery) -> EventPage:
    """Rows mention the resource somewhere; what they are about is seen in the event, so a round may find fewer."""
    found: list[Event] = []
    for _ in range(_ROUNDS):
        stored = rows.find(query)
        for row in stored:
            event = _readable(row)
            if event is not None and (query.resource is None or query.resource in event.resources):
                found.append(event)
                if len(found) == query.limit:
                    return EventPage(found, row.sequence)
        if len(stored) < query.limit:
            return EventPage(found, None)
        query = replace(query, before=stored[-1].sequence)
    return EventPage(found, query.before)


def _readable(row: StoredEvent) -> Event | None:
    """None for a row that somebody damaged: it must not hide the others, and `verify_trail` names it."""
    try:
        return decode(row.body)
    except (ValueError, msgspec.MsgspecError):
        return None
