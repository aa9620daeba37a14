"""Do the compiled evaluator and the reference agree on generated questions?

    PYTHONPATH=tests python -m policy.reference.fuzz --pairs 1000000 --seed 0

Deterministic: every seed makes one world of policies with a few requests. To go on where a run ended, give the seed
that it printed last. Ends with status 1 when there was a difference; each is printed as a pair for seeds.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from ostiary.policy import Request
from policy.reference.comparing import differences, written
from policy.reference.evaluation import World
from policy.reference.generation import REQUESTS, generated
from policy.reference.minimizing import minimized

_PROGRESS = 2_500


@dataclass(frozen=True)
class Difference:
    seed: int
    told: str
    world: World
    request: Request


def differences_of(seeds: range) -> Iterator[Difference]:
    for seed in seeds:
        world, requests = generated(seed)
        for request, told in differences(world, requests):
            yield Difference(seed, told, world, request)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--most", type=int, default=10, help="differences after which to stop")
    given = parser.parse_args()
    found, end = 0, given.seed + -(-given.pairs // REQUESTS)
    for start in range(given.seed, end, _PROGRESS):
        stop = min(start + _PROGRESS, end)
        for difference in differences_of(range(start, stop)):
            found += 1
            _print_difference(difference)
            if found >= given.most:
                return 1
        sys.stderr.write(f"{(stop - given.seed) * REQUESTS} pairs, {found} differences, next seed {stop}\n")
    return 1 if found else 0


def _print_difference(difference: Difference) -> None:
    world = minimized(difference.world, difference.request)
    pair = {"why": "", "seed": difference.seed, **written(world, difference.request)}
    sys.stdout.write(f"# seed {difference.seed}: {difference.told}\n{json.dumps(pair)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
