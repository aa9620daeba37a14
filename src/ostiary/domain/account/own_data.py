"""What does a person get who asks for everything that is kept about her? (GDPR articles 15 and 20)

One JSON object, without any secret. It is written piece by piece, so that a long history takes no memory; what belongs
together is read in one transaction, the history afterwards, up to a bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from ostiary.domain.account.own_account import attributes_of
from ostiary.domain.account.own_applications import OwnApplications
from ostiary.domain.account.own_events import OwnEvents
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.account.ways import OwnWays, Way
from ostiary.domain.audit.event import Event, event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import Person
from ostiary.domain.sessions.model import BrowserSession
from ostiary.domain.signin.current import SignedIn
from ostiary.kit.clock import Clock, iso
from ostiary.kit.transactions import Transactions

MAX_EVENTS = 20_000
_encode = msgspec.json.Encoder().encode


class OwnData:
    def __init__(
        self,
        *,
        transactions: Transactions[AccountSlice],
        recorder: EventRecorder,
        ways: OwnWays,
        applications: OwnApplications,
        events: OwnEvents,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._ways = ways
        self._applications = applications
        self._events = events
        self._clock = clock

    def download(self, signed_in: SignedIn) -> Iterator[bytes]:
        """Pieces of one JSON text; the event is durable before the first of them is there."""
        now = self._clock.now()
        person = signed_in.person
        event = event_of(signed_in.caller, EventName.DOWNLOAD_OWN_DATA, at=now, resources=[person.arn])
        with self._transactions.read() as tx:
            facts = self._facts(tx, signed_in, now)
        self._recorder.record(event)
        return _written(facts, self._events.newest(signed_in, MAX_EVENTS))

    def _facts(self, tx: AccountSlice, signed_in: SignedIn, now: datetime) -> dict[str, Any]:
        person = tx.directory.person(signed_in.person.person_id) or signed_in.person
        ways = self._ways.load(tx, signed_in)
        return {
            "exportedAt": iso(now),
            "organization": signed_in.organization,
            "profile": _profile(person),
            "attributes": [
                {"name": one.name, "value": one.value, "source": one.source}
                for one in attributes_of(person, tx.directory.attribute_definitions())
            ],
            "groups": list(person.groups),
            "waysToSignIn": {
                "passkeys": [_way(way) for way in ways.passkeys],
                "authenticatorApps": [_way(way) for way in ways.authenticators],
                "password": _way(ways.password) if ways.password is not None else None,
                "recoveryCodesLeft": ways.codes.count,
            },
            "sessions": [_session(one) for one in tx.sessions.browser_sessions(person.person_id)],
            "applications": [
                {
                    "clientId": one.client_id,
                    "name": one.name,
                    "scopes": list(one.scopes),
                    "since": iso(one.since),
                    "lastUsedAt": _when(one.last_used_at),
                    "agreedAt": _when(one.agreed_at),
                }
                for one in self._applications.load(tx, signed_in)
            ],
            "acceptedTerms": [
                {"version": one.version, "acceptedAt": iso(one.accepted_at)}
                for one in tx.directory.terms_acceptances(person.person_id)
            ],
        }


def _written(facts: dict[str, Any], events: Iterator[Event]) -> Iterator[bytes]:
    head = msgspec.json.format(_encode(facts), indent=2)
    yield head.rstrip().removesuffix(b"}").rstrip() + b',\n  "events": ['
    comma = b"\n    "
    for event in events:
        yield comma + _encode(_event(event))
        comma = b",\n    "
    yield b"\n  ]\n}\n"


def _profile(person: Person) -> dict[str, Any]:
    return {
        "personId": person.person_id,
        "userName": person.user_name,
        "displayName": person.display_name,
        "email": person.email,
        "emailVerifiedAt": _when(person.email_verified_at),
        "language": person.language,
        "directory": person.directory,
        "status": person.status.value,
        "createdAt": iso(person.created_at),
    }


def _way(way: Way) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": way.name} if way.name else {}
    shown |= {"addedAt": iso(way.added_at), "lastUsedAt": _when(way.last_used_at)}
    if way.passkey is not None:
        shown |= {
            "model": way.passkey.aaguid,
            "transports": list(way.passkey.transports),
            "backedUp": way.passkey.backed_up,
        }
    return shown


def _session(session: BrowserSession) -> dict[str, Any]:
    return {
        "sessionId": session.session_id,
        "level": session.level.value,
        "methods": list(session.methods),
        "createdAt": iso(session.created_at),
        "lastSeenAt": iso(session.last_seen_at),
        "expiresAt": iso(session.expires_at),
        "address": session.source_ip,
        "place": session.place,
        "userAgent": session.user_agent,
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "eventId": event.event_id,
        "at": iso(event.at),
        "name": event.name.value,
        "outcome": event.outcome.value,
        "door": event.door,
        "address": event.source_ip,
        "userAgent": event.user_agent,
        "details": event.details,
    }


def _when(at: datetime | None) -> str | None:
    return iso(at) if at is not None else None
