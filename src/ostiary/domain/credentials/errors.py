"""What can be refused about passwords, factors, links and guesses?

The texts for the client are the same whatever was wrong: they do not tell whether a person exists (promise 6).
"""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.audit.errors import DomainError
from ostiary.kit.texts import Text


class PasswordUnacceptable(DomainError):
    """A new password breaks rules; `problems` are sentences for the person who chose it."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(Text("the password cannot be used: choose another one"))
        self.problems = tuple(problems)


class Throttled(DomainError):
    """Too many guesses; nothing was checked."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(Text("there were too many attempts: try again in {seconds} seconds", seconds=retry_after))
        self.retry_after = retry_after


class TooBusy(DomainError):
    """Every slot for password hashing is taken, and was for a while."""


class EnrolmentLinkInvalid(DomainError):
    """Unknown, used, expired, or of somebody who may not enrol."""


class LinkInvalid(DomainError):
    """A mailed link that is unknown, used, expired, of another purpose, or of somebody for whom it can do nothing."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(Text("this link was used, has expired or is incomplete"), operator_text=operator_text)


class PasswordUncheckable(DomainError):
    """Whether it has leaked cannot be found out at this moment; such a password is not taken."""


class InvalidFactorName(DomainError):
    """No name, a long one, or one with characters that nobody sees."""
