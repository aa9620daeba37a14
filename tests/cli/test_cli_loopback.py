"""Does the port on which the terminal waits take the one right answer, and nothing else?"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest

from ostiary.cli.remote.errors import SignInFailed
from ostiary.cli.remote.loopback import Expected, Loopback, listening

ISSUER = "https://id.example.org"
STATE = "the-state-of-this-request"
RIGHT = {"code": "osta_1", "state": STATE, "iss": ISSUER}


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with listening(Expected(STATE, ISSUER)) as waiting:
        yield waiting


def _knock(loopback: Loopback, query: str | dict[str, str], **headers: str) -> httpx.Response:
    text = query if isinstance(query, str) else urlencode(query)
    return httpx.get(f"{loopback.redirect_uri}?{text}", headers=headers, trust_env=False, timeout=5)


def test_the_right_answer_is_taken_and_the_browser_gets_a_page_that_can_do_nothing(loopback: Loopback) -> None:
    answer = _knock(loopback, RIGHT)
    assert answer.status_code == 200
    assert "You can close this window" in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert loopback.wait(1) == RIGHT


@pytest.mark.parametrize(
    "wrong",
    [
        {**RIGHT, "state": "another"},
        {**RIGHT, "state": STATE + "1"},
        {**RIGHT, "iss": "https://evil.example.org"},
        {"code": "osta_1", "state": STATE},
        {"code": "osta_1", "iss": ISSUER},
        {},
        urlencode(RIGHT) + "&code=osta_2",
        f"state=%00&iss={ISSUER}&code=1",
        f"state=%ED%A0%80&iss={ISSUER}&code=1",
    ],
)
def test_a_wrong_answer_is_refused_and_the_right_one_is_still_taken(
    loopback: Loopback, wrong: str | dict[str, str]
) -> None:
    assert _knock(loopback, wrong).status_code == 400
    with pytest.raises(SignInFailed):
        loopback.wait(0.01)
    assert _knock(loopback, RIGHT).status_code == 200
    assert loopback.wait(1)["code"] == "osta_1"


def test_a_second_answer_is_not_taken(loopback: Loopback) -> None:
    assert _knock(loopback, RIGHT).status_code == 200
    assert _knock(loopback, {**RIGHT, "code": "osta_2"}).status_code == 409
    assert loopback.wait(1)["code"] == "osta_1"
    with pytest.raises(SignInFailed):
        loopback.wait(0.01)


def test_a_name_that_was_bent_to_this_machine_is_not_answered(loopback: Loopback) -> None:
    assert _knock(loopback, RIGHT, Host="evil.example.org").status_code == 404
    with pytest.raises(SignInFailed):
        loopback.wait(0.01)


def test_another_path_has_nothing(loopback: Loopback) -> None:
    address = loopback.redirect_uri.replace("/callback", "/favicon.ico")
    assert httpx.get(address, trust_env=False).status_code == 404


def test_a_silent_connection_does_not_keep_the_answer_waiting(loopback: Loopback) -> None:
    port = int(loopback.redirect_uri.split(":")[2].partition("/")[0])
    with socket.create_connection(("127.0.0.1", port)):
        began = time.monotonic()
        assert _knock(loopback, RIGHT).status_code == 200
        assert time.monotonic() - began < 2


def test_only_this_machine_can_knock(loopback: Loopback) -> None:
    assert loopback.redirect_uri.startswith("http://127.0.0.1:")


def test_the_port_is_closed_afterwards() -> None:
    with listening(Expected(STATE, ISSUER)) as waiting:
        address = waiting.redirect_uri
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, trust_env=False)


def test_nothing_of_the_answer_is_written_to_the_terminal(
    loopback: Loopback, capfd: pytest.CaptureFixture[str]
) -> None:
    _knock(loopback, RIGHT)
    assert capfd.readouterr() == ("", "")
