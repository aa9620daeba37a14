"""What can go wrong between a terminal and the server? Each text says what to do, and never holds a token."""

from __future__ import annotations


class RemoteFailure(Exception):
    """`str()` is for the person at the terminal."""


class AddressRefused(RemoteFailure):
    """Not an address that tokens may be sent to."""


class ServerUnreachable(RemoteFailure):
    """No answer, or none that can be understood."""


class ServerRefused(RemoteFailure):
    """The server said no; `code` is OAuth's (RFC 6749 section 5.2)."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class SignInFailed(RemoteFailure):
    """The answer is not the one to our question, or nobody answered in time."""


class NotSignedInHere(RemoteFailure):
    """Nothing is kept for that server, or it has ended."""


class UnsafeFile(RemoteFailure):
    """What is kept could be read or changed by others."""


def shown(text: object, *, most: int = 300) -> str:
    """What a server said, without what would move a terminal's cursor."""
    return "".join(sign if sign.isprintable() else "?" for sign in str(text)[:most])
