"""Does a device get what its person agreed to, and nothing by any other way? RFC 8628 and its section 5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from mail_room import mails_in
from oidc_house import PHONE, SHOP, OidcHouse, claims_of
from ostiary.domain.applications.builtin import COMMAND_LINE
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.mail.model import MailKind
from ostiary.domain.signin_policy.model import ScopeKind, SignInPolicy
from ostiary.domain.tokens import device_authorization, device_codes
from ostiary.domain.tokens.device_grant import GRANT_TYPE
from people_house import ISSUER, Enrolled
from web_browser import Browser

CLI = COMMAND_LINE.client_id
SCOPE = "openid profile offline_access"


def _ask(house: OidcHouse, client: str = CLI, **fields: str) -> Any:
    return house.as_client("/oauth2/device_authorization", {"scope": SCOPE, **fields}, client)


def _codes(house: OidcHouse, client: str = CLI, **fields: str) -> dict[str, Any]:
    answer = _ask(house, client, **fields)
    assert answer.status_code == 200, answer.text
    codes: dict[str, Any] = answer.json
    return codes


def _poll(house: OidcHouse, codes: dict[str, Any], client: str = CLI) -> Any:
    return house.token({"grant_type": GRANT_TYPE, "device_code": codes["device_code"]}, client)


def _error(answer: Any) -> str:
    assert answer.status_code == 400, answer.text
    error: str = answer.json["error"]
    return error


def _later(house: OidcHouse, seconds: float) -> None:
    house.people.clock.advance(timedelta(seconds=seconds))


def _type(browser: Browser, code: str) -> Any:
    """Into the form, and on to where its answer leads."""
    browser.get("/device")
    answer = browser.post("/device", {"user_code": code})
    return browser.get(answer.headers["location"]) if answer.status_code == 303 else answer


def _choose(browser: Browser, codes: dict[str, Any], way: str = "approve") -> Any:
    found = _type(browser, codes["user_code"])
    assert found.status_code == 200, found.text
    return browser.post(f"/device/{way}", {"user_code": codes["user_code"]})


def test_a_device_is_signed_in_by_the_person_who_types_its_code(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    assert codes["verification_uri"] == f"{ISSUER}/device"
    assert codes["verification_uri_complete"] == f"{ISSUER}/device?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert _error(_poll(house, codes)) == "authorization_pending"
    done = _choose(browser, codes)
    assert "Your device is signed in" in done.text
    tokens = _poll(house, codes).json
    claims = claims_of(tokens["id_token"])
    assert claims["preferred_username"] == "ada"
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert claims["aud"] == CLI
    assert house.bearer(tokens["access_token"]).json["name"] == "Ada Okonkwo"
    assert house.refreshed(tokens["refresh_token"], CLI).status_code == 200


def test_each_step_leaves_its_event(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    _poll(house, codes)
    [asked], [approved], [issued] = (house.events(name) for name in ("AuthorizeDevice", "ApproveDevice", "IssueToken"))
    assert (asked.actor_name, asked.source_ip) == (CLI, "198.51.100.7")
    assert (approved.actor_name, approved.assurance) == ("ada", ["pwd", "otp", "mfa"])
    assert approved.details["deviceAddress"] == "198.51.100.7"
    assert issued.details["grantType"] == GRANT_TYPE
    assert {event.details["familyId"] for event in (asked, approved, issued)} == {asked.details["familyId"]}
    for event in (asked, approved, issued):
        for secret in (codes["device_code"], codes["user_code"]):
            assert secret not in repr(event)


def test_asking_and_waiting_leave_no_event_each_time(house: OidcHouse) -> None:
    codes = _codes(house)
    before = len(house.events("IssueToken"))
    for _ in range(3):
        _later(house, 30)
        assert _error(_poll(house, codes)) == "authorization_pending"
    assert len(house.events("IssueToken")) == before


# What the person is told.
def test_the_page_says_where_the_question_came_from_and_warns(house: OidcHouse, browser: Browser) -> None:
    answer = house.post(
        "/oauth2/device_authorization", {"scope": SCOPE, "client_id": CLI}, User_Agent="ostiary-cli/1 <b>"
    )
    _later(house, 70)
    page = browser.get(f"/device?user_code={answer.json['user_code']}").text
    assert answer.json["user_code"] in page
    assert "Ostiary command line" in page
    assert "198.51.100.7" in page
    assert "not your network" in page
    assert "2 minutes ago" in page
    assert "ostiary-cli/1 &lt;b&gt;" in page
    assert "say no" in page


def test_a_question_from_her_own_network_is_told_as_such(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    browser.address = "198.51.100.7"
    assert "not your network" not in browser.get(f"/device?user_code={codes['user_code']}").text


def test_looking_is_not_agreeing(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    browser.get(f"/device?user_code={codes['user_code']}")
    assert _error(_poll(house, codes)) == "authorization_pending"


@pytest.mark.parametrize(
    "typed", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code[:4]} {code[5:]} "]
)
def test_a_code_may_be_typed_as_people_type(house: OidcHouse, browser: Browser, typed: Callable[[str], str]) -> None:
    codes = _codes(house)
    page = _type(browser, typed(codes["user_code"]))
    assert codes["user_code"] in page.text
    assert "Is this your device?" in page.text


# Her decision.
def test_a_no_is_final(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    assert "gets nothing" in _choose(browser, codes, "deny").text
    assert _error(_poll(house, codes)) == "access_denied"
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 404
    assert _error(_poll(house, codes)) == "access_denied"
    [event] = house.events("DenyDevice")
    assert event.actor_name == "ada"


def test_without_a_session_nobody_learns_whether_a_code_is_there(house: OidcHouse) -> None:
    codes, stranger = _codes(house), house.browser()
    for code in (codes["user_code"], "BBBB-BBBB"):
        answer = stranger.get(f"/device?user_code={code}")
        assert answer.status_code == 303
        assert answer.headers["location"] == f"/signin?return_to=%2Fdevice%3Fuser_code%3D{code}"
    stranger.get("/signin")
    assert stranger.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 303
    assert _error(_poll(house, codes)) == "authorization_pending"


def test_a_form_of_another_site_approves_nothing(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    browser.get(f"/device?user_code={codes['user_code']}")
    body = {"user_code": codes["user_code"]}
    assert browser.post("/device/approve", body, Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.post("/device/approve", body, Origin="https://evil.example.org").status_code == 403
    browser.page = ""
    assert browser.post("/device/approve", body).status_code == 403
    assert browser.get("/device/approve").status_code == 405
    assert _error(_poll(house, codes)) == "authorization_pending"


def test_who_may_not_use_the_application_may_not_approve_it(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(PHONE, device_flow=True, groups=("support",)))
    codes = _codes(house, "phone", scope="openid")
    answer = browser.get(f"/device?user_code={codes['user_code']}")
    assert answer.status_code == 403
    [event] = house.events("ApproveDevice")
    assert event.error_code == "access_denied"
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 403
    assert _error(_poll(house, codes, "phone")) == "authorization_pending"


def test_two_people_cannot_both_decide(house: OidcHouse, browser: Browser, ada: Enrolled) -> None:
    codes = _codes(house)
    other = house.signed_in_browser(ada)
    other.get(f"/device?user_code={codes['user_code']}")
    _choose(browser, codes)
    late = other.post("/device/approve", {"user_code": codes["user_code"]})
    assert late.status_code == 404
    assert len(house.events("ApproveDevice")) == 1


def test_guessing_codes_is_slowed_down(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    statuses = [_type(browser, f"BBBB-BBB{last}").status_code for last in "BCDFGHJ"]
    assert statuses[:5] == [404] * 5
    assert statuses[-1] == 429
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 429
    assert house.events("ThrottleGuessing")
    assert _error(_poll(house, codes)) == "authorization_pending"


def test_right_codes_slow_nobody_down(house: OidcHouse, browser: Browser) -> None:
    for _ in range(8):
        assert "signed in" in _choose(browser, _codes(house)).text


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
    answer = _type(browser, typed)
    assert answer.status_code == 404
    assert "No device shows this code" in answer.text


# The device's code.
def test_a_device_code_is_good_once_and_a_second_use_ends_what_came_of_it(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    tokens = _poll(house, codes).json
    assert _error(_poll(house, codes)) == "invalid_grant"
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert _error(house.refreshed(tokens["refresh_token"], CLI)) == "invalid_grant"
    assert len(house.events("ReuseDeviceCode")) == 1


def test_asking_too_often_makes_the_pause_longer_each_time(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    assert _error(_poll(house, codes)) == "authorization_pending"
    _later(house, 2)
    assert _error(_poll(house, codes)) == "slow_down"  # now every 10 seconds
    _later(house, 6)
    assert _error(_poll(house, codes)) == "slow_down"  # now every 15
    _later(house, 15)
    assert _error(_poll(house, codes)) == "authorization_pending"
    _choose(browser, codes)
    assert _poll(house, codes).status_code == 200


def test_a_code_that_nobody_approved_in_time_is_over(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _later(house, 600)
    assert _error(_poll(house, codes)) == "expired_token"
    assert browser.get(f"/device?user_code={codes['user_code']}").status_code == 404


def test_a_code_that_was_approved_and_not_fetched_in_time_is_over(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    _later(house, 600)
    assert _poll(house, codes).json["error"] in {"expired_token", "invalid_grant"}


def test_another_application_cannot_use_a_stolen_device_code(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(PHONE, device_flow=True))
    codes = _codes(house)
    _choose(browser, codes)
    assert _error(_poll(house, codes, "phone")) == "invalid_grant"
    assert _poll(house, codes).status_code == 200


@pytest.mark.parametrize("code", ["ostd_" + "0" * 70, "osta_1", "x", "ostd_", "BBBB-BBBB"])
def test_a_made_up_device_code_is_refused(house: OidcHouse, code: str) -> None:
    assert _error(house.token({"grant_type": GRANT_TYPE, "device_code": code}, CLI)) == "invalid_grant"


def test_a_missing_device_code_is_said(house: OidcHouse) -> None:
    assert _error(house.token({"grant_type": GRANT_TYPE}, CLI)) == "invalid_request"


# Who stands behind it.
def test_a_disabled_person_gets_her_device_nothing(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    house.change("ada", status=PersonStatus.DISABLED)
    assert _error(_poll(house, codes)) == "invalid_grant"


def test_a_person_who_signed_out_meanwhile_gets_her_device_nothing(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    browser.get("/")
    assert browser.post("/signout").status_code == 200
    assert _error(_poll(house, codes)) == "invalid_grant"


def test_signing_out_in_the_browser_ends_the_device_too(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    tokens = _poll(house, codes).json
    browser.get("/")
    browser.post("/signout")
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert _error(house.refreshed(tokens["refresh_token"], CLI)) == "invalid_grant"


def test_refresh_tokens_of_the_command_line_end_with_the_browser_session(house: OidcHouse, browser: Browser) -> None:
    codes = _codes(house)
    _choose(browser, codes)
    tokens = _poll(house, codes).json
    with house.people.database.read() as tx:
        family = tx.tokens.family(claims_of(tokens["access_token"])["family"])
        assert family is not None
        session = tx.sessions.browser_session(family.session_id)
    assert session is not None
    assert family.expires_at == session.expires_at
    house.people.clock.at = session.expires_at
    assert _error(house.refreshed(tokens["refresh_token"], CLI)) == "invalid_grant"


# Which applications.
def test_an_application_that_is_not_registered_for_it_gets_no_codes(house: OidcHouse, browser: Browser) -> None:
    for client in ("shop", "phone", "batch", "robot"):
        assert _error(_ask(house, client, scope="openid")) == "unauthorized_client"
    codes = _codes(house)
    _choose(browser, codes)
    assert _error(_poll(house, codes, "shop")) == "unauthorized_client"


def test_scopes_that_were_never_granted_are_refused(house: OidcHouse) -> None:
    assert _error(_ask(house, scope="openid orders.read")) == "invalid_scope"
    assert _error(_ask(house, scope="")) == "invalid_scope"
    house.put(replace(PHONE, device_flow=True, scopes=()))
    assert _error(_ask(house, "phone", scope="openid")) == "invalid_scope"


def test_a_confidential_application_must_prove_itself_to_get_codes(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(SHOP, device_flow=True))
    answer = house.post("/oauth2/device_authorization", {"client_id": "shop", "scope": "openid"})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    codes = _codes(house, "shop", scope="openid")
    _choose(browser, codes)
    stolen = house.post(
        "/oauth2/token", {"grant_type": GRANT_TYPE, "client_id": "shop", "device_code": codes["device_code"]}
    )
    assert stolen.status_code == 401
    assert _poll(house, codes, "shop").status_code == 200


def test_an_application_that_lost_the_device_flow_meanwhile_gets_nothing(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(PHONE, device_flow=True))
    codes = _codes(house, "phone", scope="openid")
    house.put(PHONE)
    assert _type(browser, codes["user_code"]).status_code == 404
    assert _error(_poll(house, codes, "phone")) == "unauthorized_client"


def test_one_network_has_a_bounded_number_of_codes(house: OidcHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_authorization, "MOST_OF_ONE_NETWORK", 3)
    for _ in range(3):
        _codes(house)
    events = len(house.events("AuthorizeDevice"))
    refused = _ask(house)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 600
    assert len(house.events("AuthorizeDevice")) == events, "a flood does not fill the trail"
    house.put(replace(PHONE, device_flow=True))
    _codes(house, "phone", scope="openid")
    _later(house, 600)
    _codes(house)


def test_neither_code_is_in_the_database(house: OidcHouse) -> None:
    codes = _codes(house)
    with house.people.database.read() as tx:
        key = house.people.keys.value.password_pepper
        kept = tx.tokens.device_by_user_code(device_codes.hash_user_code(codes["user_code"], key))
        assert kept is not None
        assert tx.tokens.device_by_user_code(device_codes.hash_user_code(codes["user_code"], b"")) is None
    for code in (codes["device_code"], codes["user_code"]):
        assert code not in repr(kept)


def test_she_is_told_by_mail_and_can_take_it_back(house: OidcHouse, browser: Browser) -> None:
    kind, mailbox = MailKind.DEVICE_SIGNED_IN, (house.people.database, house.people.keys)
    _choose(browser, _codes(house), "deny")
    assert mails_in(*mailbox, kind) == []
    _choose(browser, _codes(house))
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
    codes = _codes(house)
    page = f"/device?user_code={codes['user_code']}"
    sent = _type(browser, codes["user_code"])
    assert sent.status_code == 303
    assert sent.headers["location"] == f"/signin/confirm?return_to={quote(page, safe='')}&need=phishing-resistant"
    browser.get("/device")
    assert browser.post("/device/approve", {"user_code": codes["user_code"]}).status_code == 303
    assert _error(_poll(house, codes)) == "authorization_pending"


# The built-in application.
def test_the_command_lines_application_is_for_everyone_and_can_be_switched_off(
    house: OidcHouse, browser: Browser
) -> None:
    house.change("ada", groups=())
    codes = _codes(house)
    assert "signed in" in _choose(browser, codes).text
    house.put(replace(COMMAND_LINE, enabled=False))
    assert _poll(house, codes).json["error"] == "invalid_client"
    assert _ask(house).status_code == 401
