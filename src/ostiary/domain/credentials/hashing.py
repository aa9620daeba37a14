"""How are passwords hashed without starving everything else?

argon2id takes all it can get. So hashes run on threads of their own, no more than there are cores, which the system
serves after all others; and no more people wait for them than leaves threads for other requests: whoever comes then is
turned away at once. The pepper is a server key: hashes in a stolen database are worth nothing without it (BP01-7).

A hash is computed for people who do not exist, too; what is left of a difference (a row read, an event with a name in
it) drowns in a lateness that every name has of its own. Many tries at one name do not average it away, as they would a
random one, because nobody knows how late the name would be if it were, or were not, somebody's.
"""

from __future__ import annotations

import hmac
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ostiary.domain.credentials.errors import TooBusy
from ostiary.domain.credentials.password_policy import MAX_LENGTH, normalised
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.kit.crypto.passwords import PasswordHasher, PasswordMismatch
from ostiary.kit.current import Current
from ostiary.kit.texts import Text

_WAIT_SECONDS = 10.0
_WAITING = 24
_NICENESS = 10  # above that of the server
_NICEST = 19
_MOST_LATE_SECONDS = 0.05

Result = TypeVar("Result")


class PasswordHashing:
    """One per worker process; `slots` hashes run at once, and `waiting` more people may wait for one."""

    def __init__(
        self,
        *,
        keys: Current[ServerKeys],
        slots: int | None = None,
        waiting: int = _WAITING,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._keys = keys
        self._pause = pause
        slots = slots or usable_cores()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="password", initializer=_yield_to_others)
        self._places = threading.BoundedSemaphore(slots + waiting)
        self._making = threading.Lock()
        self._made: tuple[tuple[bytes, PasswordCost], PasswordHasher] | None = None

    def hash(self, password: str) -> str:
        """Raises TooBusy."""
        return self._run(lambda hasher: hasher.hash(normalised(password)))

    def check(self, password: str, encoded: str | None, *, name: str = "") -> None:
        """Raises PasswordMismatch, TooBusy; costs the same when there is nothing to compare with (None).

        `name`: what was typed where somebody may or may not exist; a wrong guess at it is answered late.
        """
        try:
            self._verify(password, encoded)
        except PasswordMismatch:
            if name:
                self.be_late(name)
            raise

    def be_late(self, name: str) -> None:
        """Wait as long as is this name's own, whether anybody has it or not: for other answers that must not tell."""
        self._pause(self._lateness(name))

    def _verify(self, password: str, encoded: str | None) -> None:
        candidate = normalised(password)

        def work(hasher: PasswordHasher) -> None:
            if encoded is None or len(candidate) > MAX_LENGTH:
                hasher.verify_absent(candidate[:MAX_LENGTH])
            hasher.verify(encoded, candidate)

        self._run(work)

    def matches_any(self, password: str, encoded: tuple[str, ...]) -> bool:
        """Whether it is one of the earlier passwords. Raises TooBusy."""
        return any(self._matches(password, one) for one in encoded)

    def renewed(self, password: str, encoded: str) -> str:
        """`encoded`, or a new one when it was made at a lower cost; after `check`. Raises TooBusy."""
        return self.hash(password) if self._hasher().needs_rehash(encoded) else encoded

    def _matches(self, password: str, encoded: str) -> bool:
        try:
            self._verify(password, encoded)
        except PasswordMismatch:
            return False
        return True

    def _lateness(self, name: str) -> float:
        text = b"ostiary lateness\0" + name.encode("utf-8", "surrogatepass")
        digest = hmac.digest(self._keys.value.password_pepper, text, "sha256")
        return int.from_bytes(digest[:4], "big") / 2**32 * _MOST_LATE_SECONDS

    def _run(self, work: Callable[[PasswordHasher], Result]) -> Result:
        if not self._places.acquire(blocking=False):
            raise _too_busy()
        try:
            running = self._threads.submit(lambda: work(self._hasher()))
            try:
                return running.result(_WAIT_SECONDS)
            except TimeoutError:
                running.cancel()
                raise _too_busy() from None
        finally:
            self._places.release()

    def _hasher(self) -> PasswordHasher:
        """Made once per pepper and cost, because making it costs a hash."""
        keys = self._keys.value
        wanted = (keys.password_pepper, keys.password_cost)
        with self._making:
            made = self._made
            if made is None or made[0] != wanted:
                made = self._made = (wanted, PasswordHasher(*wanted))
        return made[1]


def usable_cores() -> int:
    """Those on which the system lets this process run."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _too_busy() -> TooBusy:
    return TooBusy(Text("too many people are signing in at this moment: try again shortly"))


def _yield_to_others() -> None:
    # Only Linux has a niceness for each thread; elsewhere it would be some process's.
    if sys.platform == "linux":
        me = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, me, min(os.getpriority(os.PRIO_PROCESS, me) + _NICENESS, _NICEST))
