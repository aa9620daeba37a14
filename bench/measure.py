"""How is a row measured? All its servers run; short runs go round them in turn, so that drift meets all."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

import botocore.exceptions

from bench.candidates import Candidate, Row
from bench.load import Generator, Run, ask_once
from bench.places import BenchError
from bench.processes import Cpus, Memory, Server, memory

# Long enough for the compiler inside node.
_WARM_UP_SECONDS = 3.0
_IDLE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Effort:
    runs: int
    seconds: float


@dataclass(slots=True)
class LoadResult:
    """`failure` says why the row has no result; then its numbers are not to be used."""

    row: Row
    runs: dict[str, list[Run]] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    failure: str = ""

    def ratios(self, name: str, other: str) -> list[float]:
        """Round by round: both met the same machine, whose speed changes from one round to the next."""
        return [one.rate / two.rate for one, two in zip(self.runs[name], self.runs[other], strict=True)]


@dataclass(slots=True)
class StartResult:
    """Seconds to the first answer of each start, and memory of the idle server, by name."""

    starts: dict[str, list[float]] = field(default_factory=dict)
    memory: dict[str, Memory] = field(default_factory=dict)
    failure: str = ""


def measure_load(row: Row, candidates: Iterable[Candidate], generator: Generator, effort: Effort) -> LoadResult:
    result = LoadResult(row)
    try:
        with ExitStack() as stack:
            servers = [(candidate, stack.enter_context(candidate.started(generator.cpus))) for candidate in candidates]
            _go_round(result, servers, generator, effort)
    except (BenchError, OSError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        result.failure = str(error)
    return result


def measure_start(candidates: Sequence[Candidate], cpus: Cpus, *, runs: int) -> StartResult:
    """The first start of each is not counted: it may compile Python files that later starts find."""
    result = StartResult()
    try:
        for number in range(runs + 1):
            for candidate in candidates:
                with candidate.started(cpus) as server:
                    if number == 0:
                        result.memory[candidate.name] = _idle_memory(candidate, server)
                    else:
                        result.starts.setdefault(candidate.name, []).append(server.started_in)
    except (BenchError, OSError, botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
        result.failure = str(error)
    return result


def _go_round(
    result: LoadResult, servers: Sequence[tuple[Candidate, Server]], generator: Generator, effort: Effort
) -> None:
    for candidate, server in servers:
        generator.run(server, candidate.prepare(result.row, server), seconds=_WARM_UP_SECONDS)
    for number in range(effort.runs):
        for candidate, server in servers:
            run = generator.run(server, candidate.prepare(result.row, server), seconds=effort.seconds)
            result.runs.setdefault(candidate.name, []).append(run)
            print(f"bench: {result.row} {number + 1}/{effort.runs} {candidate.name}: {run.rate:,.0f}/s", flush=True)
    for candidate, server in servers:
        result.memory[candidate.name] = memory(server.pid)


def _idle_memory(candidate: Candidate, server: Server) -> Memory:
    """After one answer of every kind, so that nothing which is loaded late is left out."""
    for row in candidate.rows:
        ask_once(server, candidate.prepare(row, server))
    time.sleep(_IDLE_SECONDS)
    return memory(server.pid)
