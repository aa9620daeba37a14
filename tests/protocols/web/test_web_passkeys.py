"""Passkeys as a browser meets them: pages with options, forms with answers, and nothing else that leads in."""

from __future__ import annotations

import base64
import html
import json
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.signin_policy.model import Factor, ScopeKind, SignInPolicy
from parts.software_authenticator import SoftwareAuthenticator
from people_house import ISSUER, PASSWORD, House, code_for
from web_browser import Browser, make_app


def options_on(page: str) -> dict[str, Any]:
    found = re.search(r'data-options="([^"]*)"', page)
    assert found, page
    options: dict[str, Any] = json.loads(html.unescape(found[1]))
    return options


def enrol(house: House, browser: Browser, name: str = "ada") -> SoftwareAuthenticator:
    authenticator = SoftwareAuthenticator(ISSUER)
    link = f"/enroll/{house.invite(name).token.reveal()}"
    page = browser.get(link).text
    done = browser.post(link, {"credential": authenticator.create(options_on(page))})
    assert "You are all set" in done.text
    return authenticator


def sign_in(browser: Browser, authenticator: SoftwareAuthenticator, path: str = "/signin") -> Any:
    page = browser.get(path).text
    return browser.post(path.replace("/signin", "/signin/passkey"), {"credential": authenticator.get(options_on(page))})


def other(browser: Browser) -> Browser:
    return Browser(browser.app)


def test_a_link_a_passkey_and_she_is_in(house: House, browser: Browser) -> None:
    authenticator = enrol(house, browser)
    assert "/account/recovery-codes" in browser.page
    assert "ReadOnly" in browser.get("/").text
    again = other(browser)
    answer = sign_in(again, authenticator)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "ReadOnly" in again.get("/").text


def test_she_goes_on_to_where_she_was_sent_from(house: House, browser: Browser) -> None:
    authenticator = enrol(house, browser)
    wanted = "/oauth2/authorize?client_id=shop"
    answer = sign_in(other(browser), authenticator, "/signin?return_to=%2Foauth2%2Fauthorize%3Fclient_id%3Dshop")
    assert answer.headers["refresh"] == f"0; url={wanted}"


def test_the_options_are_not_kept_and_not_a_script(house: House, browser: Browser) -> None:
    answer = browser.get("/signin/passkey/options")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json["rpId"] == "localhost"


def test_newer_options_are_good_in_the_same_browser(house: House, browser: Browser) -> None:
    authenticator = enrol(house, browser)
    again = other(browser)
    again.get("/signin")
    page = again.page
    options = again.get("/signin/passkey/options").json
    again.page = page
    assert again.post("/signin/passkey", {"credential": authenticator.get(options)}).status_code == 303


def test_an_answer_from_another_browser_is_refused(house: House, browser: Browser) -> None:
    """Whoever lures her into answering his challenge cannot make her browser, or his, signed in by it."""
    authenticator = enrol(house, browser)
    his, hers = other(browser), other(browser)
    given = authenticator.get(options_on(his.get("/signin").text))
    hers.get("/signin")
    answer = hers.post("/signin/passkey", {"credential": given})
    assert answer.status_code == 400
    assert "That passkey did not work" in answer.text
    assert "ostiary_session" not in hers.cookies


def test_a_page_that_was_open_for_too_long_says_so(house: House, browser: Browser) -> None:
    authenticator = enrol(house, browser)
    again = other(browser)
    options = options_on(again.get("/signin").text)
    house.clock.advance(timedelta(minutes=6))
    answer = again.post("/signin/passkey", {"credential": authenticator.get(options)})
    assert "the page was open for too long" in answer.text
    assert 'href="/signin"' in answer.text


def test_nobody_learns_why_and_only_a_removed_one_is_forgotten_by_the_browser(house: House, browser: Browser) -> None:
    authenticator = enrol(house, browser)
    with house.database.read() as tx:
        passkey = tx.credentials.all_passkeys()[0]
    set_status = PersonStatus.DISABLED
    house.database.write(lambda tx: tx.directory.set_person_status(passkey.person_id, set_status))
    disabled = sign_in(other(browser), authenticator)
    assert "data-passkey-signal" not in disabled.text
    house.database.write(lambda tx: tx.credentials.delete_passkey(passkey.factor_id))
    removed = sign_in(other(browser), authenticator)
    signal = re.search(r'data-passkey-signal="([^"]*)"', removed.text)
    assert signal is not None
    told = json.loads(html.unescape(signal[1]))["unknown"]
    assert told["rpId"] == "localhost"
    without_signal = re.sub(r"<div hidden data-passkey-signal.*?</script>\s*", "", removed.text, flags=re.DOTALL)
    squeezed = [re.sub(r'name="csrf" value="[^"]*"|\s', "", text) for text in (disabled.text, without_signal)]
    assert squeezed[0] == squeezed[1]


GARBAGE = ["", "{}", "null", "[" * 3000, '{"id":1}', "\ud7ff" * 20, "x" * 60_000]


@pytest.mark.parametrize("credential", GARBAGE)
def test_garbage_is_a_refusal_at_every_door(house: House, browser: Browser, credential: str) -> None:
    browser.get("/signin")
    assert browser.post("/signin/passkey", {"credential": credential}).status_code == 400
    link = f"/enroll/{house.invite().token.reveal()}"
    browser.get(link)
    answer = browser.post(link, {"credential": credential})
    assert answer.status_code == 400
    # The link is used up, and the session goes on.
    assert "could not be used" in answer.text
    assert browser.post("/enroll/passkey", {"credential": credential}).status_code == 400
    authenticator = SoftwareAuthenticator(ISSUER)
    given = authenticator.create(options_on(browser.page))
    assert "You are all set" in browser.post("/enroll/passkey", {"credential": given}).text


@pytest.mark.parametrize(
    "path", ["/signin/passkey", "/signin/code/passkey", "/signin/confirm/passkey", "/enroll/passkey"]
)
def test_no_form_of_another_site_is_taken(browser: Browser, path: str) -> None:
    browser.get("/signin")
    foreign = browser.post(path, {"credential": "{}"}, Origin="https://evil.example")
    assert foreign.status_code == 403


def test_without_a_session_the_later_steps_lead_to_the_beginning(browser: Browser) -> None:
    browser.get("/signin")
    for path in ("/signin/code/passkey", "/signin/confirm/passkey", "/enroll/passkey", "/account/passkeys/new"):
        assert browser.post(path, {"credential": "{}"}).status_code == 303


def test_a_passkey_is_a_second_step_on_the_page(house: House, browser: Browser) -> None:
    ada = house.enrol()
    browser.get("/signin")
    browser.post("/signin", {"username": "ada", "password": ada.password})
    browser.get("/signin/code")
    browser.post("/signin/code", {"code": ada.next_code()})
    authenticator = SoftwareAuthenticator(ISSUER)
    page = browser.get("/account/passkeys/new").text
    added = browser.post("/account/passkeys/new", {"credential": authenticator.create(options_on(page))})
    assert added.headers["location"] == "/account/factors?done=passkey"
    again = other(browser)
    again.get("/signin")
    again.post("/signin", {"username": "ada", "password": ada.password})
    options = options_on(again.get("/signin/code").text)
    assert len(options["allowCredentials"]) == 1
    answer = again.post("/signin/code/passkey", {"credential": authenticator.get(options)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_adding_one_needs_a_session_that_was_strengthened_lately(house: House, browser: Browser) -> None:
    authenticator = enrol(house, browser)
    options = options_on(browser.get("/account/passkeys/new").text)
    house.clock.advance(timedelta(minutes=4))
    assert "Add a passkey" in browser.get("/account/passkeys/new").text
    house.clock.advance(timedelta(minutes=2))
    stale = browser.get("/account/passkeys/new")
    assert stale.headers["location"].startswith("/signin/confirm?return_to=")
    late = browser.post("/account/passkeys/new", {"credential": SoftwareAuthenticator(ISSUER).create(options)})
    assert late.headers["location"].startswith("/signin/confirm")
    page = browser.get(stale.headers["location"]).text
    target = re.search(r'action="(/signin/confirm/passkey[^"]*)"', page)
    assert target is not None
    given = authenticator.get(options_on(page))
    back = browser.post(html.unescape(target[1]), {"credential": given})
    assert back.status_code in {200, 303}
    assert "Add a passkey" in browser.get("/account/passkeys/new").text


def policy(**said: Any) -> SignInPolicy:
    return SignInPolicy(ScopeKind.DIRECTORY, "workforce", **said)


def test_where_only_passkeys_count_no_password_is_offered(house: House, browser: Browser) -> None:
    house.put_policy(policy(required=AssuranceLevel.PHISHING_RESISTANT))
    link = f"/enroll/{house.invite().token.reveal()}"
    assert "password_url" not in browser.get(link).text
    assert "?with=password" not in browser.get(f"{link}?with=password").text
    answer = browser.post(link, {"new_password": PASSWORD, "repeat_password": PASSWORD})
    assert answer.status_code == 303
    with house.database.read() as tx:
        assert tx.credentials.passwords() == []


def test_where_passkeys_are_not_allowed_the_link_asks_for_a_password(house: House, browser: Browser) -> None:
    house.put_policy(policy(factors=(Factor.PASSWORD, Factor.TOTP)))
    assert "Choose a password" in browser.get(f"/enroll/{house.invite().token.reveal()}").text


def test_at_an_address_without_passkeys_none_is_offered(house: House) -> None:
    numbers = House(house.clock, type(house.services)(_with_issuer(house, "http://127.0.0.1:8000")))
    browser = Browser(make_app(numbers, issuer="http://127.0.0.1:8000"), host="127.0.0.1:8000")
    assert "data-passkey=" not in browser.get("/signin").text
    assert browser.post("/signin/passkey", {"credential": "{}"}).status_code == 400
    assert "Choose a password" in browser.get(f"/enroll/{numbers.invite().token.reveal()}").text


def test_who_came_with_too_little_sees_what_is_missing(house: House, browser: Browser) -> None:
    ada = house.enrol()
    house.put_policy(SignInPolicy(ScopeKind.GROUP, "platform", required=AssuranceLevel.PHISHING_RESISTANT))
    browser.get("/signin")
    browser.post("/signin", {"username": "ada", "password": ada.password})
    browser.get("/signin/code")
    answer = browser.post("/signin/code", {"code": ada.next_code()})
    assert answer.headers["location"] == "/enroll"
    page = browser.get("/enroll").text
    assert "One more step" in page
    assert "Your organization asks for a passkey" in page
    assert "with=password" not in page
    assert browser.get("/").status_code == 303
    given = SoftwareAuthenticator(ISSUER).create(options_on(page))
    assert "You are all set" in browser.post("/enroll/passkey", {"credential": given}).text
    assert "ReadOnly" in browser.get("/").text


def test_a_password_and_an_app_are_the_other_way(house: House, browser: Browser) -> None:
    link = f"/enroll/{house.invite().token.reveal()}"
    assert f"{link}?with=password" in browser.get(link).text
    browser.get(f"{link}?with=password")
    browser.post(link, {"new_password": PASSWORD, "repeat_password": PASSWORD})
    # She may still change her mind, and begin with another app.
    ways = browser.get("/enroll").text
    assert "Create a passkey" in ways
    assert browser.post("/enroll/authenticator/begin").headers["location"] == "/enroll/authenticator"
    key = re.search(r'<code class="key">([A-Z2-7]+)</code>', browser.get("/enroll/authenticator").text)
    assert key is not None
    code = code_for(_secret(key[1]), house.clock.now())
    assert "authenticator app" in browser.post("/enroll/authenticator", {"code": code}).text


def _secret(text: str) -> bytes:
    return base64.b32decode(text + "=" * (-len(text) % 8))


def _with_issuer(house: House, issuer: str) -> Any:
    return replace(house.parts, issuer=issuer)
