"""Do the pages of recovery, help, registration and farewell lead where they should, and tell strangers nothing?"""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from falcon.testing import Result

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import PersonKind, PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin_policy.model import Registration
from people_house import PASSWORD, Enrolled, House
from recovery_house import CONSUMERS, NEW_PASSWORD, RecoveryHouse
from web_browser import Browser, make_app, sign_in


@pytest.fixture
def recovery(house: House) -> RecoveryHouse:
    return RecoveryHouse(house)


def ask(browser: Browser, typed: str) -> Result:
    browser.get("/recover")
    return browser.post("/recover", {"username": typed})


def register(browser: Browser, **more: str) -> Result:
    browser.get("/register/consumers")
    fields = {"email": "mia@example.net", "display_name": "Mia Sato", "terms": "2026-01", **more}
    return browser.post("/register/consumers", fields)


def follow(browser: Browser, recovery: RecoveryHouse, kind: MailKind, path: str, name: str = "link") -> Result:
    """Open the mailed page, as scanners do, and only then press its button."""
    page = f"{path}/{recovery.link(kind, name)}"
    for _ in range(2):
        assert browser.get(page).status_code == 200
    return browser.post(page)


def consumer(browser: Browser, recovery: RecoveryHouse) -> None:
    """Mia, signed in."""
    recovery.add_consumers()
    register(browser)
    assert follow(browser, recovery, MailKind.VERIFY_EMAIL, "/register/link").headers["location"] == "/enroll"
    browser.get("/enroll")
    browser.get("/enroll/password")
    answer = browser.post("/enroll/password", {"new_password": NEW_PASSWORD, "repeat_password": NEW_PASSWORD})
    assert answer.status_code == 303, answer.text


def without_tokens(page: str) -> str:
    return re.sub(r'name="csrf" value="[^"]*"', "", page)


def test_the_whole_way_back_with_a_code(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    assert ask(browser, "ada").status_code == 200
    assert follow(browser, recovery, MailKind.RECOVERY, "/recover").headers["location"] == "/recover/prove"
    assert browser.get("/recover/choose").headers["location"] == "/recover/prove"
    assert "Six-digit code" in browser.get("/recover/prove").text
    house.clock.advance(timedelta(seconds=30))
    assert browser.post("/recover/prove/code", {"code": "000000"}).status_code == 400
    assert browser.post("/recover/prove/code", {"code": ada.code()}).headers["location"] == "/recover/choose"
    browser.get("/recover/choose")
    bad = browser.post("/recover/choose/password", {"new_password": "short", "repeat_password": "short"})
    assert bad.status_code == 400
    done = browser.post("/recover/choose/password", {"new_password": NEW_PASSWORD, "repeat_password": NEW_PASSWORD})
    assert done.status_code == 200
    assert browser.get("/account").status_code == 303
    assert sign_in(browser, replace(ada, password=NEW_PASSWORD)).status_code == 303
    assert browser.get("/account").status_code == 200


def test_who_sets_up_anew_is_not_greeted_as_somebody_new(
    browser: Browser, house: House, recovery: RecoveryHouse
) -> None:
    ada = house.enrol()
    ask(browser, "ada")
    follow(browser, recovery, MailKind.RECOVERY, "/recover")
    house.clock.advance(timedelta(seconds=30))
    browser.get("/recover/prove")
    browser.post("/recover/prove/code", {"code": ada.code()})
    browser.get("/recover/choose")
    answer = browser.post("/recover/choose/enrolment")
    assert answer.headers["location"] == "/enroll", answer.text
    page = browser.get("/enroll").text
    assert "Set up your sign-in again" in page
    assert "Welcome" not in page + browser.get("/enroll/password").text


def test_answers_for_known_and_unknown_names_are_the_same(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    seen = []
    for typed in ("ada", "nobody", "ada@example.com", "nobody@example.com"):
        browser = Browser(make_app(house), address="198.51.100.7")
        answer = ask(browser, typed)
        shown = {name: value for name, value in answer.headers.items() if name not in {"x-request-id", "date"}}
        seen.append((answer.status_code, without_tokens(answer.text), sorted(shown), sorted(browser.cookies)))
    assert all(one == seen[0] for one in seen)


def test_answers_for_free_and_taken_addresses_are_the_same(house: House, recovery: RecoveryHouse) -> None:
    recovery.add_consumers()
    house.enrol()
    seen = []
    for email in ("ada@example.com", "mia@example.net"):
        browser = Browser(make_app(house))
        answer = register(browser, email=email)
        seen.append((answer.status_code, without_tokens(answer.text), sorted(browser.cookies)))
    assert seen[0] == seen[1]
    assert recovery.count(MailKind.VERIFY_EMAIL) == recovery.count(MailKind.ALREADY_REGISTERED) == 1


def test_a_session_of_recovery_opens_no_other_page(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    ask(browser, "ada")
    follow(browser, recovery, MailKind.RECOVERY, "/recover")
    for path in (
        "/",
        "/account",
        "/account/sessions",
        "/account/delete",
        "/assist",
        "/enroll",
        "/signin/code",
        "/terms",
    ):
        answer = browser.get(path)
        assert (path, answer.status_code) == (path, 303)
        assert answer.headers["location"].startswith("/signin")


@pytest.mark.parametrize("path", ["/recover", "/register/link", "/not-me", "/enroll"])
def test_links_that_are_nothing_get_a_page_and_no_hint(browser: Browser, path: str) -> None:
    for token in ("x", "ostr_" + "0" * 70, "%00", "a" * 3000, "<script>"):
        answer = browser.get(f"{path}/{token}")
        assert answer.status_code in {400, 404, 410}
        assert "<script>alert" not in answer.text


def test_not_me_locks_everybody_out_without_a_session(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    person = recovery.person("ada")
    link = house.database.write(
        lambda tx: house.services.not_me_links.link_for(tx, person, house.clock.now(), "SignIn")
    )
    path = link.removeprefix("http://localhost:8000")
    stranger = Browser(make_app(house), address="203.0.113.80")
    assert stranger.get(path).status_code == 200
    assert browser.get("/account").status_code == 200
    assert stranger.post(path).status_code == 200
    house.refresh()
    assert browser.get("/account").status_code == 303
    assert stranger.get("/account").status_code == 303
    assert recovery.count(MailKind.RECOVERY) == 1


def test_a_consumer_registers_and_lands_in_her_portal(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    consumer(browser, recovery)
    assert browser.get("/account").status_code == 200
    assert recovery.person("mia@example.net").status is PersonStatus.ACTIVE


def test_a_form_cannot_give_itself_groups_attributes_or_a_directory(
    browser: Browser, house: House, recovery: RecoveryHouse
) -> None:
    recovery.add_consumers()
    register(
        browser,
        groups="platform",
        directory="workforce",
        kind="break-glass",
        status="active",
        department="board",
        user_name="admin",
        email_verified_at="1",
    )
    follow(browser, recovery, MailKind.VERIFY_EMAIL, "/register/link")
    mia = recovery.person("mia@example.net")
    assert (mia.directory, mia.groups, mia.attributes) == ("consumers", (), {})
    assert (mia.kind, mia.status) == (PersonKind.ORDINARY, PersonStatus.INVITED)


def test_markup_in_a_name_stays_text(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    recovery.add_consumers()
    name = "<script>alert(1)</script>"
    register(browser, display_name=name)
    follow(browser, recovery, MailKind.VERIFY_EMAIL, "/register/link")
    page = browser.get("/enroll").text
    assert "<script>alert" not in page
    typed = register(Browser(make_app(house)), display_name=name, email='"><script>alert(1)</script>').text
    assert "<script>alert" not in typed
    assert html.escape(name) in typed or "&lt;script&gt;" in typed


@pytest.mark.parametrize("injected", ["mia@example.net\r\nBcc: eve@example.net", "mia@example.net\nX: y"])
def test_a_line_break_in_an_address_sends_nothing(
    browser: Browser, house: House, recovery: RecoveryHouse, injected: str
) -> None:
    recovery.add_consumers()
    assert register(browser, email=injected).status_code == 400
    assert recovery.count(MailKind.VERIFY_EMAIL) == 0


def test_only_open_directories_have_a_page(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    assert browser.get("/register").status_code == 404
    recovery.add_consumers()
    assert browser.get("/register").headers["location"] == "/register/consumers"
    assert browser.get("/register/workforce").status_code == browser.get("/register/nowhere").status_code == 404
    house.put_policy(replace(CONSUMERS, registration=Registration.INVITATION))
    assert "By invitation only" in browser.get("/register/consumers").text
    browser.get("/register/consumers")
    assert browser.post("/register/consumers", {"email": "mia@example.net"}).status_code in {403, 404}


def test_new_terms_stand_before_every_page(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    consumer(browser, recovery)
    house.put_policy(replace(CONSUMERS, terms_version="2026-02"))
    for path in ("/", "/account", "/account/sessions"):
        assert browser.get(path).headers["location"].startswith("/terms")
    browser.get("/terms")
    assert browser.post("/terms", {"terms": "2026-01"}).status_code == 409
    assert browser.post("/terms", {"terms": "2026-02"}).status_code == 303
    assert browser.get("/account").status_code == 200


def test_a_consumer_deletes_her_account_and_the_workforce_is_told_to_ask(
    browser: Browser, house: House, recovery: RecoveryHouse
) -> None:
    consumer(browser, recovery)
    browser.get("/account/delete")
    assert browser.post("/account/delete", {"username": "ada"}).status_code == 400
    assert browser.post("/account/delete", {"username": "mia@example.net"}).status_code == 200
    assert browser.get("/account").status_code == 303
    other = Browser(make_app(house))
    sign_in(other, house.enrol())
    page = other.get("/account/delete")
    assert "Ask your administrator" in page.text
    assert 'name="username"' not in page.text
    assert other.post("/account/delete", {"username": "ada"}).status_code in {400, 403}


def test_deleting_wants_a_fresh_proof(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    consumer(browser, recovery)
    browser.get("/account/delete")
    house.clock.advance(timedelta(minutes=6))
    answer = browser.post("/account/delete", {"username": "mia@example.net"})
    assert answer.headers["location"].startswith("/signin/confirm")
    assert recovery.person("mia@example.net").user_name == "mia@example.net"


def helper(house: House, recovery: RecoveryHouse, name: str) -> tuple[Browser, Enrolled]:
    enrolled = house.enrol(name)
    recovery.move(name, ("support",))
    browser = Browser(make_app(house))
    sign_in(browser, enrolled)
    return browser, enrolled


def test_two_helpers_let_her_in_again(house: House, recovery: RecoveryHouse) -> None:
    ada = house.enrol()
    recovery.name_helpers("support")
    bea, _ = helper(house, recovery, "bea")
    cleo, _ = helper(house, recovery, "cleo")
    bea.get("/assist")
    why = "lost her <b>phone</b>"
    assert bea.post("/assist", {"username": "ada", "reason": why}).status_code == 303
    own = bea.get("/assist").text
    assert "/approve" not in own
    assert "<b>phone" not in own
    page = cleo.get("/assist").text
    action = re.search(r'action="(/assist/[^"]*/approve)"', page)
    assert action
    assert bea.post(action[1]).status_code == 403
    cleo.get("/assist")
    assert cleo.post(action[1]).status_code == 200
    cleo.get("/assist")
    assert cleo.post(action[1]).status_code == 409
    assert recovery.person("ada").status is PersonStatus.INVITED
    back = Browser(make_app(house))
    back.get("/signin")
    assert back.post("/signin", {"username": "ada", "password": PASSWORD}).status_code == 400
    assert follow(back, recovery, MailKind.ENROLMENT, "/enroll").status_code in {303, 400}
    assert ada.name == "ada"


def test_the_page_of_helpers_is_there_for_them_alone(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    recovery.name_helpers("support")
    sign_in(browser, house.enrol())
    assert browser.get("/assist").status_code == 403
    assert 'href="/assist"' not in browser.get("/").text
    bea, _ = helper(house, recovery, "bea")
    assert 'href="/assist"' in bea.get("/").text


def test_an_agreement_wants_a_fresh_proof(house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    recovery.name_helpers("support")
    bea, _ = helper(house, recovery, "bea")
    cleo, _ = helper(house, recovery, "cleo")
    bea.get("/assist")
    bea.post("/assist", {"username": "ada", "reason": "lost everything"})
    page = cleo.get("/assist").text
    action = re.search(r'action="(/assist/[^"]*/approve)"', page)
    assert action
    house.clock.advance(timedelta(minutes=6))
    assert cleo.post(action[1]).headers["location"].startswith("/signin/confirm")
    assert recovery.person("ada").status is PersonStatus.ACTIVE


def test_a_form_from_elsewhere_does_nothing(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    body = b"username=ada"
    assert browser.raw_post("/recover", body, Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.raw_post("/recover", body, Sec_Fetch_Site="same-origin").status_code == 403
    assert recovery.count(MailKind.RECOVERY) == 0


def test_who_has_nothing_left_is_sent_to_others(browser: Browser, house: House, recovery: RecoveryHouse) -> None:
    house.enrol()
    policy = replace(CONSUMERS, name="workforce", registration=None, terms_version=None)
    house.put_policy(replace(policy, required=AssuranceLevel.PHISHING_RESISTANT))
    ask(browser, "ada")
    follow(browser, recovery, MailKind.RECOVERY, "/recover")
    page = browser.get("/recover/prove").text
    assert "Others must help you" in page
    assert "<form" not in page
