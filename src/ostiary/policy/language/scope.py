"""What does a statement see while it is being evaluated, and what does it leave behind?"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ostiary.policy.casing import lower_ascii
from ostiary.policy.model import ContextValue, Principal, Request


class Miss(StrEnum):
    """The first element by which a statement did not apply."""

    ACTION = "action"
    RESOURCE = "resource"
    PRINCIPAL = "principal"
    CONDITION = "condition"


class Scope:
    """The request, and notes: `missing` condition keys; what the last statement that did not apply `missed`.

    `failed` is the index of its condition that did not hold, when it missed by a condition.
    """

    __slots__ = ("action", "context", "failed", "has_boundary", "missed", "missing", "principal", "resource")

    def __init__(self, request: Request, *, has_boundary: bool) -> None:
        self.action = lower_ascii(request.action)
        self.resource = request.resource
        self.principal: Principal = request.principal
        self.context: Mapping[str, ContextValue] = request.context
        self.has_boundary = has_boundary
        self.missing: list[str] = []
        self.missed = Miss.ACTION
        self.failed = 0

    def find(self, key: str) -> ContextValue | None:
        """The value of a lower-cased condition key; an empty set of values is no value."""
        value = self.context.get(key)
        return None if value == () else value

    def note_missing(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            if self.context.get(key, ()) == ():
                self.missing.append(key)
