"""What can be refused about people and their attributes?"""

from __future__ import annotations

from ostiary.domain.audit.errors import DomainError


class InvalidUserName(DomainError):
    """A name that two eyes, or two programs, could read differently."""


class InvalidOrganizationName(DomainError):
    """A name that cannot be shown, or none."""


class InvalidPerson(DomainError):
    """Something else about the person cannot be kept as it was given."""


class InvalidAttribute(DomainError):
    """An attribute that is not in the schema, or whose value is not of its type."""


class UnknownPerson(DomainError):
    """For operators only: no answer to a stranger tells whether a person exists."""


class UnknownDirectory(DomainError):
    """The directory that was named is not there."""
