"""The way in as a browser walks it: second steps, mailed codes, proving oneself again, and what attackers send."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from urllib.parse import quote

import pytest

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.recovery_codes import make_codes
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin_policy.model import Factor, Prompt, RiskAnswer, ScopeKind, SignInPolicy
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.protocols.web import routes
from ostiary.protocols.web.visit import Answer, Route
from people_house import PASSWORD, Enrolled, House
from web_browser import Browser, make_app, sign_in

_STALE = timedelta(minutes=6)


def _password(browser: Browser, ada: Enrolled, path: str = "/signin") -> str:
    browser.get(path)
    answer = browser.post(path, {"username": ada.name, "password": ada.password})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def _codes(house: House) -> list[str]:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
    assert person is not None
    now = house.clock.now()
    return [
        code.reveal() for code in house.database.write(lambda tx: make_codes(tx.credentials, person.person_id, now))
    ]


def test_a_recovery_code_brings_her_in_and_says_how_many_are_left(house: House, browser: Browser) -> None:
    ada = house.enrol()
    codes = _codes(house)
    _password(browser, ada)
    assert 'href="/signin/code?by=recovery-code"' in browser.get("/signin/code").text
    page = browser.get("/signin/code?by=recovery-code")
    assert 'action="/signin/code/recovery"' in page.text
    assert browser.post("/signin/code/recovery", {"code": "AAAAA-AAAAA-AAAAA-AAAAA"}).status_code == 400
    answer = browser.post("/signin/code/recovery", {"code": codes[0]})
    assert "You have 9 left." in answer.text
    assert browser.get("/").status_code == 200


def test_options_that_she_does_not_have_are_not_offered_and_not_taken(house: House, browser: Browser) -> None:
    ada = house.enrol()
    _password(browser, ada)
    page = browser.get("/signin/code?by=email-code").text
    assert "recovery-code" not in page
    assert 'action="/signin/code"' in page
    for path in ("/signin/code/recovery", "/signin/code/email", "/signin/code/email/send"):
        browser.get("/signin/code")
        assert browser.post(path, {"code": "12345678"}).status_code == 400
    assert mails_in(house.database, house.keys, MailKind.EMAIL_CODE) == []


def test_the_second_step_cannot_be_skipped(house: House, browser: Browser) -> None:
    ada = house.enrol()
    _password(browser, ada)
    for path in ("/", "/account", "/signin/confirm", "/enroll"):
        assert browser.get(path).status_code == 303
    assert browser.post("/signin/confirm", {"password": PASSWORD, "code": ada.next_code()}).status_code == 303


def test_a_mailed_code_brings_somebody_in_and_the_page_tells_nobody_who_exists(house: House, browser: Browser) -> None:
    house.enrol()
    house.put_policy(
        SignInPolicy(
            ScopeKind.DIRECTORY,
            "workforce",
            factors=(Factor.PASSWORD, Factor.EMAIL_CODE),
            required=AssuranceLevel.SINGLE_FACTOR,
            risk_medium=RiskAnswer.ALLOW,
        )
    )
    assert 'href="/signin/email"' in browser.get("/signin").text
    pages = []
    for name in ("nobody", "ada"):
        browser.get("/signin/email")
        page = browser.post("/signin/email", {"username": name}).text
        pages.append(page.replace(name, "").replace(browser.csrf, ""))
    assert pages[0] == pages[1]
    code = mails_in(house.database, house.keys, MailKind.EMAIL_CODE)[-1].values["code"]
    answer = browser.post("/signin/email/code", {"username": "ada", "code": code})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert browser.get("/").status_code == 200


def test_the_link_to_mailed_codes_is_there_only_where_they_work(browser: Browser) -> None:
    assert "/signin/email" not in browser.get("/signin").text


def test_a_stale_session_is_sent_to_prove_itself_and_nothing_changes(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def act(_visit: object) -> Answer:
        done.append("changed")
        return Answer("done")

    fresh = (
        Route("GET", "/account/test", act, SessionLevel.FULL, "ostiary:ViewAccount", fresh=True),
        Route("POST", "/account/test", act, SessionLevel.FULL, "ostiary:ViewAccount", fresh=True),
        Route(
            "POST", "/account/test/x", act, SessionLevel.FULL, "ostiary:ViewAccount", fresh=True, page="/account/test"
        ),
    )
    monkeypatch.setattr(routes, "ROUTES", (*routes.ROUTES, *fresh))
    browser = Browser(make_app(house))
    ada = house.enrol()
    sign_in(browser, ada)
    assert browser.get("/account/test").text == "done"
    house.clock.advance(_STALE)
    done.clear()
    browser.get("/account")
    confirm = "/signin/confirm?return_to=%2Faccount%2Ftest"
    assert browser.get("/account/test?a=b").headers["location"] == confirm + "%3Fa%3Db"
    browser.get("/account")
    for path in ("/account/test", "/account/test/x"):
        answer = browser.post(path, {"anything": "at all"})
        assert (answer.status_code, answer.headers["location"]) == (303, confirm)
    assert done == []
    token = browser.cookies["ostiary_session"]
    browser.get(confirm)
    answer = browser.post(browser.action, {"password": PASSWORD, "code": ada.next_code()})
    assert answer.headers["refresh"] == "0; url=/account/test"
    assert browser.cookies["ostiary_session"] != token
    assert browser.get("/account/test").text == "done"
    browser.cookies["ostiary_session"] = token
    assert browser.get("/account/test").status_code == 303


def test_a_wrong_confirmation_changes_nothing_and_says_so(house: House, browser: Browser) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    browser.get("/signin/confirm")
    answer = browser.post("/signin/confirm", {"password": "wrong", "code": ada.next_code()})
    assert answer.status_code == 400
    assert "That was not right" in answer.text


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/account",
        "/\\evil.example",
        "/account/../../evil",
        "/account//evil.example",
        "/accountevil",
        "/account?x=<script>",
        "/account/sessions#x",
        "/account\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "/signin",
        " /account",
    ],
)
def test_the_way_back_leads_only_to_own_pages(house: House, browser: Browser, target: str) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    page = browser.get(f"/signin/confirm?return_to={quote(target)}")
    assert 'action="/signin/confirm"' in page.text
    answer = browser.post(f"/signin/confirm?return_to={quote(target)}", {"password": PASSWORD, "code": ada.next_code()})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")


def test_where_an_application_needs_a_passkey_no_password_is_asked_for(house: House, browser: Browser) -> None:
    sign_in(browser, house.enrol())
    page = browser.get("/signin/confirm?need=phishing-resistant").text
    assert 'name="password"' not in page
    assert "/account/passkeys/new" in page


def test_a_session_planted_before_is_worth_nothing_afterwards(house: House, browser: Browser) -> None:
    ada = house.enrol()
    browser.cookies["ostiary_session"] = planted = "ostb_" + "0" * 70
    sign_in(browser, ada)
    assert browser.cookies["ostiary_session"] != planted
    assert Browser(browser.app, cookies={"ostiary_session": planted}).get("/").status_code == 303


def test_a_stolen_half_session_is_worth_nothing_on_another_device(house: House, browser: Browser) -> None:
    ada = house.enrol()
    _password(browser, ada)
    stolen = {"ostiary_session": browser.cookies["ostiary_session"]}
    thief = Browser(browser.app, cookies=stolen)
    assert thief.get("/signin/code").headers["location"].startswith("/signin")
    browser.get("/signin/code")
    thief.page = browser.page
    assert thief.post("/signin/code", {"code": ada.next_code()}).status_code == 303
    assert thief.get("/").status_code == 303
    assert browser.post("/signin/code", {"code": ada.next_code()}).headers["location"] == "/"


def test_nobody_is_signed_in_by_a_form_of_another_site(house: House, browser: Browser) -> None:
    house.enrol()
    attacker = Browser(browser.app)
    attacker.get("/signin")
    browser.get("/signin")
    fields = {"username": "ada", "password": PASSWORD, "csrf": attacker.csrf}
    assert browser.post("/signin", fields).status_code in {400, 403}
    assert "ostiary_session" not in browser.cookies


def test_the_browser_keeps_a_value_of_which_the_server_keeps_the_hash(house: House, browser: Browser) -> None:
    ada = house.enrol()
    sign_in(browser, ada)
    value = browser.cookies["ostiary_device"]
    assert re.fullmatch(r"ostd_[0-9a-f]{70}", value)
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
        assert person is not None
        devices = {session.device for session in tx.sessions.browser_sessions(person.person_id)}
    assert hash_secret(value).hex() in devices
    everything = "".join(repr(event) for event in house.events())
    assert value not in everything
    browser.post("/signout")
    sign_in(browser, ada)
    assert browser.cookies["ostiary_device"] == value


def test_a_trusted_browser_is_not_asked_again_and_its_value_alone_is_worth_nothing(
    house: House, browser: Browser
) -> None:
    ada = house.enrol()
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", prompt=Prompt.CONTEXT))
    sign_in(browser, ada)
    device = browser.cookies["ostiary_device"]
    assert _password(Browser(browser.app, cookies={"ostiary_device": device}), ada) == "/"
    for made_up in ("ostd_" + "0" * 70, device[:-1], "x", f"{device}; ostiary_device={device}"):
        assert _password(Browser(browser.app, cookies={"ostiary_device": made_up}), ada) == "/signin/code"
    assert Browser(browser.app, cookies={"ostiary_device": device}).get("/").status_code == 303


@pytest.mark.parametrize("limit", ["session_minutes", "idle_minutes"])
def test_a_limit_of_a_group_holds_for_a_session_that_lives_already(house: House, browser: Browser, limit: str) -> None:
    sign_in(browser, house.enrol())
    house.clock.advance(timedelta(minutes=20))
    assert browser.get("/").status_code == 200
    policy = SignInPolicy(ScopeKind.GROUP, "platform")
    house.put_policy(replace(policy, **{limit: 30}))  # type: ignore[arg-type]
    house.clock.advance(timedelta(minutes=29 if limit == "idle_minutes" else 9))
    assert browser.get("/").status_code == 200
    house.clock.advance(timedelta(minutes=30 if limit == "idle_minutes" else 1))
    assert browser.get("/").status_code == 303


def test_a_pause_says_how_long_and_what_else_there_is(house: House, browser: Browser) -> None:
    house.enrol()
    browser.get("/signin")
    answer = next(
        answer
        for _ in range(10)
        if (answer := browser.post("/signin", {"username": "ada", "password": "wrong"})).status_code == 429
    )
    assert int(answer.headers["retry-after"]) >= 1
    assert "Try again in" in answer.text
    assert 'href="/recover"' in answer.text
