"""What can be refused on the way in?

Each text is one for all causes, so that nobody learns whether a person exists, is disabled or has no factor.
"""

from __future__ import annotations

from enum import StrEnum

from ostiary.domain.audit.errors import DomainError
from ostiary.domain.risk.model import Assessment
from ostiary.kit.texts import Text


class Refusal(StrEnum):
    """Why somebody was refused: the error code of the event."""

    PROOF = "SignInRefused"
    FACTOR = "FactorNotAllowed"
    NETWORK = "NetworkNotAllowed"
    POSTURE = "PostureMissing"
    RISK = "RiskTooHigh"
    NO_FACTOR = "NoFactor"


class SignInRefused(DomainError):
    """Wrong name, wrong password, nobody of that name, not enrolled, disabled, or the rules say no: the client cannot
    tell which.
    """

    def __init__(
        self, operator_text: str, *, refusal: Refusal = Refusal.PROOF, assessment: Assessment | None = None
    ) -> None:
        super().__init__(Text("the user name or the password is wrong"), operator_text=operator_text)
        self.refusal = refusal
        self.assessment = assessment


class CodeRefused(DomainError):
    """Wrong, used or malformed code."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(
            Text("the code is wrong or was used already: wait for the next one and check the clock of your phone"),
            operator_text=operator_text,
        )


class ConfirmationRefused(DomainError):
    """The password or the code with which somebody signed in should have proved that it is still her."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(
            Text("that was not right: check the password, and use a code that was not used yet"),
            operator_text=operator_text,
        )


class NotSignedIn(DomainError):
    """No session, or one that is over, revoked, or of the wrong level for what was asked."""

    def __init__(self, operator_text: str = "no living session of the needed level") -> None:
        super().__init__(Text("sign in first"), operator_text=operator_text)


class TermsOutstanding(NotSignedIn):
    """She is signed in, and accepts the terms of her directory before anything else."""

    def __init__(self) -> None:
        super().__init__("the terms in force are not accepted")


class UnknownSession(DomainError):
    """No such session of this person; somebody else's is as unknown as one that never was."""


class PasswordsDiffer(DomainError):
    """The repeated password is another one."""
