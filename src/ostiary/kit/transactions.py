"""How does a rule reach what is kept, without knowing how it is kept?

A room declares the slice of a transaction that it uses as a Protocol; a service of that room holds a
`Transactions[Slice]`. The storage floor has one transaction type that satisfies every slice.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

TxT_co = TypeVar("TxT_co", covariant=True)
ResultT = TypeVar("ResultT")


class Transactions(Protocol[TxT_co]):
    def read(self) -> AbstractContextManager[TxT_co]:
        """A consistent view; nothing may be changed through it."""
        ...

    def write(self, work: Callable[[TxT_co], ResultT]) -> ResultT:
        """Run `work` and return its result after the commit is durable.

        All or nothing: an exception from `work` leaves no trace and reaches the caller. `work` may be run
        more than once (conflict), so it must have no effect outside the transaction, and it should be
        short: hash and sign before, not inside.
        """
        ...
