"""How dear is one hash of a password, and how dear may it be on this machine?

argon2id fills `memory_kib` of memory `iterations` times (RFC 9106). The floor is the least of OWASP's recommendations.
Time does not grow evenly with memory (caches end somewhere), so several sizes are tried, and the one that makes most
work in the time wins. Time is CPU time of the thread, and the shortest of several tries: a busy moment changes little.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from argon2.low_level import Type, hash_secret_raw

_TEXT = re.compile(r"m=([0-9]{1,8}),t=([0-9]{1,4})")
_TRIES = 2
_TOLERANCE = 1.1
_MEBIBYTES = (19, 24, 31, 48, 64)
_BYTES = 32
_SALT_BYTES = 16
_LEAST_MEMORY = 8


@dataclass(frozen=True, slots=True)
class PasswordCost:
    memory_kib: int
    iterations: int

    @property
    def work(self) -> int:
        """What time and an attacker's effort are proportional to."""
        return self.memory_kib * self.iterations

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Raises ValueError for what is not within floor and ceiling."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise ValueError("not a cost of passwords, such as m=19456,t=2")
        cost = cls(int(found[1]), int(found[2]))
        within_memory = FLOOR.memory_kib <= cost.memory_kib <= CEILING.memory_kib
        if not (within_memory and FLOOR.iterations <= cost.iterations <= CEILING.iterations):
            raise ValueError(f"the cost must be {FLOOR} to {CEILING}")
        return cost

    def __str__(self) -> str:
        return f"m={self.memory_kib},t={self.iterations}"


FLOOR = PasswordCost(19 * 1024, 2)
CEILING = PasswordCost(64 * 1024, 16)


def measured_cost(target_seconds: float, *, cpu_seconds: Callable[[], float]) -> PasswordCost:
    """The cost within bounds that makes most work in about `target_seconds`; finding it takes half a second."""
    best = FLOOR
    for mebibytes in _MEBIBYTES:
        least = PasswordCost(mebibytes * 1024, FLOOR.iterations)
        passes = target_seconds * _TOLERANCE / seconds_of(least, cpu_seconds=cpu_seconds) * least.iterations
        if passes < least.iterations:
            break
        tried = PasswordCost(least.memory_kib, min(int(passes), CEILING.iterations))
        best = max(best, tried, key=lambda cost: cost.work)
    return best


def seconds_of(cost: PasswordCost, *, cpu_seconds: Callable[[], float]) -> float:
    """What one hash of this cost takes here at best."""
    return min(_timed(cost, cpu_seconds) for _ in range(_TRIES))


def spend(work: int, *, iterations: int) -> None:
    """Take the time of a hash of so much work."""
    memory = max(_LEAST_MEMORY, work // iterations)
    _hash(PasswordCost(memory, iterations))


def _timed(cost: PasswordCost, cpu_seconds: Callable[[], float]) -> float:
    begin = cpu_seconds()
    _hash(cost)
    return max(cpu_seconds() - begin, 1e-6)


def _hash(cost: PasswordCost) -> None:
    hash_secret_raw(
        secrets.token_bytes(_BYTES),
        secrets.token_bytes(_SALT_BYTES),
        time_cost=cost.iterations,
        memory_cost=cost.memory_kib,
        parallelism=1,
        hash_len=_BYTES,
        type=Type.ID,
    )
