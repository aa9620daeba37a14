"""What does the command line believe of a server, and what of one that lies?"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from typer.testing import CliRunner

from ostiary.cli.main import app
from ostiary.cli.remote.browser import has_browser
from ostiary.cli.remote.device import ShownCode, sign_in_by_code
from ostiary.cli.remote.errors import (
    AddressRefused,
    RemoteFailure,
    ServerRefused,
    ServerUnreachable,
    SignInFailed,
    shown,
)
from ostiary.cli.remote.id_token import check_id_token
from ostiary.cli.remote.server import RemoteServer, checked_address, user_agent
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.jose import KeySet, SigningKey, parse_jwks, sign_jwt

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
ISSUER = "https://id.example.org"
KEY = SigningKey.generate("ES256")


def _keys(*keys: SigningKey) -> KeySet:
    return parse_jwks(json.dumps({"keys": [key.public_jwk() for key in keys]}).encode())


# Addresses.
@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://id.example.org", "https://id.example.org"),
        ("https://ID.example.org/", "https://id.example.org"),
        ("id.example.org", "https://id.example.org"),
        ("id.example.org:8443", "https://id.example.org:8443"),
        ("http://127.0.0.1:8480", "http://127.0.0.1:8480"),
        ("http://localhost:8480/", "http://localhost:8480"),
        ("http://[::1]:8480", "http://[::1]:8480"),
    ],
)
def test_an_address_is_brought_into_one_form(given: str, address: str) -> None:
    assert checked_address(given) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://id.example.org", "not https"),
        ("http://localhost.example.org", "not https"),
        ("http://127.0.0.1.example.org", "not https"),
        ("https://ada@id.example.org", "not the address of a server"),
        ("https://id.example.org/path", "not the address of a server"),
        ("https://id.example.org?x=1", "not the address of a server"),
        ("ftp://id.example.org", "not the address of a server"),
        ("file:///etc/passwd", "not the address of a server"),
        ("https://[", "not an address"),
        ("https://id.example.org:99999999", "not an address"),
        ("", "not the address of a server"),
    ],
)
def test_an_address_that_tokens_may_not_be_sent_to_is_refused(address: str, reason: str) -> None:
    with pytest.raises(AddressRefused, match=reason):
        checked_address(address)


def test_the_command_refuses_in_words_and_with_a_status(tmp_path: Any) -> None:
    environment = {"XDG_STATE_HOME": str(tmp_path), "OSTIARY_SERVER": ""}
    for arguments, reason in (
        (["login", "--server", "http://id.example.org"], "not https"),
        (["login"], "which server"),
        (["whoami"], "not signed in anywhere"),
        (["logout"], "not signed in anywhere"),
        (["logout", "--server", "https://id.example.org"], "not signed in"),
    ):
        result = CliRunner().invoke(app, [*arguments, "--json"], env=environment)
        assert result.exit_code == 2
        assert reason in json.loads(result.stdout)["error"]


@pytest.mark.parametrize(
    ("environment", "platform", "there"),
    [
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "linux", False),
        ({"DISPLAY": ":10", "SSH_CONNECTION": "192.0.2.1 1 192.0.2.2 22"}, "linux", False),
        ({"SSH_TTY": "/dev/pts/0"}, "darwin", False),
        ({}, "darwin", True),
        ({"BROWSER": "firefox", "SSH_TTY": "/dev/pts/0"}, "linux", True),
    ],
)
def test_a_browser_is_opened_where_the_person_sees_it(
    environment: dict[str, str], platform: str, *, there: bool
) -> None:
    assert has_browser(environment, platform=platform) == there


def test_a_terminal_is_not_moved_by_what_a_server_says() -> None:
    assert shown("\x1b[2Jhello\n\u202e") == "?[2Jhello??"
    assert user_agent().startswith("ostiary-cli/")
    assert user_agent().isascii()


# Servers.
class Lying(BaseHTTPRequestHandler):
    server: Any

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        status, body = self.server.answers(self.path)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body.decode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None: ...


Answers = Callable[[str], tuple[int, bytes]]


@contextmanager
def _serving(make: Callable[[str], Answers]) -> Iterator[RemoteServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Lying)
    address = f"http://127.0.0.1:{server.server_port}"
    server.answers = make(address)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield RemoteServer(address)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def _metadata(address: str, **changes: str) -> dict[str, str]:
    names = (
        "authorization_endpoint token_endpoint device_authorization_endpoint revocation_endpoint"
        " userinfo_endpoint jwks_uri"
    )
    return {"issuer": address, **{name: f"{address}/{name}" for name in names.split()}, **changes}


def _always(status: int, body: bytes) -> Callable[[str], Answers]:
    return lambda _address: lambda _path: (status, body)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://other.example.org"},
        {"token_endpoint": "https://evil.example.org/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://127.0.0.1.evil.example.org/keys"},
    ],
)
def test_a_document_that_sends_tokens_elsewhere_is_refused(change: dict[str, str]) -> None:
    def make(address: str) -> Answers:
        return lambda _path: (200, json.dumps(_metadata(address, **change)).encode())

    with _serving(make) as remote, pytest.raises(ServerUnreachable):
        _ = remote.metadata


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, b"<html>"),
        (200, b"{}"),
        (200, b"[1]"),
        (200, b"\xff"),
        (200, b"x" * 300_000),
        (302, b"http://127.0.0.1:1/elsewhere"),
        (404, b"<html>"),
        (500, b"{}"),
        (502, b""),
    ],
)
def test_what_is_no_answer_of_ours_is_refused_in_words(status: int, body: bytes) -> None:
    with _serving(_always(status, body)) as remote, pytest.raises(RemoteFailure):
        _ = remote.metadata


def test_a_server_that_is_not_there_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ServerUnreachable, match="cannot be reached"):
        _ = RemoteServer("http://127.0.0.1:1").metadata
    assert capfd.readouterr() == ("", "")


# ID tokens.
def _token(key: SigningKey = KEY, *, typ: str = "JWT", **changes: Any) -> str:
    now = int(NOON.timestamp())
    claims = {
        "iss": ISSUER,
        "aud": "ostiary-cli",
        "sub": "p1",
        "iat": now,
        "exp": now + 600,
        "auth_time": now,
        "amr": ["pwd"],
        "nonce": "n",
        **changes,
    }
    return sign_jwt(key, {name: value for name, value in claims.items() if value is not None}, typ=typ)


def test_an_id_token_that_answers_the_question_is_believed() -> None:
    proved = check_id_token(_token(), _keys(KEY), issuer=ISSUER, nonce="n", now=NOON)
    assert (proved.subject, proved.methods) == ("p1", ("pwd",))


@pytest.mark.parametrize(
    "token",
    [
        _token(nonce="other"),
        _token(nonce=None),
        _token(iss="https://evil.example.org"),
        _token(aud="other"),
        _token(aud=["ostiary-cli", "other"]),
        _token(exp=int(NOON.timestamp()) - 300),
        _token(sub=None),
        _token(amr="pwd"),
        _token(typ="at+jwt"),
        _token(SigningKey.generate("ES256")),
        "",
        "e30.e30.",
    ],
)
def test_any_other_id_token_is_refused(token: str) -> None:
    with pytest.raises(SignInFailed):
        check_id_token(token, _keys(KEY), issuer=ISSUER, nonce="n", now=NOON)


# Waiting for a decision.
class Slow:
    """A server that says what it is told to, one answer after the other, and the pauses between."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.pauses: list[float] = []
        self.now = 0.0

    def __call__(self, address: str) -> Answers:
        documents = {
            "/.well-known/openid-configuration": _metadata(address),
            "/jwks_uri": {"keys": [KEY.public_jwk()]},
            "/device_authorization_endpoint": {
                "device_code": "ostd_1",
                "user_code": "BCDF-GHJK",
                "verification_uri": f"{address}/device",
                "expires_in": 60,
                "interval": 5,
            },
        }

        def answer(path: str) -> tuple[int, bytes]:
            if path != "/token_endpoint":
                return 200, json.dumps(documents[path]).encode()
            said = self.answers.pop(0)
            if said == "down":
                return 503, b""
            if said != "yes":
                return 400, json.dumps({"error": said}).encode()
            tokens = {"access_token": "a", "expires_in": 600, "id_token": _token(iss=address), "refresh_token": "r"}
            return 200, json.dumps(tokens).encode()

        return answer

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds

    def sign_in(self) -> str:
        @contextmanager
        def ignore(_code: ShownCode) -> Iterator[None]:
            yield

        with _serving(self) as remote:
            _, proved = sign_in_by_code(
                remote, clock=FixedClock(NOON), shown_code=ignore, sleep=self.sleep, monotonic=lambda: self.now
            )
        return proved.subject


def test_a_terminal_asks_at_the_pace_that_it_is_told() -> None:
    server = Slow("authorization_pending", "slow_down", "authorization_pending", "yes")
    assert server.sign_in() == "p1"
    assert server.pauses == [5, 5, 10, 10]


def test_a_server_that_is_down_for_a_moment_is_asked_again_more_slowly() -> None:
    server = Slow("down", "down", "yes")
    assert server.sign_in() == "p1"
    assert server.pauses == [5, 10, 20]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [("access_denied", "said no"), ("expired_token", "in time"), ("invalid_grant", "did not sign you in")],
)
def test_a_final_answer_ends_the_wait(answer: str, reason: str) -> None:
    with pytest.raises(SignInFailed, match=reason):
        Slow(answer).sign_in()


def test_a_terminal_does_not_wait_longer_than_the_code_is_good() -> None:
    server = Slow(*["authorization_pending"] * 20)
    with pytest.raises(SignInFailed, match="in time"):
        server.sign_in()
    assert timedelta(seconds=sum(server.pauses)) == timedelta(seconds=60)


def test_a_refusal_carries_no_more_than_one_line() -> None:
    answers = _always(400, b'{"error": "x", "error_description": "a\\nb"}')
    with _serving(answers) as remote, pytest.raises(ServerRefused) as refused:
        _ = remote.metadata
    assert str(refused.value) == "a?b"
