"""How is a server started on its own core, watched and ended?

Servers run under `taskset` on the first allowed CPU, the load generator and this program on the second. Every server is
the leader of its own process group, dies with this program, and only groups started here are ever signalled.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bench.places import LOGS, BenchError

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.005
_TICKS = os.sysconf("SC_CLK_TCK")
# Fields of /proc/PID/stat behind the command name, which may itself hold blanks (proc(5)).
_PARENT, _USER_TICKS, _SYSTEM_TICKS = 1, 11, 12


@dataclass(frozen=True, slots=True)
class Cpus:
    server: int
    load: int


@dataclass(frozen=True, slots=True)
class Server:
    """`started_in`: seconds from the start of the process to its first good answer."""

    name: str
    port: int
    pid: int
    started_in: float


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes: resident set of the largest process, proportional set of all processes together."""

    largest: int
    all_together: int


def choose_cpus() -> Cpus:
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        raise BenchError("the benchmark needs two CPUs: one for the server, one for the load generator")
    return Cpus(server=allowed[0], load=allowed[1])


def pinned(command: Sequence[str], cpu: int) -> list[str]:
    """The command on one CPU, with all its threads and children; it gets SIGTERM when this program dies."""
    return ["setpriv", "--pdeathsig", "TERM", "taskset", "--cpu-list", str(cpu), *command]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    name: str, command: Sequence[str], *, port: int, ready_path: str, cpu: int, directory: Path, env: Mapping[str, str]
) -> Iterator[Server]:
    """Start, wait for the first 200 at `ready_path`, and end it on the way out. Raises BenchError."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name.lower().replace(' ', '-')}.log"
    with log.open("wb") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            pinned(command, cpu),
            cwd=directory,
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_until_ready(process, name=name, port=port, path=ready_path, log=log)
            yield Server(name=name, port=port, pid=process.pid, started_in=time.perf_counter() - began)
        finally:
            _stop(process)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its descendants so far."""
    return sum(cpu_ticks(pid).values()) / _TICKS


def memory(pid: int) -> Memory:
    members = family(pid)
    return Memory(
        largest=max((_rollup(member, "Rss:") for member in members), default=0),
        all_together=sum(_rollup(member, "Pss:") for member in members),
    )


def cpu_ticks(pid: int) -> dict[int, int]:
    """User and system time so far, of each process of the family."""
    return {member: _ticks(member) for member in family(pid)}


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[_PARENT]), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        member = waiting.pop()
        found.append(member)
        waiting += children.get(member, [])
    return found


def _wait_until_ready(process: subprocess.Popen[bytes], *, name: str, port: int, path: str, log: Path) -> None:
    deadline = time.perf_counter() + _START_SECONDS
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise BenchError(f"{name} ended with {process.returncode} before its first answer: {_tail(log)}")
        if _answers(port, path):
            return
        time.sleep(_POLL_SECONDS)
    raise BenchError(f"{name} gave no answer at {path} within {_START_SECONDS:.0f} s: {_tail(log)}")


def _answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_SECONDS)
    # What is left of the group; it is ours: start_new_session made it.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_STOP_SECONDS)


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _ticks(pid: int) -> int:
    fields = _stat(pid)
    return int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS]) if fields else 0


def _rollup(pid: int, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), 0)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace").strip()[-800:] or "it wrote nothing"
