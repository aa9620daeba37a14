"""Which operations of CloudTrail are written?

The trail itself is not configured over the wire: it cannot be stopped, filtered or deleted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ostiary.domain.audit.lookup import MAX_RESULTS, EventLookup, Lookup
from ostiary.domain.audit.vocabulary import EventName
from ostiary.protocols.aws.cloudtrail.record import show_event
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.paging import next_token, read_token
from ostiary.protocols.aws.wire.service import Access, Call, Input, OperationRow, Output, Recorded, Service

_ATTRIBUTES: Mapping[str, str] = {
    "EventId": "event_id",
    "EventName": "name",
    "Username": "user_name",
    "ResourceName": "resource",
    "EventSource": "source",
    "AccessKeyId": "access_key_id",
}


@dataclass(frozen=True, slots=True)
class CloudTrailRooms:
    lookup: EventLookup


def lookup_events(rooms: CloudTrailRooms, call: Call, given: Input) -> Output:
    if given.get("EventCategory"):
        raise WireError("InvalidEventCategoryException", "This server has no insight events: leave EventCategory out.")
    account = call.caller.account
    page = rooms.lookup.find(
        account,
        _lookup(given),
        after=read_token("LookupEvents", account, given, int),
        limit=given.get("MaxResults", MAX_RESULTS),
    )
    return {
        "Events": [show_event(event) for event in page.events],
        "NextToken": None if page.more is None else next_token("LookupEvents", account, given, page.more),
    }


def _lookup(given: Input) -> Lookup:
    attributes = given.get("LookupAttributes", ())
    if len(attributes) > 1:
        raise _invalid("You can specify only one lookup attribute.")
    times = {"since": given.get("StartTime"), "until": given.get("EndTime")}
    if not attributes:
        return Lookup(**times)
    key, value = attributes[0]["AttributeKey"], attributes[0]["AttributeValue"]
    if key == "ReadOnly":
        return Lookup(**times, read_only=_read_only(value))
    if key not in _ATTRIBUTES:
        raise _invalid(f"Events cannot be looked up by {key} here: look them up by ResourceName.")
    return Lookup(**times, **{_ATTRIBUTES[key]: value})


def _read_only(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise _invalid("ReadOnly is true or false.")
    return value.lower() == "true"


def _invalid(message: str) -> WireError:
    return WireError("InvalidLookupAttributesException", message)


SERVICE: Service[CloudTrailRooms] = Service(
    "cloudtrail",
    {
        "LookupEvents": OperationRow(
            lookup_events,
            action="cloudtrail:LookupEvents",
            event=EventName.LOOKUP_EVENTS,
            access=Access.CHECKED,
            recorded=Recorded.BY_GATEWAY,
        ),
    },
)
