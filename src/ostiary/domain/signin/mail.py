"""What is a mail that would have been sent? Development mode keeps it and shows it on a page instead of using SMTP."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    mail_id: str
    recipient: str
    subject: str
    body: str
    sent_at: datetime


class MailboxRows(Protocol):
    def add(self, mail: Mail) -> None: ...

    def mails(self, limit: int) -> Sequence[Mail]:
        """Newest first."""
        ...

    def clear(self) -> None: ...


class MailSlice(Protocol):
    @property
    def mailbox(self) -> MailboxRows: ...
