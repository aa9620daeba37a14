"""How are passwords hashed without starving everything else?

argon2id takes all it can get, so no more hashes run at once than there are cores; whoever waits too long is turned
away. The pepper is a server key: hashes in a stolen database are worth nothing without it (BP01-7).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ostiary.domain.credentials.errors import TooBusy
from ostiary.domain.credentials.password_policy import MAX_LENGTH, normalised
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit.crypto.passwords import PasswordHasher, PasswordMismatch
from ostiary.kit.current import Current

_WAIT_SECONDS = 10.0


class PasswordHashing:
    """One per worker process."""

    def __init__(self, *, keys: Current[ServerKeys], slots: int | None = None) -> None:
        self._keys = keys
        self._slots = threading.BoundedSemaphore(slots or os.cpu_count() or 1)
        self._made: tuple[bytes, PasswordHasher] | None = None

    def hash(self, password: str) -> str:
        with self._slot() as hasher:
            return hasher.hash(normalised(password))

    def check(self, password: str, encoded: str | None) -> None:
        """Raises PasswordMismatch; costs the same when there is nothing to compare with (`encoded` is None)."""
        candidate = normalised(password)
        with self._slot() as hasher:
            if encoded is None or len(candidate) > MAX_LENGTH:
                hasher.verify_absent(candidate[:MAX_LENGTH])
                raise PasswordMismatch
            hasher.verify(encoded, candidate)

    def matches_any(self, password: str, encoded: tuple[str, ...]) -> bool:
        """Whether it is one of the earlier passwords."""
        return any(self._matches(password, one) for one in encoded)

    def renewed(self, password: str, encoded: str) -> str:
        """`encoded`, or a new one when it was made with other costs; after `check`."""
        return self.hash(password) if self._hasher().needs_rehash(encoded) else encoded

    def _matches(self, password: str, encoded: str) -> bool:
        try:
            self.check(password, encoded)
        except PasswordMismatch:
            return False
        return True

    @contextmanager
    def _slot(self) -> Iterator[PasswordHasher]:
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise TooBusy("too many people are signing in at this moment: try again shortly")
        try:
            yield self._hasher()
        finally:
            self._slots.release()

    def _hasher(self) -> PasswordHasher:
        """Made once per pepper, because making it costs a hash."""
        pepper, made = self._keys.value.password_pepper, self._made
        if made is None or made[0] != pepper:
            made = (pepper, PasswordHasher(pepper))
            self._made = made
        return made[1]
