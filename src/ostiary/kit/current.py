"""How does memory hold the latest value of something that changes seldom and is read always?"""

from __future__ import annotations

from typing import Generic, TypeVar

ValueT = TypeVar("ValueT")


class Current(Generic[ValueT]):
    """One immutable value that is replaced whole; readers take `value` once and work on what they took."""

    __slots__ = ("value",)

    def __init__(self, value: ValueT) -> None:
        self.value = value
