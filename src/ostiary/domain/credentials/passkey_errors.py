"""What can be refused about passkeys? One text for whatever was wrong with a proof (promise 6)."""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError
from ostiary.kit.texts import Text


class PasskeyRefused(DomainError):
    """Unknown, removed, somebody else's, copied, too late, or not what was asked: the client cannot tell which.

    `unknown` is the id of a credential that nobody has, for the browser to forget it (section 5.1.10).
    """

    def __init__(self, operator_text: str, *, unknown: bytes = b"") -> None:
        super().__init__(
            Text("this passkey could not be used: try again, or sign in another way"), operator_text=operator_text
        )
        self.unknown = unknown


class PasskeyUnacceptable(DomainError):
    """A passkey that cannot be added; the text says why, to the person who is adding it."""


class PasskeysUnavailable(DomainError):
    """The server's address is one at which no browser knows passkeys: plain HTTP, or an IP address."""

    def __init__(self) -> None:
        super().__init__(
            Text("passkeys do not work at this address"),
            operator_text="passkeys need an issuer with a host name over https, or http://localhost",
        )
