"""What can be refused when people come in by another provider?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError
from ostiary.kit.texts import Text


class UpstreamUnavailable(DomainError):
    """The provider that should vouch for her cannot be asked now; every other way in works."""

    def __init__(self, operator_text: str) -> None:
        super().__init__(Text("the other service cannot be reached now"), operator_text=operator_text)


class UpstreamRefused(DomainError):
    """The answer that a browser brought from a provider is not one to our question, or opens nothing.

    One text for every reason, so that nobody learns whom we know.
    """

    def __init__(self, operator_text: str) -> None:
        super().__init__(Text("you could not be signed in this way"), operator_text=operator_text)


class UnknownUpstream(DomainError):
    """There is no such provider, or it is switched off."""

    def __init__(self) -> None:
        super().__init__(Text("there is no such way to sign in"))
