"""How does a secret travel through the house without ever being printed?"""

from __future__ import annotations

from typing import Any


class Secret:
    """Text that shows itself only to `reveal()`; printing, logging and formatting give `[redacted]`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "[redacted]"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "[redacted]"

    def __reduce__(self) -> Any:
        raise TypeError("a secret cannot be pickled")

    def __eq__(self, other: object) -> bool:
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]
