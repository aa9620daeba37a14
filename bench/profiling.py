"""Where does Ostiary spend its time under load? py-spy beside each row, as text in `.bench/profile-ROW.txt`."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from bench.candidates import Candidate, Row
from bench.load import Generator, Prepared
from bench.places import PEER_PYTHON, ROOT, WORK, BenchError
from bench.processes import Server, cpu_ticks, pinned

_RATE = 400
_TOP = 45
_GRACE_SECONDS = 30


def profile(row: Row, candidate: Candidate, generator: Generator, *, seconds: float) -> Path:
    """Load and sample at the same time; the rate of such a run is no result, so none is kept. Raises BenchError.

    Sampled without pausing the worker, because a paused one shows mostly the pause; a few stacks are torn therefore.
    """
    stacks = WORK / f"profile-{row}.stacks"
    with candidate.started(generator.cpus) as server:
        worker = _find_worker(server, candidate.prepare(row, server), generator)
        prepared = candidate.prepare(row, server)
        with _sampling(worker, stacks, generator, seconds=seconds) as sampler:
            run = generator.run(server, prepared, seconds=seconds + 1)
            _await(sampler, seconds)
    report = WORK / f"profile-{row}.txt"
    report.write_text(summarize(stacks.read_text(), heading=f"{row}: {run.rate:,.0f} requests/s while sampled"))
    return report


def summarize(stacks: str, *, heading: str) -> str:
    """Folded stacks (`outer;inner COUNT` per line) to two tables: a line itself, a function with its calls."""
    own: Counter[str] = Counter()
    with_calls: Counter[str] = Counter()
    samples = 0
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        if not stack:
            continue  # a thread of the server that is not in Python now
        frames = stack.split(";")
        samples += int(count)
        own[frames[-1]] += int(count)
        for function in {_without_line(frame) for frame in frames}:
            with_calls[function] += int(count)
    tables = [
        _table("in the line itself", own, samples),
        _table("in the function with what it calls", with_calls, samples),
    ]
    return "\n".join([heading, f"{samples} samples", *tables])


def _without_line(frame: str) -> str:
    """`sign (jose.py:57)` -> `sign (jose.py)`: lines say where in a function, but would split what it calls."""
    return re.sub(r":\d+\)$", ")", frame)


def _table(title: str, counts: Mapping[str, int], samples: int) -> str:
    top = Counter(counts).most_common(_TOP)
    lines = [f"{100 * count / max(samples, 1):6.1f} %  {frame.replace(f'{ROOT}/', '')}" for frame, count in top]
    return "\n".join(["", title, *lines])


def _find_worker(server: Server, prepared: Prepared, generator: Generator) -> int:
    """The process that works when requests come."""
    before = cpu_ticks(server.pid)
    generator.run(server, prepared, seconds=1)
    after = cpu_ticks(server.pid)
    return max(after, key=lambda pid: after[pid] - before.get(pid, 0))


def _sampling(worker: int, stacks: Path, generator: Generator, *, seconds: float) -> subprocess.Popen[bytes]:
    command = [
        *(str(PEER_PYTHON.parent / "py-spy"), "record", "--pid", str(worker)),
        *("--duration", str(max(1, round(seconds))), "--rate", str(_RATE), "--nonblocking"),
        *("--format", "raw", "--output", str(stacks)),
    ]
    return subprocess.Popen(
        pinned(command, generator.cpus.load),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def _await(sampler: subprocess.Popen[bytes], seconds: float) -> None:
    try:
        _, errors = sampler.communicate(timeout=seconds + _GRACE_SECONDS)
    except subprocess.TimeoutExpired as error:
        sampler.kill()
        raise BenchError("py-spy did not end in time") from error
    if sampler.returncode != 0:
        raise BenchError(f"py-spy failed (it needs root or ptrace rights): {errors.decode(errors='replace')[-400:]}")
