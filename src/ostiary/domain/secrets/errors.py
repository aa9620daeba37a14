"""What can be refused about secrets? The texts are AWS's where it has one, because people and tools search for them."""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class SecretNotFound(DomainError):
    """No such secret or version; only a caller who may act on that name learns it."""


class SecretExists(DomainError):
    """The name, or the version id, is taken by something else."""


class InvalidSecretRequest(DomainError):
    """Not possible in the state in which the secret is, or by this request as a whole."""


class InvalidSecretParameter(DomainError):
    """One value that was given cannot be what it should be."""


class InvalidSecretName(DomainError):
    """What was given is neither a name nor an ARN of a secret."""


class SecretLimitExceeded(DomainError):
    """One more version than a secret may have."""


class SecretUnopenable(DomainError):
    """The stored value does not open: the row was changed or moved, or its key is gone."""
