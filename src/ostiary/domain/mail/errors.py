"""What can go wrong on a message's way? It is never the business of whoever caused the message."""

from __future__ import annotations


class Undeliverable(Exception):
    """Raised by a postman; the text is for the operator and names no address.

    `permanent`: another try would fail like this one. `for_all`: it is not about this message, so the next would fail
    as well.
    """

    def __init__(self, text: str, *, permanent: bool = False, for_all: bool = False) -> None:
        super().__init__(text)
        self.permanent = permanent
        self.for_all = for_all
