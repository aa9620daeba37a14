"""What can be refused about applications and their proofs?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class InvalidApplication(DomainError):
    """A registration that would be unsafe, or that contradicts itself; for administrators."""


class UnknownApplication(DomainError):
    """For operators only."""


class ClientRefused(DomainError):
    """Unknown, disabled, wrong method, wrong secret, bad assertion: the client cannot tell which."""

    def __init__(self, operator_text: str) -> None:
        super().__init__("client authentication failed", operator_text=operator_text)
