"""What can be refused about reports?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class ReportNotPresent(DomainError):
    """Nobody asked for a report yet."""


class ReportExpired(DomainError):
    """The last report was asked for too long ago."""
