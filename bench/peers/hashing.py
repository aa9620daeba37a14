"""What does argon2id alone allow? `python -m bench.peers.hashing MEMORY_KIB ITERATIONS SECONDS`: checks per second."""

from __future__ import annotations

import sys
import time

from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.kit.crypto.passwords import PasswordHasher

_PASSWORD = "violet canyon drum"  # noqa: S105 - nobody's


def checks_per_second(cost: PasswordCost, seconds: float) -> float:
    hasher = PasswordHasher(bytes(32), cost)
    encoded = hasher.hash(_PASSWORD)
    done, began = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < seconds:
        hasher.verify(encoded, _PASSWORD)
        done += 1
    return done / elapsed


if __name__ == "__main__":
    memory_kib, iterations, length = sys.argv[1:]
    print(checks_per_second(PasswordCost(int(memory_kib), int(iterations)), float(length)))
