"""What can be refused when a person changes what is hers?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError
from ostiary.kit.texts import Text


class UnknownFactor(DomainError):
    """No such way to sign in of this person; somebody else's is as unknown as one that never was."""

    def __init__(self) -> None:
        super().__init__(Text("there is no such way to sign in of yours: it may have been removed already"))


class LastFactor(DomainError):
    """Without it she could not sign in any more as her rules want it."""

    def __init__(self) -> None:
        super().__init__(Text("this is the last way by which you can sign in: add another one before you remove it"))


class TooManyFactors(DomainError):
    """Every authenticator more is one more that can be lost."""


class FactorNotAllowed(DomainError):
    """Her rules know no such way to sign in."""

    def __init__(self) -> None:
        super().__init__(Text("your organization does not use this way to sign in"))


class PendingFactorGone(DomainError):
    """The authenticator to confirm is too old, confirmed, or replaced by a newer one."""

    def __init__(self) -> None:
        super().__init__(Text("this authenticator waited too long or was replaced: begin again"))


class PasswordWrong(DomainError):
    """The present password, which a change asks for."""

    def __init__(self) -> None:
        super().__init__(Text("that is not your present password"))


class PasswordExists(DomainError):
    """There is one already, or there is none to change: another window of hers was faster."""

    def __init__(self) -> None:
        super().__init__(Text("your password was changed at this moment: look at your ways to sign in again"))


class UnknownApplication(DomainError):
    """It holds nothing of hers."""

    def __init__(self) -> None:
        super().__init__(Text("this application has no access to your account: it may have been taken back already"))
