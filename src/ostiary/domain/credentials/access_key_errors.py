"""What can be refused about access keys?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class NoSuchIamUser(DomainError):
    """An access key was asked for a user that does not exist."""


class AccessKeyRefused(DomainError):
    """A long-term key without reason or expiry, or one too many."""
