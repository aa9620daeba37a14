"""What does a service module declare, so that the gateway can run it?

A table: every operation of the service that is written, with who may call it and which event it leaves. An operation
without a row is not implemented, whatever the model says. `protocols/aws/gateway/__init__.py` tells the convention.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.vocabulary import EventName

Input = Mapping[str, Any]
Output = Mapping[str, Any]
RoomsT = TypeVar("RoomsT")


@dataclass(frozen=True, slots=True)
class Call:
    """One authenticated request; `caller` is anonymous only for rows with `Access.PROVED_BY_INPUT`."""

    caller: Caller
    now: datetime
    region: str

    @property
    def request_id(self) -> str:
        return self.caller.origin.request_id


class Access(StrEnum):
    CHECKED = "checked"
    """The gateway asks the authorizer about `action` on `resource` before the handler runs."""
    IN_ROOM = "in-room"
    """The domain service asks the same authorizer, because what decides (tags, trust policy) is stored data."""
    AUTHENTICATED = "authenticated"
    """Everyone whose signature holds, as in AWS."""
    PROVED_BY_INPUT = "proved-by-input"
    """Not signed: the input carries the proof, and the domain service verifies it."""


class Recorded(StrEnum):
    BY_ROOM = "by-room"
    """The domain service writes the event of a success: in the transaction of a change, or before it returns."""
    BY_GATEWAY = "by-gateway"
    """The gateway writes the event of a success, durably, before the answer; for reads without a domain event."""


Resource = str | Callable[[Call, Input], str]
Conditions = Callable[[Call, Input], Mapping[str, str | tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class OperationRow(Generic[RoomsT]):
    """`resource` is an ARN or `*`, or is read from the input; for IN_ROOM rows only the denial's event names it.

    `conditions` adds condition keys of this operation, such as `aws:RequestTag/...`, to a CHECKED decision.
    """

    handler: Callable[[RoomsT, Call, Input], Output]
    action: str
    event: EventName
    access: Access
    recorded: Recorded
    resource: Resource = "*"
    conditions: Conditions | None = None

    def resource_of(self, call: Call, given: Input) -> str:
        return self.resource if isinstance(self.resource, str) else self.resource(call, given)


@dataclass(frozen=True, slots=True)
class Service(Generic[RoomsT]):
    """`name` is botocore's service name; `rooms` are the domain services that the handlers use."""

    name: str
    operations: Mapping[str, OperationRow[RoomsT]]


@dataclass(frozen=True, slots=True)
class MountedOperation:
    """A row with its rooms bound, as the gateway calls it."""

    row: OperationRow[Any]
    handle: Callable[[Call, Input], Output]


@dataclass(frozen=True, slots=True)
class MountedService:
    name: str
    operations: Mapping[str, MountedOperation]


def mount(service: Service[RoomsT], rooms: RoomsT) -> MountedService:
    return MountedService(service.name, {name: _bind(row, rooms) for name, row in service.operations.items()})


def _bind(row: OperationRow[RoomsT], rooms: RoomsT) -> MountedOperation:
    handler = row.handler
    return MountedOperation(row, lambda call, given: handler(rooms, call, given))
