"""Does a person get in through a real browser with her link, both factors, and nothing less? And out again?"""

from __future__ import annotations

import base64
import json
import re
import time

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from ostiary.kit.crypto.totp import STEP_SECONDS, code_at
from parts.server import OstiaryServer, StartServer

_PASSWORD = "seven violet drums at noon"
_NAME = "administrator"


class Authenticator:
    """The app on her phone: it never shows a code twice, because the server takes each once."""

    def __init__(self, key: str) -> None:
        self._secret = base64.b32decode(key + "=" * (-len(key) % 8))
        self._last_step = 0

    def code(self) -> str:
        """The next code that was not shown before; the server takes the one of the coming step, too."""
        step = max(int(time.time()) // STEP_SECONDS, self._last_step + 1)
        while step > int(time.time()) // STEP_SECONDS + 1:
            time.sleep(1)
        self._last_step = step
        return code_at(self._secret, step)


def _enrol(page: Page, server: OstiaryServer) -> Authenticator:
    page.goto(server.base_url + server.init["enrolment_path"])
    expect(page.get_by_role("heading", name="Choose a password")).to_be_visible()
    page.get_by_label("New password").fill(_PASSWORD)
    page.get_by_label("The same password again").fill(_PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Set up your authenticator")).to_be_visible()
    assert page.get_by_role("img", name="QR code").is_visible()
    authenticator = Authenticator(page.locator("code.key").text_content() or "")
    page.get_by_label("Six-digit code").fill(authenticator.code())
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="You are all set")).to_be_visible()
    return authenticator


def _give_password(page: Page, server: OstiaryServer, password: str, *, name: str = _NAME) -> None:
    page.goto(f"{server.base_url}/signin")
    page.get_by_label("User name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Continue").click()


def _sign_in(page: Page, server: OstiaryServer, authenticator: Authenticator) -> None:
    _give_password(page, server, _PASSWORD)
    page.get_by_label("Six-digit code").fill(authenticator.code())
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Hello, Administrator")).to_be_visible()


@pytest.fixture
def server(start_server: StartServer, journey_database: str | None) -> OstiaryServer:
    return start_server(development=True, database_url=journey_database)


def test_a_person_enrols_signs_in_looks_around_and_signs_out(page: Page, server: OstiaryServer) -> None:
    messages: list[str] = []
    page.on("console", lambda message: messages.append(message.text))
    authenticator = _enrol(page, server)
    page.get_by_role("link", name="Go to the portal").click()
    expect(page.get_by_role("heading", name="AdministratorAccess")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    page.goto(server.base_url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    _sign_in(page, server, authenticator)
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_text("Authenticator app")).to_be_visible()
    page.get_by_role("link", name="Sessions", exact=True).click()
    expect(page.get_by_text("This browser")).to_be_visible()
    page.get_by_role("link", name="Portal").click()
    page.get_by_role("button", name="Get credentials").click()
    expect(page.get_by_role("heading", name="Temporary credentials")).to_be_visible()
    credentials = json.loads(page.get_by_label("As JSON").input_value())
    assert credentials["AccessKeyId"].startswith("ASIA")
    assert messages == [], "the browser complained"


def test_an_enrolment_link_works_once(page: Page, server: OstiaryServer) -> None:
    link = server.base_url + server.init["enrolment_path"]
    page.goto(link)
    page.goto(link)  # looking does not use it up
    _enrol(page, server)
    answer = page.goto(link)
    assert answer is not None
    assert answer.status == 410
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()


def test_a_password_alone_gives_nothing_and_guessing_is_slowed_down(page: Page, server: OstiaryServer) -> None:
    _enrol(page, server)
    page.context.clear_cookies()
    _give_password(page, server, _PASSWORD)
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    for path in ("/", "/account", "/account/sessions"):
        page.goto(server.base_url + path)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    for _ in range(5):
        _give_password(page, server, "not her password")
        expect(page.get_by_text("The user name or the password is wrong.").first).to_be_visible()
    for _ in range(60):  # the first pauses last a second or two, which a loaded machine takes for one guess
        _give_password(page, server, "not her password")
        expect(page.get_by_role("heading", name=re.compile("There is a problem|Please wait a moment"))).to_be_visible()
        pause = re.search(r"([0-9]+) seconds", page.locator("main").inner_text())
        if pause is not None and int(pause[1]) > 5:
            break
    _give_password(page, server, _PASSWORD)
    expect(page.get_by_role("heading", name="Please wait a moment")).to_be_visible()


def test_a_session_is_ended_from_another_browser(browser: Browser, page: Page, server: OstiaryServer) -> None:
    authenticator = _enrol(page, server)
    other = browser.new_context()
    try:
        there = other.new_page()
        _sign_in(there, server, authenticator)
        there.goto(f"{server.base_url}/account/sessions")
        there.get_by_role("button", name="Sign out everywhere else").click()
        expect(there.get_by_role("button", name="Sign out everywhere else")).to_have_count(0)
        page.goto(server.base_url)
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        there.goto(server.base_url)
        expect(there.get_by_role("heading", name="Hello, Administrator")).to_be_visible()
    finally:
        other.close()


def test_a_form_on_another_site_cannot_sign_her_out(page: Page, server: OstiaryServer) -> None:
    _enrol(page, server)
    evil = server.base_url.replace("127.0.0.1", "localhost")
    page.route(f"{evil}/evil", lambda route: route.fulfill(content_type="text/html", body=_form(server)))
    page.goto(f"{evil}/evil")
    with page.expect_navigation():
        page.get_by_role("button").click()
    expect(page.get_by_role("heading", name="This is not open to you")).to_be_visible()
    page.goto(server.base_url)
    expect(page.get_by_role("heading", name="Hello, Administrator")).to_be_visible()


def _form(server: OstiaryServer) -> str:
    return f'<form method="post" action="{server.base_url}/signout"><button>You have won</button></form>'


def test_nothing_that_was_typed_or_shown_is_in_the_log(page: Page, server: OstiaryServer) -> None:
    authenticator = _enrol(page, server)
    _sign_in(page, server, authenticator)
    token = server.init["enrolment_path"].rpartition("/")[2]
    cookies = [cookie.get("value", "") for cookie in page.context.cookies()]
    httpx.get(f"{server.base_url}/enroll/{token}", trust_env=False)
    log = server.log.read_text()
    for secret in (_PASSWORD, token, *cookies):
        assert secret not in log
