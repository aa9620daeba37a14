"""What can be refused about sessions?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class SessionRevoked(DomainError):
    """Somebody, or the end of something the session rests on, took it back."""


class UnknownRevocationSubject(DomainError):
    """What is to be revoked is not named as its kind is."""


class UnknownCredential(DomainError):
    """No such access key, a session token that is not ours, or one of a role that is gone."""


class SessionExpired(DomainError):
    """The credential was good once."""


class InvalidSessionRequest(DomainError):
    """A session was asked for with a name, a life, tags or a policy that no session may have."""


class SessionTooLarge(DomainError):
    """Session policies and tags together are more than a session token holds."""
