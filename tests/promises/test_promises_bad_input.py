"""Promise 5: bad input gets its protocol's own error, never a 500, never silence, and changes nothing."""

from __future__ import annotations

import http.client
import json
import socket
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parts.server import OstiaryServer, prepare_server, start_on_a_free_port

THREADS = 8
BOUNDED = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# What a refused request may leave: its event, and what is counted against guessing.
_LEAVES_TRACES = {"event", "checkpoint", "leaf_tile", "lease", "last_use", "guess_count", "generation", "mail"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OstiaryServer]:
    options = ("--threads", str(THREADS))
    made = prepare_server(tmp_path_factory.mktemp("bad-input") / "data", options=options)
    start_on_a_free_port(made)
    yield made
    made.close()


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(
    server: OstiaryServer, method: str, target: str, *, body: bytes = b"", headers: Mapping[str, str] | None = None
) -> Answer:
    """As it is: nothing is encoded, checked or followed; an answer must come within ten seconds."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)) as connection:
        connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders(body or None)
        answered = connection.getresponse()
        return Answer(answered.status, dict(answered.getheaders()), answered.read())


def rows(server: OstiaryServer) -> dict[str, list[object]]:
    """Everything that is kept, but for traces."""
    with closing(sqlite3.connect(f"file:{server.data_dir / 'ostiary.db'}?mode=ro", uri=True)) as driver:
        names = [name for (name,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in names if name not in _LEAVES_TRACES and not name.startswith("sqlite_")]
        return {name: driver.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in kept}  # noqa: S608


@pytest.fixture
def unchanged(server: OstiaryServer) -> Iterator[None]:
    before = rows(server)
    assert before["organization"]
    yield
    assert rows(server) == before


METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "FOO", "PROPFIND"])
PATH_TEXT = st.text(st.sampled_from("abz09/.-_~%2F%00%ff%c0%af;:@!$&'()*+,="), max_size=40)
QUERY = st.text(st.sampled_from("ab=&%2500%ff+;/?[]{}<>\"'"), max_size=60).map(lambda text: text.replace(" ", ""))
HEADER_TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Authorization",
            "Content-Type",
            "Cookie",
            "Origin",
            "Sec-Fetch-Site",
            "X-Amz-Target",
            "X-Amz-Date",
            "X-Amz-Security-Token",
            "X-Amz-Content-Sha256",
            "X-Forwarded-For",
            "X-Forwarded-Proto",
            "X-Forwarded-Host",
            "Forwarded",
            "Accept",
            "Accept-Language",
            "Range",
            "If-None-Match",
            "DPoP",
        ]
    ),
    HEADER_TEXT,
    max_size=4,
)
JSON_VALUES: st.SearchStrategy[object] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.one_of(
    st.binary(max_size=300),
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
    st.dictionaries(st.text(max_size=12), st.text(max_size=30), max_size=5).map(
        lambda form: "&".join(f"{name}={value}" for name, value in form.items()).encode("utf-8", "replace")
    ),
)


def _no_fault(answer: Answer) -> None:
    assert answer.status < 500, answer
    assert b"Traceback" not in answer.body
    assert b"/site-packages/" not in answer.body


@pytest.mark.usefixtures("unchanged")
@BOUNDED
@given(method=METHODS, path=PATH_TEXT, query=QUERY, headers=HEADERS, body=BODIES)
def test_the_aws_door_answers_anything_in_an_aws_form(
    server: OstiaryServer, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    answer = ask(server, method, f"/aws/{path}?{query}", body=body, headers=headers)
    _no_fault(answer)
    assert 400 <= answer.status < 500
    if method != "HEAD" and answer.body:
        assert answer.body.startswith(b"<ErrorResponse ") or "__type" in json.loads(answer.body) or answer.status == 400


OPERATIONS = {
    "secretsmanager": ["CreateSecret", "GetSecretValue", "ListSecrets", "TagResource", "DeleteSecret", "NoSuch"],
    "CloudTrail_20131101": ["LookupEvents", "DeleteTrail"],
}
TARGETS = [f"{service}.{name}" for service, names in OPERATIONS.items() for name in names]


@pytest.mark.usefixtures("unchanged")
@BOUNDED
@given(target=st.sampled_from(TARGETS), value=JSON_VALUES, cut=st.integers(min_value=0, max_value=3))
def test_a_json_operation_answers_any_value_in_its_form(
    server: OstiaryServer, target: str, value: object, cut: int
) -> None:
    body = json.dumps(value).encode()
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    answer = ask(server, "POST", "/aws", body=body[: len(body) - cut], headers=headers)
    _no_fault(answer)
    assert json.loads(answer.body)["__type"]


@pytest.mark.usefixtures("unchanged")
@BOUNDED
@given(
    action=st.sampled_from(["AssumeRole", "AssumeRoleWithWebIdentity", "GetCallerIdentity", "NoSuch", ""]),
    form=st.dictionaries(
        st.sampled_from(
            ["RoleArn", "RoleSessionName", "WebIdentityToken", "DurationSeconds", "Tags.member.1.Key", "X"]
        ),
        st.text(max_size=40),
        max_size=6,
    ),
)
def test_a_query_operation_answers_any_form_in_xml(server: OstiaryServer, action: str, form: Mapping[str, str]) -> None:
    body = httpx.QueryParams({"Action": action, "Version": "2011-06-15", **form}).__str__().encode()
    answer = ask(server, "POST", "/aws", body=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    _no_fault(answer)
    assert answer.body.startswith(b"<ErrorResponse ")


@pytest.mark.usefixtures("unchanged")
@BOUNDED
@given(
    method=METHODS,
    path=st.sampled_from(["token", "authorize", "userinfo", "revoke", "introspect", "logout", "jwks", "x", ""]),
    query=QUERY,
    headers=HEADERS,
    body=BODIES,
)
def test_the_applications_door_never_fails(
    server: OstiaryServer, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    answer = ask(server, method, f"/oauth2/{path}?{query}", body=body, headers=headers)
    _no_fault(answer)
    assert answer.status not in {201, 204} or method == "OPTIONS"


@pytest.mark.usefixtures("unchanged")
@BOUNDED
@given(
    method=METHODS,
    path=st.sampled_from(["signin", "signin/code", "enroll/oste_x", "account", "account/sessions", "signout", ""])
    | PATH_TEXT,
    query=QUERY,
    headers=HEADERS,
    body=BODIES,
)
def test_the_pages_never_fail(
    server: OstiaryServer, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> None:
    answer = ask(server, method, f"/{path}?{query}", body=body, headers=headers)
    _no_fault(answer)


@pytest.mark.parametrize("path", ["/aws", "/oauth2/token", "/signin"])
def test_a_body_that_is_too_long_is_refused(server: OstiaryServer, path: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    answer = httpx.post(f"{server.base_url}{path}", content=b"a" * (3 << 20), headers=form, trust_env=False)
    assert 400 <= answer.status_code < 500


def test_header_values_from_a_stranger_never_become_headers_of_an_answer(server: OstiaryServer) -> None:
    for target in (
        "/signin?return_to=%0d%0aSet-Cookie:%20a=b",
        "/%0d%0aSet-Cookie:%20a=b",
        "/oauth2/authorize?client_id=a&redirect_uri=https://e.example/%0d%0aX-Injected:1&state=%0d%0aX-Injected:1",
        "/aws?Action=%0d%0aX-Injected:1",
    ):
        answer = ask(server, "GET", target)
        assert "x-injected" not in {name.lower() for name in answer.headers}
        assert not answer.headers.get("set-cookie", "").startswith("a=b")


# --- below HTTP ------------------------------------------------------------------------------------------------------


def send(server: OstiaryServer, data: bytes, *, seconds: float = 10) -> bytes:
    """Everything that comes back until the server closes or is silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as connection:
        received = b""
        try:
            connection.sendall(data)
            connection.settimeout(1.0)
            while part := connection.recv(65_536):
                received += part
        except (TimeoutError, ConnectionError):
            pass
        return received


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
FRAMINGS = {
    "two different lengths": b"Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + SMUGGLED,
    "a list of lengths": b"Content-Length: 0, 44\r\n\r\n" + SMUGGLED,
    "a length with a sign": b"Content-Length: +0\r\n\r\n" + SMUGGLED,
    "a length with a space before the colon": b"Content-Length : 0\r\n\r\n" + SMUGGLED,
    "a length and chunks": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks that are none": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks that do not come last": b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + SMUGGLED,
    "chunks of a wrong size": b"Transfer-Encoding: chunked\r\n\r\nz\r\n\r\n" + SMUGGLED,
    "a folded header": b"X-A: b\r\n Content-Length: 44\r\nContent-Length: 0\r\n\r\n" + SMUGGLED,
}


@pytest.mark.parametrize("what", FRAMINGS)
@pytest.mark.parametrize("path", [b"/aws", b"/oauth2/token"])
def test_a_request_whose_end_can_be_read_in_two_ways_hides_no_other(
    server: OstiaryServer, path: bytes, what: str
) -> None:
    received = send(server, b"POST " + path + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n" + FRAMINGS[what])
    assert b'"alive"' not in received, received
    assert received.startswith(b"HTTP/1.1 4"), received


def test_chunks_without_a_length_are_refused_where_nothing_vouches_for_the_whole(server: OstiaryServer) -> None:
    chunks = b"Transfer-Encoding: chunked\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n1\r\na\r\n0\r\n\r\n"
    received = send(server, b"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\n" + chunks)
    assert received.startswith(b"HTTP/1.1 411 "), received


def test_a_body_cut_short_is_not_taken_for_the_whole(server: OstiaryServer) -> None:
    head = b"POST /oauth2/token HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60\r\n"
    form = b"Content-Type: application/x-www-form-urlencoded\r\n\r\ngrant_type=client_credentials"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head + form)
        connection.shutdown(socket.SHUT_WR)
        received = connection.recv(65_536)
    assert b"HTTP/1.1 200" not in received
    assert b"HTTP/1.1 5" not in received


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /signin HTTP/1.1\r\n\r\n",
        b"GET /signin HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/signin HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /aws HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_a_host_that_is_not_ours_is_refused(server: OstiaryServer, head: bytes) -> None:
    received = send(server, head)
    assert received.startswith(b"HTTP/1.1 4") or b"/healthz" in head, received
    assert b"evil.example/" not in received


def test_headers_beyond_all_measure_are_refused(server: OstiaryServer) -> None:
    received = send(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: " + b"a" * (4 << 20) + b"\r\n\r\n")
    assert not received.startswith(b"HTTP/1.1 2")
    many = b"".join(b"X-%d: a\r\n" % number for number in range(2000))
    assert not send(server, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n" + many + b"\r\n").startswith(b"HTTP/1.1 2")


def test_bodies_that_never_come_do_not_keep_others_from_being_answered(server: OstiaryServer) -> None:
    """Every thread waits for a body, with and without being asked to continue."""
    with ExitStack() as stalled:
        for number in range(3 * THREADS):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            stalled.enter_context(connection)
            more = b"Expect: 100-continue\r\n" if number % 2 else b""
            connection.sendall(b"POST /aws HTTP/1.1\r\nHost: 127.0.0.1\r\n" + more + b"Content-Length: 100\r\n\r\nab")
        began = time.monotonic()
        answered = 0
        while answered < 5:
            assert time.monotonic() - began < 15, "the server does not answer while bodies are stalled"
            answered += server.is_ready()
    assert server.is_ready()


def test_a_trickled_body_does_not_hold_a_thread_for_ever(server: OstiaryServer) -> None:
    connections = []
    with ExitStack() as stalled:
        for _ in range(THREADS):
            connection = stalled.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            connection.sendall(b"POST /aws HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000\r\n\r\n")
            connections.append(connection)
        ended: set[int] = set()
        deadline = time.monotonic() + 15
        while len(ended) < THREADS // 2:
            assert time.monotonic() < deadline
            for number, connection in enumerate(connections):
                try:
                    connection.sendall(b"a")
                except OSError:
                    ended.add(number)
            time.sleep(0.2)
    assert server.is_ready()
