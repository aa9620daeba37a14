"""What can go wrong with the trail? And the root of every domain error.

A domain error has no status code. `client_text` may be shown to whoever asked; `operator_text` goes to the log only.
"""

from __future__ import annotations


class DomainError(Exception):
    """Each protocol maps each subclass to its wire error in one table."""

    def __init__(self, client_text: str, *, operator_text: str = "") -> None:
        super().__init__(client_text)
        self.client_text = client_text
        self.operator_text = str(operator_text or client_text)  # the log and the trail know one language


class InvalidEventQuery(DomainError):
    """A LookupEvents question that cannot be answered."""


class TrailDamaged(DomainError):
    """The trail does not verify; the text names the first bad record."""


class UnstorableText(DomainError):
    """A text holds what no database can keep: a NUL character or half of a surrogate pair. The input is at fault."""


class FactsConflict(DomainError):
    """What was asked contradicts what is kept: a name is taken, or something that is named is missing or still used."""
