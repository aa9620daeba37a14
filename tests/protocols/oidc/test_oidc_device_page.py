"""Is a person told what she agrees to when she signs in a device, and is her yes hers? RFC 8628 sections 3.3, 5.4."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest

from device_flow import CLI, SCOPE, choose, codes_for, error_of, later, poll, type_code
from mail_room import mails_in
from oidc_house import PHONE, OidcHouse
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from people_house import ISSUER, Enrolled
from web_browser import Browser


# What the person is told.
def test_the_page_says_where_the_question_came_from_and_warns(house: OidcHouse, browser: Browser) -> None:
    answer = house.post(
        "/oauth2/device_authorization", {"scope": SCOPE, "client_id": CLI}, User_Agent="ostiary-cli/1 <b>"
    )
    later(house, 70)
    page = browser.get(f"/device?user_code={answer.json['user_code']}").text
    assert answer.json["user_code"] in page
    assert "Ostiary command line" in page
    assert "198.51.100.7" in page
    assert "not your network" in page
    assert "2 minutes ago" in page
    assert "ostiary-cli/1 &lt;b&gt;" in page
    assert "say no" in page


def test_a_question_from_her_own_network_is_told_as_such(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    browser.address = "198.51.100.7"
    assert "not your network" not in browser.get(f"/device?user_code={codes['user_code']}").text


def test_looking_is_not_agreeing(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    browser.get(f"/device?user_code={codes['user_code']}")
    assert error_of(poll(house, codes)) == "authorization_pending"


@pytest.mark.parametrize(
    "typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} {code[5:]} "]
)
def test_a_code_may_be_typed_as_people_type(house: OidcHouse, browser: Browser, typed: Callable[[str], str]) -> None:
    codes = codes_for(house)
    page = type_code(browser, typed(codes["user_code"]))
    assert codes["user_code"] in page.text
    assert "Is this your device?" in page.text


# Her decision.
def test_a_no_is_final(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    assert "gets nothing" in choose(browser, codes, "deny").text
    assert error_of(poll(house, codes)) == "access_denied"
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 404
    assert error_of(poll(house, codes)) == "access_denied"
    [event] = house.events("DenyDevice")
    assert event.actor_name == "ada"


def test_without_a_session_nobody_learns_whether_a_code_is_there(house: OidcHouse) -> None:
    codes, stranger = codes_for(house), house.browser()
    for code in (codes["user_code"], "BBBB-BBBB"):
        answer = stranger.get(f"/device?user_code={code}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/signin?return_to=%2Fdevice%3Fuser_code%3D{code}"
    stranger.get("/signin")
    assert stranger.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 303
    assert error_of(poll(house, codes)) == "authorization_pending"


def test_signing_in_leads_back_to_the_code(house: OidcHouse, ada: Enrolled) -> None:
    codes, browser = codes_for(house), house.browser()
    browser.get(browser.get(f"/device?user_code={codes['user_code']}").headers["location"])
    step = browser.post(browser.action, {"username": ada.name, "password": ada.password})
    browser.get(step.headers["location"])
    browser.post(browser.action, {"code": ada.next_code()})
    [back] = re.findall(r'href="(/device[^"]*)"', browser.page)
    assert codes["user_code"] in browser.get(back).text
    assert "signed in" in browser.post("/device/approve", {"user_code": codes["user_code"]}).text


def test_a_form_of_another_site_approves_nothing(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    browser.get(f"/device?user_code={codes['user_code']}")
    body = {"user_code": codes["user_code"]}
    assert browser.post("/device/approve", body, Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.post("/device/approve", body, Origin="https://evil.example.org").status_code == 403
    browser.page = ""
    assert browser.post("/device/approve", body).status_code == 403
    assert browser.get("/device/approve").status_code == 405
    assert error_of(poll(house, codes)) == "authorization_pending"


def test_who_may_not_use_the_application_may_not_approve_it(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(PHONE, device_flow=True, groups=("support",)))
    codes = codes_for(house, "phone", scope="openid")
    answer = browser.get(f"/device?user_code={codes['user_code']}")
    assert answer.status_code == 403
    [event] = house.events("ApproveDevice")
    assert event.error_code == "access_denied"
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 403
    assert error_of(poll(house, codes, "phone")) == "authorization_pending"


def test_two_people_cannot_both_decide(house: OidcHouse, browser: Browser, ada: Enrolled) -> None:
    codes = codes_for(house)
    other = house.signed_in_browser(ada)
    other.get(f"/device?user_code={codes['user_code']}")
    choose(browser, codes)
    late = other.post("/device/approve", {"user_code": codes["user_code"]})
    assert late.status_code == 404
    assert len(house.events("ApproveDevice")) == 1


def test_guessing_codes_is_slowed_down(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    statuses = [type_code(browser, f"BBBB-BBB{last}").status_code for last in "BCDFGHJ"]
    assert statuses[:5] == [404] * 5
    assert statuses[-1] == 429
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 429
    assert house.events("ThrottleGuessing")
    assert error_of(poll(house, codes)) == "authorization_pending"


def test_right_codes_slow_nobody_down(house: OidcHouse, browser: Browser) -> None:
    for _ in range(8):
        assert "signed in" in choose(browser, codes_for(house)).text


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "-",
        "BBBB",
        "BBBB-BBBBB",
        "AEIO-UAEI",
        "\uff22\uff22\uff22\uff22-\uff22\uff22\uff22\uff22",
        "B" * 5000,
        "' OR 1=1 --",
    ],
)
def test_what_is_no_code_is_answered_in_words(house: OidcHouse, browser: Browser, typed: str) -> None:
    answer = type_code(browser, typed)
    assert answer.status_code == 404
    assert "No device shows this code" in answer.text


def test_she_is_told_by_mail_and_can_take_it_back(house: OidcHouse, browser: Browser) -> None:
    kind, mailbox = MailKind.DEVICE_SIGNED_IN, (house.people.database, house.people.keys)
    choose(browser, codes_for(house), "deny")
    assert mails_in(*mailbox, kind) == []
    choose(browser, codes_for(house))
    [mail] = mails_in(*mailbox, kind)
    assert mail.recipient.address == "ada@example.com"
    assert mail.values["application"] == "Ostiary command line"
    assert mail.values["place"] == "198.51.100.7"
    assert mail.values["not_me"].startswith(ISSUER)


def test_a_policy_of_the_application_asks_for_more_before_a_device_is_signed_in(
    house: OidcHouse, browser: Browser
) -> None:
    policy = SignInPolicy(ScopeKind.APPLICATION, CLI, required=AssuranceLevel.PHISHING_RESISTANT)
    house.people.put_policy(policy)
    codes = codes_for(house)
    page = f"/device?user_code={codes['user_code']}"
    sent = type_code(browser, codes["user_code"])
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/signin/confirm?return_to={quote(page, safe='')}&need=phishing-resistant"
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 303
    assert error_of(poll(house, codes)) == "authorization_pending"
