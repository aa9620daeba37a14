"""How fast does a server answer prepared requests? One closed-loop run on the load generator's core, bounded in time.

`wrk` does the work; without it `bench.replay`, a loop in Python, which is slower and says so in the results.
"""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bench.places import BENCH, ROOT, WORK, BenchError
from bench.processes import Cpus, Server, cpu_seconds, pinned

_GRACE_SECONDS = 30
_REQUESTS_FILE = WORK / "requests.bin"


class Outcome(msgspec.Struct, frozen=True):
    """What a generator prints: times in microseconds, `broken` are connections that failed or timed out."""

    answers: int
    micros: int
    wrong_status: int
    wrong_body: int
    broken: int
    p50: int
    p99: int
    example: str

    @property
    def errors(self) -> int:
        return self.wrong_status + self.wrong_body + self.broken


@dataclass(frozen=True, slots=True)
class Run:
    """One measured run: requests per second, latencies in milliseconds, share of its core that the server used."""

    rate: float
    p50: float
    p99: float
    cpu_share: float
    answers_per_cpu_second: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """Raw HTTP requests, a text that every right answer holds, and a closer look at the body of one answer per run."""

    requests: Sequence[bytes]
    marker: str
    check: Callable[[bytes], None] | None = None


@dataclass(frozen=True, slots=True)
class Generator:
    wrk: str | None
    connections: int
    cpus: Cpus

    @property
    def name(self) -> str:
        return "wrk" if self.wrk else "bench/replay.py (wrk is missing, so fast servers are measured too low)"

    def run(self, server: Server, prepared: Prepared, *, seconds: float) -> Run:
        """Raises BenchError if a single answer was wrong: a fast error is no result."""
        ask_once(server, prepared)
        _write(_REQUESTS_FILE, prepared.requests)
        before = cpu_seconds(server.pid)
        outcome = self._generate(server, prepared, seconds=seconds)
        used = max(cpu_seconds(server.pid) - before, 0.01)
        if outcome.errors or not outcome.answers:
            raise BenchError(
                f"{server.name}: of {outcome.answers} answers {outcome.wrong_status} had a wrong status and "
                f"{outcome.wrong_body} a wrong body, {outcome.broken} connections broke; the last: {outcome.example}"
            )
        elapsed = outcome.micros / 1e6
        return Run(
            rate=outcome.answers / elapsed,
            p50=outcome.p50 / 1000,
            p99=outcome.p99 / 1000,
            cpu_share=min(used / elapsed, 1.0),
            answers_per_cpu_second=outcome.answers / used,
        )

    def _generate(self, server: Server, prepared: Prepared, *, seconds: float) -> Outcome:
        address = f"http://127.0.0.1:{server.port}"
        command = self._wrk(address, prepared, seconds) if self.wrk else self._replay(server, prepared, seconds)
        try:
            done = subprocess.run(
                pinned(command, self.cpus.load),
                cwd=ROOT,
                capture_output=True,
                text=True,
                timeout=seconds + _GRACE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise BenchError(f"{server.name}: the load generator did not end in time") from error
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode != 0 or not lines:
            raise BenchError(f"{server.name}: the load generator failed: {(done.stderr or done.stdout)[-800:]}")
        return msgspec.json.decode(lines[-1], type=Outcome)

    def _wrk(self, address: str, prepared: Prepared, seconds: float) -> list[str]:
        limits = ["-t1", f"-c{self.connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s"]
        return [
            str(self.wrk),
            *limits,
            "-s",
            str(BENCH / "replay.lua"),
            address,
            "--",
            str(_REQUESTS_FILE),
            prepared.marker,
        ]

    def _replay(self, server: Server, prepared: Prepared, seconds: float) -> list[str]:
        numbers = [str(server.port), str(self.connections), str(seconds)]
        return [sys.executable, "-m", "bench.replay", *numbers, str(_REQUESTS_FILE), prepared.marker]


def ask_once(server: Server, prepared: Prepared) -> None:
    """Send the first request and look at its answer closely. Raises BenchError if it is not the right one."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(prepared.requests[0])
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        body = answer.read()
    if answer.status != http.HTTPStatus.OK or prepared.marker.encode() not in body:
        raise BenchError(f"{server.name}: the first answer was {answer.status}: {body[:400].decode(errors='replace')}")
    if prepared.check:
        prepared.check(body)


def _write(file: Path, requests: Sequence[bytes]) -> None:
    file.write_bytes(b"".join(b"%d\n%b" % (len(request), request) for request in requests))
