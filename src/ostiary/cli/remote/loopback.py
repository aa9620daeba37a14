"""How does the browser's answer come back to the terminal? On a port of this machine, once. RFC 8252 section 7.3.

Every program and every web page on this machine can knock here. So only the answer that knows the state is taken; a
wrong one is told so and changes nothing, and names that were bent to this address (DNS rebinding) are not answered.
"""

from __future__ import annotations

import base64
import html
import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ostiary.cli.remote.errors import SignInFailed

_PATH = "/callback"
_SLOWEST = 10  # seconds for one request: browsers open connections ahead and leave them silent
_STYLE = (
    ":root{color-scheme:light dark}"
    "body{display:grid;place-content:center;min-height:100vh;margin:0;padding:1.5rem;text-align:center;"
    "font:1rem/1.5 system-ui,sans-serif;background:#f4f3ef;color:#1a2324}"
    "h1{font-size:1.5rem;margin:0 0 .25rem}p{margin:0;color:#536062}"
    "@media(prefers-color-scheme:dark){body{background:#0f1415;color:#e7edeb}p{color:#a3b1af}}"
)
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True)
class Expected:
    """What an answer must carry; `issuer` by RFC 9207."""

    state: str
    issuer: str


@dataclass(slots=True)
class Loopback:
    """`redirect_uri` goes into the request; `wait` gives the parameters of its answer."""

    redirect_uri: str
    _answers: queue.SimpleQueue[Mapping[str, str]] = field(default_factory=queue.SimpleQueue)

    def wait(self, seconds: float) -> Mapping[str, str]:
        """Raises SignInFailed when nobody came."""
        try:
            return self._answers.get(timeout=seconds)
        except queue.Empty:
            raise SignInFailed("nobody signed in in time: run the command again") from None


@contextmanager
def listening(expected: Expected) -> Iterator[Loopback]:
    """A port of 127.0.0.1 that the system chose, until the block ends."""
    server = _Server(("127.0.0.1", 0), _Handler)
    loopback = Loopback(f"http://127.0.0.1:{server.server_port}{_PATH}")
    server.expected, server.loopback = expected, loopback
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    expected: Expected
    loopback: Loopback
    answered = False

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.once = threading.Lock()

    def take(self, answer: Mapping[str, str]) -> bool:
        """False for a second answer."""
        with self.once:
            if self.answered:
                return False
            self.answered = True
        self.loopback._answers.put(answer)  # noqa: SLF001 - the two halves of one door
        return True


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = _SLOWEST
    server_version = "ostiary"
    sys_version = ""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != _PATH or self.headers.get("Host") != f"127.0.0.1:{self.server.server_port}":
            self._write(404, "There is nothing here", "This address is for one answer only.")
            return
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        answer = dict(pairs)
        if len(answer) != len(pairs) or not self._is_ours(answer):
            self._write(400, "This is not the answer", "It belongs to no sign-in that your terminal waits for.")
        elif not self.server.take(answer):
            self._write(409, "It was answered before", "You can close this window and look at your terminal.")
        elif "code" in answer:
            self._write(200, "Done", "Your terminal goes on. You can close this window.")
        else:
            self._write(200, "You are not signed in", "Your terminal says why. You can close this window.")

    def _is_ours(self, answer: Mapping[str, str]) -> bool:
        expected = self.server.expected
        state = answer.get("state", "").encode("utf-8", "surrogatepass")
        return compare_digest(state, expected.state.encode()) and answer.get("iss") == expected.issuer

    def _write(self, status: int, title: str, text: str) -> None:
        page = (
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f"<style>{_STYLE}</style></head>"
            f"<body><main><h1>{html.escape(title)}</h1><p>{html.escape(text)}</p></main></body></html>"
        ).encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name for it
        """Nothing: the request line holds the code."""
