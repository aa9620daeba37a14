"""What can be refused about access?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError
from ostiary.policy import Decision


class AccessDenied(DomainError):
    """`decision` holds the reason; its sentence is the client's text, as AWS shows it."""

    def __init__(self, decision: Decision, *, operator_text: str = "") -> None:
        super().__init__(decision.reason, operator_text=operator_text)
        self.decision = decision


def denied(reason: str, *, operator_text: str = "") -> AccessDenied:
    """A refusal by a rule of the house that is written in no policy."""
    return AccessDenied(Decision(False, reason, None, (), ()), operator_text=operator_text)


class InvalidPolicyDocument(DomainError):
    """A policy that was given is not one; the text names the place."""
