"""What do sessions need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.sessions.model import BrowserSession, Epoch


class SessionRows(Protocol):
    def add_browser_session(self, session: BrowserSession) -> None: ...

    def browser_session_by_hash(self, token_hash: bytes) -> BrowserSession | None: ...

    def browser_sessions(self, person_id: str) -> Sequence[BrowserSession]: ...

    def browser_session(self, session_id: str) -> BrowserSession | None: ...

    def touch_browser_session(self, session_id: str, seen_at: datetime) -> None: ...

    def delete_browser_session(self, session_id: str) -> None: ...

    def delete_browser_sessions(self, person_id: str, *, except_session: str = "") -> int:
        """How many ended."""
        ...

    def delete_expired_sessions(self, now: datetime) -> int: ...

    def add_epoch(self, epoch: Epoch) -> None:
        """Also raises an existing epoch of the same kind and subject; never lowers one."""
        ...

    def delete_epochs(self, *, not_before_until: datetime) -> int:
        """Forget epochs up to that moment: when nothing that was issued before it can live any more."""
        ...

    def epochs_after(self, sequence: int) -> Sequence[Epoch]:
        """In the order of `sequence`."""
        ...


class SessionSlice(Protocol):
    @property
    def sessions(self) -> SessionRows: ...
