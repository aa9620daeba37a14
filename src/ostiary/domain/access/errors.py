"""What can be refused about access?"""

from __future__ import annotations

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.errors import DomainError
from ostiary.policy import Decision


class AccessDenied(DomainError):
    """`decision` holds the reason; its sentence is the client's text, as AWS shows it.

    `asked_by` is who was refused, where the request itself did not tell.
    """

    def __init__(self, decision: Decision, *, operator_text: str = "", asked_by: Caller | None = None) -> None:
        super().__init__(decision.reason, operator_text=operator_text)
        self.decision = decision
        self.asked_by = asked_by


def denied(reason: str, *, operator_text: str = "", asked_by: Caller | None = None) -> AccessDenied:
    """A refusal by a rule of the house that is written in no policy."""
    return AccessDenied(Decision(False, reason, None, (), ()), operator_text=operator_text, asked_by=asked_by)


class NoStanding(DomainError):
    """Somebody was named for whom no policies can be told."""


class UnknownPrincipal(NoStanding):
    """Nobody has this name."""


class PrincipalOutOfForce(NoStanding):
    """There is such a principal, but it may do nothing now: disabled, or past its end."""


class PrincipalBroken(PrincipalOutOfForce):
    """A policy that is in force for the principal cannot be read."""


class InvalidPolicyDocument(DomainError):
    """A policy that was given is not one; the text names the place."""


class InvalidSimulation(DomainError):
    """What is to be simulated cannot be read; the text names the place."""
