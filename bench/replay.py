"""What if wrk is missing? The same closed loop in Python.

`python -m bench.replay PORT CONNECTIONS SECONDS FILE MARKER`: one thread with a selector; understands Content-Length,
chunked and closing answers; prints what `replay.lua` prints.
"""

from __future__ import annotations

import re
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path

import msgspec

from bench.load import Outcome

_LENGTH = re.compile(rb"^content-length: *(\d+)", re.IGNORECASE | re.MULTILINE)
_CHUNKED = re.compile(rb"^transfer-encoding: *chunked", re.IGNORECASE | re.MULTILINE)
_CLOSES = re.compile(rb"^connection: *close", re.IGNORECASE | re.MULTILINE)
_IDLE_SECONDS = 1.0


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytes = b""


@dataclass(slots=True)
class _Tally:
    latencies: list[float] = field(default_factory=list)
    wrong_status: int = 0
    wrong_body: int = 0
    broken: int = 0
    example: str = ""

    def count(self, answer: bytes, *, marker: bytes, seconds: float) -> None:
        self.latencies.append(seconds)
        if answer[9:10] != b"2":
            self.wrong_status += 1
            self.example = answer[:300].decode("utf-8", "replace")
        elif marker not in answer:
            self.wrong_body += 1
            self.example = answer[-300:].decode("utf-8", "replace")

    def outcome(self, elapsed: float) -> Outcome:
        ordered = sorted(self.latencies) or [0.0]
        return Outcome(
            answers=len(self.latencies),
            micros=int(elapsed * 1e6),
            wrong_status=self.wrong_status,
            wrong_body=self.wrong_body,
            broken=self.broken,
            p50=int(ordered[len(ordered) // 2] * 1e6),
            p99=int(ordered[int(len(ordered) * 0.99)] * 1e6),
            example=self.example,
        )


def read_requests(file: Path) -> list[bytes]:
    data, at, found = file.read_bytes(), 0, []
    while at < len(data):
        line_end = data.index(b"\n", at)
        end = line_end + 1 + int(data[at:line_end])
        found.append(data[line_end + 1 : end])
        at = end
    return found


def is_complete(received: bytes, *, closed: bool) -> bool:
    """Whether the bytes are one whole answer (RFC 9112 section 6.3)."""
    head, separator, body = received.partition(b"\r\n\r\n")
    if not separator:
        return False
    if length := _LENGTH.search(head):
        return len(body) >= int(length[1])
    if _CHUNKED.search(head):
        return body.endswith(b"0\r\n\r\n")
    return closed


class Replayer:
    def __init__(self, *, port: int, requests: list[bytes], marker: bytes) -> None:
        self._port = port
        self._next = cycle(requests)
        self._marker = marker
        self._selector = selectors.DefaultSelector()
        self._tally = _Tally()

    def run(self, *, connections: int, seconds: float) -> Outcome:
        began = time.perf_counter()
        for _ in range(connections):
            self._open()
        while (now := time.perf_counter()) < began + seconds:
            events = self._selector.select(timeout=_IDLE_SECONDS)
            for key, _ in events:
                self._receive(key.data)
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        return self._tally.outcome(now - began)

    def _open(self) -> None:
        try:
            connection = _Connection(socket.create_connection(("127.0.0.1", self._port), timeout=5))
        except OSError:
            self._tally.broken += 1
            return
        connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        self._send(connection)

    def _send(self, connection: _Connection) -> None:
        connection.received = b""
        connection.sent_at = time.perf_counter()
        try:
            connection.socket.sendall(next(self._next))
        except OSError:
            self._reopen(connection, broken=True)

    def _receive(self, connection: _Connection) -> None:
        try:
            data = connection.socket.recv(65536)
        except OSError:
            data = b""
        connection.received += data
        if is_complete(connection.received, closed=not data):
            spent = time.perf_counter() - connection.sent_at
            self._tally.count(connection.received, marker=self._marker, seconds=spent)
            if data and not _CLOSES.search(connection.received):
                self._send(connection)
            else:
                self._reopen(connection, broken=False)
        elif not data:
            self._reopen(connection, broken=True)

    def _reopen(self, connection: _Connection, *, broken: bool) -> None:
        self._tally.broken += broken
        self._selector.unregister(connection.socket)
        connection.socket.close()
        self._open()


def main() -> None:
    port, connections, seconds, file, marker = sys.argv[1:]
    replayer = Replayer(port=int(port), requests=read_requests(Path(file)), marker=marker.encode())
    outcome = replayer.run(connections=int(connections), seconds=float(seconds))
    print(msgspec.json.encode(outcome).decode())


if __name__ == "__main__":
    main()
