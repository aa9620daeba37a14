"""What does the trail need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ostiary.domain.audit.event import Event, EventIndex


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One row of the trail: `sequence` is the database's, `leaf_index` the place in the tree (None: not yet sealed).

    `index` is what the row is filed under: it must agree with the body.
    """

    sequence: int
    leaf_index: int | None
    body: bytes
    index: EventIndex


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """`frontier` is the compact range that the next seal continues from."""

    size: int
    root: bytes
    note: str
    frontier: bytes
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class EventQuery:
    """Every given field must match; newest first; `before` continues behind the last sequence of a page."""

    since: datetime | None = None
    until: datetime | None = None
    event_id: str | None = None
    name: str | None = None
    user_name: str | None = None
    source: str | None = None
    resource: str | None = None
    access_key_id: str | None = None
    read_only: bool | None = None
    accounts: tuple[str, ...] | None = None
    before: int | None = None
    limit: int = 50


class AuditRows(Protocol):
    def append(self, event: Event) -> None:
        """Write the event; durable when the transaction is."""
        ...

    def find(self, query: EventQuery) -> Sequence[StoredEvent]: ...

    def unsealed(self, limit: int) -> Sequence[StoredEvent]:
        """Committed events without a place in the tree, in the order of `sequence`."""
        ...

    def place(self, sequences: Sequence[int], *, first_index: int) -> None:
        """Give the events their places `first_index`, `first_index + 1`, ... in this order."""
        ...

    def put_leaf_hashes(self, first_index: int, hashes: Sequence[bytes]) -> None: ...

    def leaf_hashes(self, start: int, end: int) -> Sequence[bytes]:
        """The hashes of leaves `start` to `end` - 1; fewer when the tree is shorter."""
        ...

    def sealed_events(self, start: int, limit: int) -> Sequence[StoredEvent]:
        """Events with `leaf_index >= start`, in the order of the tree."""
        ...

    def add_checkpoint(self, checkpoint: StoredCheckpoint) -> None: ...

    def latest_checkpoint(self) -> StoredCheckpoint | None: ...

    def checkpoints(self, *, after_size: int, limit: int) -> Sequence[StoredCheckpoint]: ...

    def take_lease(self, *, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """True when `holder` has the lease until `until`: it was free, over, or already its own."""
        ...


class AuditSlice(Protocol):
    @property
    def audit(self) -> AuditRows: ...


class EventRecorder(Protocol):
    def record(self, event: Event) -> None:
        """Return when the event is durable. Many waiting requests share one commit."""
        ...
