"""Does a person sign in at a terminal, with her browser or with a code, and does it end when she says so?"""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from ostiary.cli.remote.kept import CredentialStore, SignIn, Tokens
from ostiary.domain.audit.caller import Door, Origin
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin_policy.index import load_signin_policies
from ostiary.storage.engine import open_database
from ostiary.storage.transaction import Transaction
from parts.processes import free_port
from parts.server import CommandResult, OstiaryServer, prepare_server, start_on_a_free_port
from parts.terminal import Terminal, browser_that_notes, wait_for

_NAME = "administrator"


def _open_session(tx: Transaction) -> Opened:
    """What signing in with both factors ends with; how that goes is another journey's story."""
    person = tx.directory.person_by_user_name(_NAME)
    assert person is not None
    tx.directory.set_person_status(person.person_id, PersonStatus.ACTIVE)
    return open_session(
        tx,
        person,
        SessionLevel.FULL,
        rules=load_signin_policies(tx).rules_for(person),
        methods=("pwd", "otp", "mfa"),
        origin=Origin(Door.WEB, source_ip="127.0.0.1"),
        now=datetime.now(UTC),
    )


def _sign_in(context: BrowserContext, server: OstiaryServer) -> Page:
    database = open_database(f"sqlite:///{server.data_dir}/ostiary.db")
    try:
        token = database.write(_open_session).token.reveal()
    finally:
        database.close()
    context.add_cookies([{"name": "ostiary_session", "value": token, "url": server.base_url}])
    return context.new_page()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OstiaryServer]:
    """One for all: each test signs in for itself."""
    made = prepare_server(tmp_path_factory.mktemp("command-line") / "data", options=("--development",))
    start_on_a_free_port(made)
    yield made
    made.close()


def _kept(terminal: Terminal, server: OstiaryServer) -> dict[str, Any]:
    tokens: dict[str, Any] = json.loads(terminal.credentials.read_text())["servers"][server.base_url]["tokens"]
    return tokens


def _assert_silent_about(tokens: Mapping[str, Any], *results: CommandResult) -> None:
    for result in results:
        for secret in (tokens["access_token"], tokens["refresh_token"]):
            assert secret not in result.out + result.err


def _renew(server: OstiaryServer, refresh_token: str) -> httpx.Response:
    fields = {"grant_type": "refresh_token", "client_id": "ostiary-cli", "refresh_token": refresh_token}
    return httpx.post(f"{server.base_url}/oauth2/token", data=fields, trust_env=False)


def test_a_person_signs_in_with_her_browser_looks_who_she_is_and_signs_out(
    browser: Browser, server: OstiaryServer, tmp_path: Path
) -> None:
    program, noted = browser_that_notes(tmp_path)
    terminal = Terminal(tmp_path / "home", program)
    with browser.new_context() as context, terminal.running("login", "--server", server.base_url) as login:
        page = _sign_in(context, server)
        address = wait_for(noted)
        redirect_uri = parse_qs(urlsplit(address).query)["redirect_uri"][0]
        forged = urlencode({"code": "osta_1", "state": "guessed", "iss": server.base_url})
        assert httpx.get(f"{redirect_uri}?{forged}", trust_env=False).status_code == 400
        messages: list[str] = []
        page.on("console", lambda message: messages.append(message.text))
        page.goto(address)
        expect(page.get_by_role("heading", name="Allow Ostiary command line?")).to_be_visible()
        page.get_by_role("button", name="Allow", exact=True).click()
        expect(page.get_by_role("heading", name="Done")).to_be_visible()
        signed_in = login.wait()
        assert messages == [], "the browser complained"
    assert signed_in.code == 0, signed_in.err
    assert f"signed in at {server.base_url} as Administrator (administrator)" in signed_in.out
    assert "password and authenticator app" in signed_in.out
    assert stat.S_IMODE(terminal.state.stat().st_mode) == 0o700
    assert stat.S_IMODE(terminal.credentials.stat().st_mode) == 0o600
    first = _kept(terminal, server)

    shown = terminal.run("whoami")
    assert "Administrator (administrator) at" in shown.out, shown.err
    _make_due(terminal, server)
    told = terminal.run("whoami", "--json")
    assert told.json()["methods"] == ["pwd", "otp", "mfa"]
    second = _kept(terminal, server)
    assert second["refresh_token"] != first["refresh_token"], "it was due, so it was renewed"
    _assert_silent_about(first, signed_in, shown, told)
    _assert_silent_about(second, signed_in, shown, told)

    out = terminal.run("logout")
    assert (out.code, out.out) == (0, f"You are signed out of {server.base_url}\n")
    assert second["refresh_token"] not in terminal.credentials.read_text()
    assert _renew(server, second["refresh_token"]).json()["error"] == "invalid_grant"
    assert terminal.run("whoami", "--server", server.base_url).code == 2


def _make_due(terminal: Terminal, server: OstiaryServer) -> None:
    kept = json.loads(terminal.credentials.read_text())
    kept["servers"][server.base_url]["tokens"]["access_expires_at"] = 0
    terminal.credentials.write_text(json.dumps(kept))


def test_a_person_signs_in_with_a_code_from_a_machine_without_a_browser(
    browser: Browser, server: OstiaryServer, tmp_path: Path
) -> None:
    terminal = Terminal(tmp_path / "home")
    with browser.new_context() as context, terminal.running("login", "--server", server.base_url) as login:
        page = _sign_in(context, server)
        code = login.read_until(r"type the code\s+([A-Z]{4}-[A-Z]{4})")[1]
        login.read_until("█|▄|▀")  # the QR code
        login.read_until("Waiting for your yes")
        page.goto(f"{server.base_url}/device")
        page.get_by_label("Code").fill(code.lower())
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_role("heading", name="Is this your device?")).to_be_visible()
        expect(page.get_by_text(code)).to_be_visible()
        expect(page.get_by_text("ostiary-cli/")).to_be_visible()
        expect(page.get_by_text("your network", exact=True)).to_be_visible()
        page.get_by_role("button", name="Yes, sign in this device").click()
        expect(page.get_by_role("heading", name="Your device is signed in")).to_be_visible()
        signed_in = login.wait()
        assert signed_in.code == 0, signed_in.err
        tokens = _kept(terminal, server)
        _assert_silent_about(tokens, signed_in)
        assert "administrator" in terminal.run("whoami").out

        page.goto(server.base_url)
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
        ended = terminal.run("whoami")
        assert ended.code == 2
        assert "ostiary login" in ended.err
        assert tokens["refresh_token"] not in terminal.credentials.read_text()
        _say_no(_sign_in(context, server), server, terminal)


def _say_no(page: Page, server: OstiaryServer, terminal: Terminal) -> None:
    with terminal.running("login", "--json", "--server", server.base_url) as login:
        code = login.read_until(r"type the code\s+([A-Z]{4}-[A-Z]{4})")[1]
        page.goto(f"{server.base_url}/device?user_code={code}")
        page.get_by_role("button", name="No, stop it").click()
        expect(page.get_by_role("heading", name="The device gets nothing")).to_be_visible()
        refused = login.wait()
    assert refused.code == 2
    assert refused.json() == {"error": "the person said no on the sign-in page"}


def test_signing_out_works_without_the_server_and_says_what_is_left_to_do(tmp_path: Path) -> None:
    terminal, address = Terminal(tmp_path / "home"), f"http://127.0.0.1:{free_port()}"
    store = CredentialStore(terminal.state, None)
    store.put(SignIn(address, "p", "ada", "Ada", ("pwd",), 1), Tokens("access", 0, "refresh"))
    out = terminal.run("logout")
    assert out.code == 0
    assert "signed out" in out.out
    assert "/account/sessions" in out.err
    assert "refresh" not in terminal.credentials.read_text()
