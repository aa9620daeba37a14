"""What is one audit record, and which bytes of it are sealed?

The sealed bytes are the JSON of `Event` with its fields in this order; they are stored as they were hashed and never
re-encoded, so a later version of this file cannot change an old leaf.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.vocabulary import Effect, EventName, Outcome, meaning
from ostiary.kit import ids
from ostiary.kit.clock import from_micros, to_micros

MAX_TEXT = 512  # what a stranger can make us remember per field
EventIndex = tuple[str, int, str, str, str, str, str, bool]
Details = Mapping[str, str | int | bool | list[str]]


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """`time` is in microseconds since 1970 UTC; `resources` are ARNs or names; `details` never hold a secret."""

    event_id: str
    time: int
    name: EventName
    outcome: Outcome
    actor_arn: str
    actor_kind: str
    actor_name: str
    account: str = ""
    session_id: str = ""
    access_key_id: str = ""
    source_identity: str = ""
    assurance: list[str] = []  # msgspec copies an empty default
    door: str = ""
    source_ip: str = ""
    user_agent: str = ""
    request_id: str = ""
    resources: list[str] = []
    error_code: str = ""
    error_message: str = ""
    details: dict[str, str | int | bool | list[str]] = {}

    @property
    def source(self) -> str:
        return meaning(self.name).source

    @property
    def read_only(self) -> bool:
        return meaning(self.name).effect is Effect.READ

    @property
    def at(self) -> datetime:
        return from_micros(self.time)


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


def encode(event: Event) -> bytes:
    return _encoder.encode(event)


def decode(body: bytes) -> Event:
    """Raises `msgspec.MsgspecError` (which is no ValueError) for bytes that are no event."""
    return _decoder.decode(body)


def index_of(event: Event) -> EventIndex:
    """What the event is filed under for look-ups; `verify_trail` compares it with what the body says.

    Without NUL, which PostgreSQL cannot hold: a stranger's odd name must not stop the record.
    """
    return (
        event.event_id,
        event.time,
        event.name.value,
        event.source,
        event.account.replace("\0", ""),
        event.actor_name.replace("\0", ""),
        event.access_key_id.replace("\0", ""),
        event.read_only,
    )


def event_of(
    caller: Caller,
    name: EventName,
    *,
    at: datetime,
    outcome: Outcome = Outcome.SUCCESS,
    resources: list[str] | None = None,
    error_code: str = "",
    error_message: str = "",
    details: Details | None = None,
) -> Event:
    """The event of what `caller` did or tried; over-long texts are cut, so that nobody fills the disk."""
    origin = caller.origin
    return Event(
        event_id=ids.uuid7(),
        time=to_micros(at),
        name=name,
        outcome=outcome,
        actor_arn=_cut(caller.arn),
        actor_kind=caller.kind.value,
        actor_name=_cut(caller.name),
        account=_cut(caller.account),
        session_id=_cut(caller.session_id),
        access_key_id=_cut(caller.access_key_id),
        source_identity=_cut(caller.source_identity),
        assurance=list(caller.assurance.methods),
        door=origin.door.value,
        source_ip=_cut(origin.source_ip),
        user_agent=_cut(origin.user_agent),
        request_id=_cut(origin.request_id),
        resources=[_cut(text) for text in resources or ()],
        error_code=error_code,
        error_message=_cut(error_message),
        details=_cut_details(details) if details else {},
    )


def _cut(text: str) -> str:
    if not text.isascii():
        text = text.encode(errors="replace").decode()  # half a surrogate pair would make the event unwritable
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"


def _cut_details(details: Details) -> dict[str, str | int | bool | list[str]]:
    return {
        key: _cut(value) if isinstance(value, str) else [_cut(v) for v in value] if isinstance(value, list) else value
        for key, value in details.items()
    }
