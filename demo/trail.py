"""Which event did this call leave? Asked at the door, by LookupEvents with the operator's credentials."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from demo.doors import AwsDoor, Keys
from demo.failure import TourFailed

_WAIT_SECONDS = 5
_POLL_SECONDS = 0.1
Record = dict[str, Any]


class Trail:
    def __init__(self, door: AwsDoor, operator: Keys) -> None:
        self._door = door
        self._operator = operator

    def of_request(self, name: str, request_id: str) -> Record:
        """The event of one request. Raises TourFailed when there is none."""
        return self._wait(name, lambda record: record.get("requestID") == request_id)

    def newest(self, name: str, *, since: datetime) -> Record:
        """The newest event of the name, not older than `since`. Raises TourFailed when there is none."""
        return self._wait(name, lambda record: moment_of(record) >= since.replace(microsecond=0))

    def _wait(self, name: str, is_wanted: Callable[[Record], bool]) -> Record:
        deadline = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < deadline:
            for record in self._look_up(name):
                if is_wanted(record):
                    return record
            time.sleep(_POLL_SECONDS)
        raise TourFailed(f"the trail has no event {name} of this call")

    def _look_up(self, name: str) -> list[Record]:
        by_name = [{"AttributeKey": "EventName", "AttributeValue": name}]
        found = self._door.call(self._operator, "cloudtrail", "lookup_events", LookupAttributes=by_name, MaxResults=50)
        return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]


def moment_of(record: Record) -> datetime:
    return datetime.fromisoformat(record["eventTime"]).astimezone(UTC)


def as_line(record: Record) -> str:
    """Who did what from where, and on a second line the event's id, how it ended, and why it was refused."""
    identity, more = record.get("userIdentity", {}), record.get("additionalEventData", {})
    arn, name = identity.get("arn", "somebody unknown"), identity.get("userName", "")
    who = f"{name}, {arn}" if name and name not in arn else arn
    ended = ": ".join(text for text in (more.get("outcome", ""), record.get("errorCode", "")) if text)
    source = record.get("sourceIPAddress", "")
    return f"{record['eventName']} by {who} from {source}\n{ended}, event {record['eventID']}"
