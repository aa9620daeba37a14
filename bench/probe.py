"""How long does another request take meanwhile? One connection, one request every so often, whatever the answers take.

`python -m bench.probe PORT SECONDS PER_SECOND FILE MARKER`: the first request of FILE, again and again; a request that
is due while the last one waits is counted from when it was due, so that waiting is not left out. Prints a line of JSON.
"""

from __future__ import annotations

import http.client
import json
import socket
import sys
import time
from pathlib import Path

import msgspec


class ProbeOutcome(msgspec.Struct, frozen=True):
    """Milliseconds."""

    answers: int
    p50: float
    p99: float
    longest: float
    failure: str


def ask_again_and_again(port: int, *, seconds: float, per_second: float, request: bytes, marker: bytes) -> ProbeOutcome:
    latencies: list[float] = []
    failure = ""
    began = time.perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        for number in range(int(seconds * per_second)):
            due = began + number / per_second
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.sendall(request)
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            body = answer.read()
            if answer.status != http.HTTPStatus.OK or marker not in body:
                failure = f"{answer.status}: {body[:300].decode(errors='replace')}"
                break
            latencies.append(time.perf_counter() - due)
    ordered = [1000 * latency for latency in sorted(latencies)] or [0.0]
    return ProbeOutcome(
        answers=len(latencies),
        p50=ordered[len(ordered) // 2],
        p99=ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)],
        longest=ordered[-1],
        failure=failure,
    )


def main(arguments: list[str]) -> None:
    port, seconds, per_second, file, marker = arguments
    outcome = ask_again_and_again(
        int(port),
        seconds=float(seconds),
        per_second=float(per_second),
        request=Path(file).read_bytes(),
        marker=marker.encode(),
    )
    print(json.dumps(msgspec.to_builtins(outcome)))


if __name__ == "__main__":
    main(sys.argv[1:])
