"""What can be refused about access?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError
from ostiary.policy import Decision


class AccessDenied(DomainError):
    """`decision` holds the reason; its sentence is the client's text, as AWS shows it."""

    def __init__(self, decision: Decision) -> None:
        super().__init__(decision.reason)
        self.decision = decision
