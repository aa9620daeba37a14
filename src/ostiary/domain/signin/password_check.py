"""Is this her password, and what is then to be kept of it?"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import Password
from ostiary.kit.crypto.passwords import PasswordMismatch


class PasswordCheck:
    """Not to be called within a transaction: a hash takes long."""

    def __init__(self, *, hashing: PasswordHashing, choice: PasswordChoice) -> None:
        self._hashing = hashing
        self._choice = choice

    def check(self, password: str, kept: Password | None, now: datetime, *, name: str = "") -> Password:
        """The row as it should be kept: hashed anew where the cost rose, marked where it was found leaked (BP01-12).

        Costs the same without a row; with the `name` that was typed, a refusal comes a little late. Raises
        PasswordMismatch, TooBusy.
        """
        self._hashing.check(password, kept.encoded if kept is not None else None, name=name)
        if kept is None:
            raise PasswordMismatch
        wanted = replace(kept, encoded=self._hashing.renewed(password, kept.encoded))
        if wanted.compromised_at is None and self._choice.has_leaked(password):
            return replace(wanted, compromised_at=now)
        return wanted
