"""What can be refused about identities from outside?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError
from ostiary.kit.texts import Text


class InvalidIdentityToken(DomainError):
    """Not a token, not signed by the issuer's keys, or of an issuer or audience that is not trusted."""


class ExpiredIdentityToken(DomainError):
    """The token was good once."""


class IdentityRejected(DomainError):
    """The token is genuine, but whom it names is no workload that may come in."""


class IssuerUnreachable(DomainError):
    """The issuer's keys cannot be had now; to be tried again later."""


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
