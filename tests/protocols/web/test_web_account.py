"""The pages on which a person manages what is hers, without script, and what is tried against them."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.protocols.web.routes import ROUTES
from ostiary.protocols.web.visit import Route
from people_house import PASSWORD, Enrolled, House, code_for
from web_browser import Browser, make_app, sign_in

_NEW = "seven purple umbrellas dancing"
_NASTY = """<script>alert(1)</script>"'&{{7*7}}"""
_FRESH = sorted({route.path for route in ROUTES if route.fresh and route.method == "GET" and "{" not in route.path})


@pytest.fixture
def ada(house: House, browser: Browser) -> Enrolled:
    house.keys.value = replace(house.keys.value, password_cost=PasswordCost(64, 1))
    enrolled = house.enrol()
    sign_in(browser, enrolled)
    return enrolled


def _add_authenticator(house: House, browser: Browser, name: str = "My phone") -> None:
    browser.get("/account/authenticators/new")
    page = browser.post("/account/authenticators/new", {"name": name}).headers["location"]
    key = re.search(r'<code class="key">([A-Z2-7]+)</code>', browser.get(page).text)
    assert key
    secret = base64.b32decode(key[1])
    answer = browser.post(page, {"code": code_for(secret, house.clock.now())})
    assert answer.headers["location"] == "/account/factors?done=authenticator", answer.text
    assert browser.get("/account/factors?done=authenticator").status_code == 200


def _removals(page: str) -> list[str]:
    return re.findall(r'href="(/account/factors/[^"]+/remove)"', page)


def test_she_adds_renames_and_removes_an_authenticator_by_plain_pages(
    house: House, browser: Browser, ada: Enrolled
) -> None:
    assert ada.name == "ada"
    assert _removals(browser.get("/account/factors").text) == []
    _add_authenticator(house, browser)
    assert "My phone" in browser.page
    renaming = re.findall(r'href="(/account/factors/[^"]+/rename)"', browser.page)[-1]
    browser.get(renaming)
    assert browser.post(renaming, {"name": "Blue"}).headers["location"] == "/account/factors?done=renamed"
    removal = _removals(browser.get("/account/factors").text)[-1]
    assert "Remove Blue?" in browser.get(removal).text
    before = dict(browser.cookies)
    assert browser.post(removal).headers["location"] == "/account/factors?done=removed"
    assert browser.cookies != before
    page = browser.get("/account/factors").text
    assert "Blue" not in page
    assert _removals(page) == []


def test_the_last_way_is_kept_with_a_clear_sentence(house: House, browser: Browser, ada: Enrolled) -> None:
    _add_authenticator(house, browser)
    first, second = _removals(browser.get("/account/factors").text)
    browser.get(first)
    browser.post(first)
    browser.get(second)
    answer = browser.post(second)
    assert (answer.status_code, ada.name) == (409, "ada")
    assert "last way by which you can sign in" in answer.text


def test_markup_in_a_name_is_shown_as_text(house: House, browser: Browser, ada: Enrolled) -> None:
    _add_authenticator(house, browser, _NASTY)
    pages = ["/account/factors", *_removals(browser.page), "/account/activity", "/account"]
    shown = [browser.get(path).text for path in pages]
    assert all("<script>alert" not in page for page in shown)
    assert "&lt;script&gt;" in shown[0]
    assert ada.name == "ada"


def test_changing_the_password_asks_for_the_present_one(browser: Browser, ada: Enrolled) -> None:
    fields = {"new_password": _NEW, "repeat_password": _NEW}
    browser.get("/account/password")
    wrong = browser.post("/account/password", fields | {"present_password": "wrong"})
    assert (wrong.status_code, "not your present password" in wrong.text) == (400, True)
    without = browser.post("/account/password", fields)
    assert without.status_code == 400
    weak = {"present_password": PASSWORD, "new_password": "password1", "repeat_password": "password1"}
    assert "common password" in browser.post("/account/password", weak).text
    good = browser.post("/account/password", fields | {"present_password": PASSWORD, "person_id": "x", "level": "full"})
    assert good.headers["location"] == "/account/factors?done=password"
    assert "signed out everywhere else" in browser.get(good.headers["location"]).text
    sign_in(Browser(browser.app), replace(ada, password=_NEW))


def test_recovery_codes_are_shown_once(browser: Browser, ada: Enrolled) -> None:
    assert "no recovery codes yet" in browser.get("/account/recovery-codes").text
    shown = browser.post("/account/recovery-codes")
    codes = re.findall(r"<li><code>([0-9A-Z-]{23})</code></li>", shown.text)
    assert len(codes) == 10
    assert shown.headers["cache-control"] == "no-store"
    later = browser.get("/account/recovery-codes").text
    assert "10 codes" in later
    assert codes[0] not in later
    assert "10 codes left" in browser.get("/account").text
    assert ada.name == "ada"


@pytest.mark.parametrize("path", _FRESH)
def test_what_matters_is_asked_again_after_five_minutes(
    house: House, browser: Browser, ada: Enrolled, path: str
) -> None:
    assert browser.get(path).status_code == 200
    house.clock.advance(timedelta(minutes=5))
    answer = browser.get(path)
    assert (answer.status_code, ada.name) == (303, "ada")
    assert answer.headers["location"].startswith("/signin/confirm?")


def test_a_stale_session_changes_nothing(house: House, browser: Browser, ada: Enrolled) -> None:
    browser.get("/account/password")
    house.clock.advance(timedelta(minutes=6))
    fields = {"present_password": PASSWORD, "new_password": _NEW, "repeat_password": _NEW}
    for path, sent in (("/account/password", fields), ("/account/recovery-codes", {}), ("/account/data", {})):
        assert browser.post(path, sent).headers["location"].startswith("/signin/confirm?")
    assert house.events("MakeRecoveryCodes") == []
    assert house.events("DownloadOwnData") == []
    sign_in(Browser(browser.app), ada)


@pytest.mark.parametrize(
    "route", [r for r in ROUTES if r.method == "POST" and r.path.startswith("/account")], ids=lambda r: r.path
)
def test_no_form_is_taken_without_its_token_or_from_elsewhere(
    house: House, browser: Browser, ada: Enrolled, route: Route
) -> None:
    path = re.sub(r"\{[^}]+\}", "x", route.path)
    count = len(house.events())
    assert browser.raw_post(path, b"csrf=wrong", Origin=browser.origin, Sec_Fetch_Site="same-origin").status_code == 403
    assert browser.raw_post(path, b"", Origin="https://evil.example", Sec_Fetch_Site="cross-site").status_code == 403
    assert len(house.events()) == count
    assert ada.name == "ada"


def test_another_persons_factor_is_not_there(house: House, browser: Browser, ada: Enrolled) -> None:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name(ada.name)
        assert person is not None
        (factor,) = tx.credentials.totp_factors(person.person_id)
    eve = Browser(make_app(house))
    sign_in(eve, house.enrol("eve"))
    for path in (f"/account/factors/{factor.factor_id}/remove", f"/account/factors/{factor.factor_id}/rename"):
        assert eve.get(path).status_code == 404
        eve.get("/account/password")
        assert eve.post(path, {"name": "mine"}).status_code == 404
    assert eve.get(f"/account/authenticators/{factor.factor_id}").status_code == 410


def test_signing_out_everywhere_ends_this_browser_too(browser: Browser, ada: Enrolled) -> None:
    other = Browser(browser.app)
    sign_in(other, ada)
    browser.get("/account/sessions")
    assert browser.post("/account/sessions/end-all").headers["location"] == "/signin"
    assert browser.get("/").status_code == other.get("/").status_code == 303


def test_activity_shows_what_she_did_and_leads_to_saying_that_it_was_not_she(
    house: House, browser: Browser, ada: Enrolled
) -> None:
    page = browser.get("/account/activity").text
    assert "Signed in" in page
    assert "Firefox on Linux" in page
    answer = browser.post("/account/activity/not-me")
    assert answer.headers["location"].startswith("http://localhost:8000/not-me/")
    for bad in ("x", "-1", "1e9", "9" * 30, "%00", "1&before=2"):
        assert browser.get(f"/account/activity?before={bad}").status_code == 400
    assert browser.get("/account/activity?before=0").status_code == 200
    assert (ada.name, house.events("DisownSignIn")) == ("ada", [])


def test_her_data_comes_as_a_file(browser: Browser, ada: Enrolled) -> None:
    browser.get("/account/data")
    answer = browser.post("/account/data")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["cache-control"] == "no-store"
    assert json.loads(answer.text)["profile"]["userName"] == ada.name


def test_applications_without_access_are_none(browser: Browser, ada: Enrolled) -> None:
    assert "No application has access" in browser.get("/account/applications").text
    assert browser.post("/account/applications/revoke", {"client_id": ada.name}).status_code == 404
