"""What does a statement see while it is being evaluated?"""

from __future__ import annotations

from collections.abc import Mapping

from ostiary.policy.casing import lower_ascii
from ostiary.policy.model import ContextValue, Principal, Request


class Scope:
    """The request, and a note of every condition key that was looked for in vain."""

    __slots__ = ("action", "context", "has_boundary", "missing", "principal", "resource")

    def __init__(self, request: Request, *, has_boundary: bool) -> None:
        self.action = lower_ascii(request.action)
        self.resource = request.resource
        self.principal: Principal = request.principal
        self.context: Mapping[str, ContextValue] = request.context
        self.has_boundary = has_boundary
        self.missing: list[str] = []

    def find(self, key: str) -> ContextValue | None:
        """The value of a lower-cased condition key; an empty set of values is no value."""
        value = self.context.get(key)
        if value is None or value == ():
            self.missing.append(key)
            return None
        return value
