"""What can be refused about identities from outside?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class InvalidIdentityToken(DomainError):
    """Not a token, not signed by the issuer's keys, or of an issuer or audience that is not trusted."""


class ExpiredIdentityToken(DomainError):
    """The token was good once."""


class IdentityRejected(DomainError):
    """The token is genuine, but whom it names is no workload that may come in."""


class IssuerUnreachable(DomainError):
    """The issuer's keys cannot be had now; to be tried again later."""
