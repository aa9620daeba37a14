"""What becomes of a request whose body comes slowly, or not at all?

A thread that waits for a body answers nobody else, and the web server gives bodies no deadline (RFC 9110 section
9.2.2 leaves it to us). So every read is watched; a connection that keeps a thread waiting too long is shut down, sooner
when most threads wait. A body that ends before its declared length is refused, never taken for the whole.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Any

from falcon import Request, Response

from ostiary.protocols.http.refusals import RequestRefused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATIENCE = 15.0  # seconds for a body, when there are threads to spare
HURRY = 1.5  # seconds for a body, when most threads wait for one
_MOST = 0.75
_OPEN_FILES = Path("/proc/self/fd")
_BYTES_ACKED = struct.Struct("=Q")
_BYTES_ACKED_AT = 120  # tcpi_bytes_acked in Linux' struct tcp_info
_TCP_INFO_BYTES = 136


class BodyCutShort(RequestRefused):
    """The connection ended, or was ended, before the declared length (RFC 9112 section 8)."""


class LengthRequired(RequestRefused):
    """RFC 9110 section 15.5.12."""

    status = 411


class BodyLengths:
    """Falcon middleware: without a declared length nobody could tell a whole body from one that was cut off.

    The AWS door takes chunked bodies too: there the signature vouches for the whole.
    """

    def process_request(self, request: Request, _response: Response) -> None:
        if not request.get_header("Transfer-Encoding") or request.path.startswith("/aws"):
            return
        raise LengthRequired("the body needs a Content-Length")


@dataclass(frozen=True, slots=True)
class _Waiting:
    since: float
    peer: str


class BodyWatch:
    """`threads` is how many requests a worker answers at once; `port` is the one that it listens on."""

    def __init__(self, *, threads: int, port: int, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._crowd = max(1, int(threads * _MOST))
        self._port = port
        self._monotonic = monotonic
        self._waiting: dict[int, _Waiting] = {}
        self._silent_since: dict[int, tuple[int, float]] = {}
        self.cut = 0

    def wrap(self, application: WSGIApplication) -> WSGIApplication:
        def watched(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
            environ["wsgi.input"] = _WatchedInput(environ, self)
            return application(environ, start)

        return watched

    @contextmanager
    def reading(self, peer: str) -> Iterator[None]:
        me = threading.get_ident()
        self._waiting[me] = _Waiting(self._monotonic(), peer)
        try:
            yield
        finally:
            self._waiting.pop(me, None)

    def cut_stalled(self) -> None:
        """Shut down the connections that keep a thread waiting too long; called a few times a second."""
        now = self._monotonic()
        waiting = list(self._waiting.values())
        if not any(now - entry.since >= HURRY / 3 for entry in waiting):
            self._silent_since.clear()
            return
        patience = HURRY if len(waiting) >= self._crowd else PATIENCE
        late = Counter(_plain(entry.peer) for entry in waiting if now - entry.since >= patience)
        with ExitStack() as opened:
            silent = self._silent(now, patience - HURRY / 2, opened)
            for peer, count in late.items():
                self._cut([connection for whose, connection in silent if whose == peer][:count])

    def _silent(self, now: float, seconds: float, opened: ExitStack) -> list[tuple[str, socket.socket]]:
        """The connections, oldest first, that we sent nothing for so long, with their peers.

        Which connection a thread waits on is not told to us: it is one of these.
        """
        seen: dict[int, tuple[int, float]] = {}
        found: list[tuple[float, int, socket.socket]] = []
        for inode, connection in _connections(self._port):
            opened.callback(connection.close)
            acked = _bytes_acked(connection)
            before = self._silent_since.get(inode)
            since = before[1] if before is not None and before[0] == acked else now
            seen[inode] = (acked, since)
            if now - since >= seconds:
                found.append((since, inode, connection))
        self._silent_since = seen
        return [(_peer(connection), connection) for _, _, connection in sorted(found, key=lambda entry: entry[:2])]

    def _cut(self, connections: Iterable[socket.socket]) -> None:
        for connection in connections:
            self.cut += 1
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _WatchedInput:
    """`wsgi.input` (PEP 3333) that knows how long the body should be."""

    def __init__(self, environ: WSGIEnvironment, watch: BodyWatch) -> None:
        self._inner: Any = environ["wsgi.input"]
        declared = environ.get("CONTENT_LENGTH") or ""
        framed_otherwise = "HTTP_TRANSFER_ENCODING" in environ
        # Digits only, as the web server has checked; a length that no body has is read as what it is: too long.
        self._missing = None if framed_otherwise or not declared.isdigit() else int(declared[:19])
        self._peer: str = environ.get("REMOTE_ADDR") or ""
        self._watch = watch

    def read(self, size: int = -1) -> bytes:
        wanted = self._wanted(size)
        if wanted == 0:
            return b""
        with self._watch.reading(self._peer):
            data: bytes = self._inner.read(wanted)
        if self._missing is not None:
            self._missing -= len(data)
            if len(data) < wanted:
                raise BodyCutShort("the body ended before its declared length")
        return data

    def _wanted(self, size: int) -> int:
        if self._missing is None:
            return size
        return self._missing if size < 0 else min(size, self._missing)


def _connections(port: int) -> Iterator[tuple[int, socket.socket]]:
    """Our ends of the connections to the port, each as a second handle on the same connection."""
    for entry in list(_OPEN_FILES.iterdir()) if _OPEN_FILES.is_dir() else ():
        with suppress(OSError):
            target = entry.readlink().name
            if not target.startswith("socket:["):
                continue
            handle = socket.socket(fileno=os.dup(int(entry.name)))
            if _is_connection_to(handle, port):
                yield int(target[8:-1]), handle
            else:
                handle.close()


def _is_connection_to(handle: socket.socket, port: int) -> bool:
    try:
        return (
            handle.family in {socket.AF_INET, socket.AF_INET6}
            and handle.getsockname()[1] == port
            and bool(handle.getpeername())
        )
    except OSError:
        return False  # it listens, or the other end has gone


def _bytes_acked(connection: socket.socket) -> int:
    """How much of our answers has arrived: it stands still while a request is not answered."""
    try:
        told = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        return int(_BYTES_ACKED.unpack_from(told, _BYTES_ACKED_AT)[0])
    except (OSError, struct.error):
        return 0


def _peer(connection: socket.socket) -> str:
    try:
        return _plain(connection.getpeername()[0])
    except OSError:
        return ""


def _plain(address: str) -> str:
    """An IPv4 address in IPv6 clothes is that IPv4 address."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    return str((isinstance(parsed, IPv6Address) and parsed.ipv4_mapped) or parsed)
