"""Which rows of messages does this room use, and who carries a message out of the house?"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ostiary.domain.mail.model import Message, Queued


class OutboxRows(Protocol):
    def add(self, queued: Queued) -> None: ...

    def put(self, queued: Queued) -> None:
        """Replace the row of the same id."""
        ...

    def count_since(self, recipient_hash: str, since: datetime) -> int: ...

    def due(self, now: datetime, limit: int) -> Sequence[Queued]:
        """Whose time has come, the one that waits longest first."""
        ...

    def claim(self, queued: Queued, *, until: datetime) -> bool:
        """Take it until then, as one attempt more; False when somebody else was faster."""
        ...

    def newest(self, limit: int) -> Sequence[Queued]: ...

    def find(self, message_id: str) -> Queued | None: ...

    def waiting(self) -> int: ...

    def delete_settled(self, *, created_before: datetime) -> int:
        """Those that nobody sends any more; how many."""
        ...


class MailSlice(Protocol):
    @property
    def outbox(self) -> OutboxRows: ...


class Carrier(Protocol):
    def carry(self, message: Message) -> None:
        """Returns when somebody has taken responsibility for it. Raises Undeliverable."""
        ...


class Postman(Protocol):
    def round(self) -> AbstractContextManager[Carrier]:
        """One way to the post office for several messages."""
        ...
