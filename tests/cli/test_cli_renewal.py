"""Is a sign-in at a terminal renewed once when it is due, and forgotten when it is over?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from ostiary.cli.remote.current import CurrentSignIn
from ostiary.cli.remote.errors import NotSignedInHere, RemoteFailure, SignInFailed
from ostiary.cli.remote.id_token import Proved
from ostiary.cli.remote.kept import CredentialStore, SignIn, Tokens
from ostiary.cli.remote.server import RemoteServer, TokenAnswer
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.jose import SigningKey, sign_jwt

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
KEY = SigningKey.generate("ES256")
ENDPOINTS = ["authorization", "token", "device_authorization", "revocation", "userinfo"]


class Remote(ThreadingHTTPServer):
    """A server whose refresh tokens are `r0`, `r1` and so on, each good once, as ours are."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.once = threading.Lock()
        self.current = 0
        self.subject = "p1"
        self.refusal: tuple[int, dict[str, str]] | None = None
        self.revoked: list[str] = []

    def answer(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path.startswith("/.well-known"):
            named = {f"{name}_endpoint": f"{self.address}/{name}" for name in ENDPOINTS}
            return 200, {"issuer": self.address, "jwks_uri": f"{self.address}/keys", **named}
        if path == "/keys":
            return 200, {"keys": [KEY.public_jwk()]}
        if path == "/revocation":
            self.revoked.append(form["token"])
            return 200, {}
        return self._renewed(form["refresh_token"])

    def _renewed(self, shown: str) -> tuple[int, dict[str, Any]]:
        with self.once:
            if self.refusal is not None:
                return self.refusal
            if shown != f"r{self.current}":
                return 400, {"error": "invalid_grant"}
            self.current += 1
            now = int(NOON.timestamp())
            claims = {"iss": self.address, "aud": "ostiary-cli", "sub": self.subject, "iat": now, "exp": now + 600}
            id_token = sign_jwt(KEY, {**claims, "amr": ["pwd"], "auth_time": now})
            new = {"access_token": f"a{self.current}", "refresh_token": f"r{self.current}"}
            return 200, {**new, "expires_in": 600, "id_token": id_token}


class _Handler(BaseHTTPRequestHandler):
    server: Remote

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        status, answer = self.server.answer(self.path, form)
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def remote() -> Iterator[Remote]:
    server = Remote()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def store(tmp_path: Path) -> CredentialStore:
    return CredentialStore(tmp_path / "state", None)


def _current(store: CredentialStore, remote: Remote) -> CurrentSignIn:
    return CurrentSignIn(store, RemoteServer(remote.address), FixedClock(NOON))


def _keep(store: CredentialStore, remote: Remote, *, left: int, refresh_token: str = "r0") -> None:
    sign_in = SignIn(remote.address, "p1", "ada", "Ada", ("pwd",), 1)
    store.put(sign_in, Tokens("a0", int(NOON.timestamp()) + left, refresh_token))


def test_a_token_that_is_good_is_used_as_it_is(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=60)
    assert _current(store, remote).renewed().tokens.access_token == "a0"
    assert remote.current == 0


def test_a_token_that_is_due_is_renewed_and_kept(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=20)
    assert _current(store, remote).renewed().tokens.access_token == "a1"
    kept = store.found(remote.address).tokens
    assert (kept.access_token, kept.refresh_token) == ("a1", "r1")


def test_many_commands_at_once_renew_once(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=0)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: _current(store, remote).renewed().tokens.access_token, range(8)))
    assert found == ["a1"] * 8, "a second use of the refresh token would have ended the sign-in"


@pytest.mark.parametrize("refresh_token", ["", "r9"])
def test_a_sign_in_that_is_over_is_said_to_be(store: CredentialStore, remote: Remote, refresh_token: str) -> None:
    _keep(store, remote, left=0, refresh_token=refresh_token)
    with pytest.raises(NotSignedInHere, match="has ended"):
        _current(store, remote).renewed()


def test_a_server_in_trouble_costs_nobody_her_sign_in(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=0)
    for refusal in ((503, {}), (429, {"error": "temporarily_unavailable"}), (500, {})):
        remote.refusal = refusal
        with pytest.raises(RemoteFailure):
            _current(store, remote).renewed()
    remote.refusal = None
    assert _current(store, remote).renewed().tokens.access_token == "a1"


def test_a_renewal_for_somebody_else_is_refused_and_forgotten(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=0)
    remote.subject = "p2"
    with pytest.raises(SignInFailed, match="somebody else"):
        _current(store, remote).renewed()
    with pytest.raises(NotSignedInHere):
        store.found(remote.address)


def test_signing_in_again_ends_the_sign_in_before(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=60)
    answer = TokenAnswer(access_token="b", expires_in=600, refresh_token="s")
    _current(store, remote).keep(answer, Proved("p1", "ada", "Ada", ("hwk",), 2))
    assert remote.revoked == ["r0"]
    assert store.found(remote.address).tokens.refresh_token == "s"


def test_signing_out_revokes_the_refresh_token(store: CredentialStore, remote: Remote) -> None:
    _keep(store, remote, left=60)
    assert _current(store, remote).end()
    assert remote.revoked == ["r0"]
    with pytest.raises(NotSignedInHere):
        _current(store, remote).end()
