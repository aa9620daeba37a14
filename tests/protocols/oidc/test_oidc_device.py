"""Does a device get what its person agreed to, and nothing by any other way? RFC 8628 and its section 5."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from device_flow import CLI, ask, choose, codes_for, error_of, later, poll, type_code
from oidc_house import PHONE, SHOP, OidcHouse, claims_of
from ostiary.domain.applications.builtin import COMMAND_LINE
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.tokens import device_authorization, device_codes
from ostiary.domain.tokens.device_grant import GRANT_TYPE
from ostiary.domain.tokens.grant import Minting
from people_house import ISSUER
from web_browser import Browser


def test_a_device_is_signed_in_by_the_person_who_types_its_code(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    assert codes["verification_uri"] == f"{ISSUER}/device"
    assert codes["verification_uri_complete"] == f"{ISSUER}/device?user_code={codes['user_code']}"
    assert (codes["expires_in"], codes["interval"]) == (600, 5)
    assert error_of(poll(house, codes)) == "authorization_pending"
    done = choose(browser, codes)
    assert "Your device is signed in" in done.text
    tokens = poll(house, codes).json
    claims = claims_of(tokens["id_token"])
    assert claims["preferred_username"] == "ada"
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert claims["aud"] == CLI
    assert house.bearer(tokens["access_token"]).json["name"] == "Ada Okonkwo"
    assert house.refreshed(tokens["refresh_token"], CLI).status_code == 200


def test_each_step_leaves_its_event(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    poll(house, codes)
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
    codes = codes_for(house)
    before = len(house.events("IssueToken"))
    for _ in range(3):
        later(house, 30)
        assert error_of(poll(house, codes)) == "authorization_pending"
    assert len(house.events("IssueToken")) == before


# The device's code.
def test_a_device_code_is_good_once_and_a_second_use_ends_what_came_of_it(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    tokens = poll(house, codes).json
    assert error_of(poll(house, codes)) == "invalid_grant"
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert error_of(house.refreshed(tokens["refresh_token"], CLI)) == "invalid_grant"
    assert len(house.events("ReuseDeviceCode")) == 1


def test_a_second_use_while_the_tokens_are_made_leaves_neither_with_any(
    house: OidcHouse, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes, mint, answers = codes_for(house), Minting.access_token, list[Any]()
    choose(browser, codes)

    def overtaken(*arguments: Any, **options: Any) -> Any:
        monkeypatch.undo()
        answers.append(poll(house, codes))
        return mint(*arguments, **options)

    monkeypatch.setattr(Minting, "access_token", overtaken)
    answers.append(poll(house, codes))
    assert [error_of(answer) for answer in answers] == ["invalid_grant", "invalid_grant"]


def test_asking_too_often_makes_the_pause_longer_each_time(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    assert error_of(poll(house, codes)) == "authorization_pending"
    later(house, 2)
    assert error_of(poll(house, codes)) == "slow_down"  # now every 10 seconds
    later(house, 6)
    assert error_of(poll(house, codes)) == "slow_down"  # now every 15
    later(house, 15)
    assert error_of(poll(house, codes)) == "authorization_pending"
    choose(browser, codes)
    assert poll(house, codes).status_code == 200


def test_a_code_that_nobody_approved_in_time_is_over(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    later(house, 600)
    assert error_of(poll(house, codes)) == "expired_token"
    assert browser.get(f"/device?user_code={codes['user_code']}").status_code == 404


def test_a_code_that_was_approved_and_not_fetched_in_time_is_over(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    later(house, 600)
    assert poll(house, codes).json["error"] in {"expired_token", "invalid_grant"}


def test_another_application_cannot_use_a_stolen_device_code(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(PHONE, device_flow=True))
    codes = codes_for(house)
    choose(browser, codes)
    assert error_of(poll(house, codes, "phone")) == "invalid_grant"
    assert poll(house, codes).status_code == 200


@pytest.mark.parametrize("code", ["ostd_" + "0" * 70, "osta_1", "x", "ostd_", "BBBB-BBBB"])
def test_a_made_up_device_code_is_refused(house: OidcHouse, code: str) -> None:
    assert error_of(house.token({"grant_type": GRANT_TYPE, "device_code": code}, CLI)) == "invalid_grant"


def test_a_missing_device_code_is_said(house: OidcHouse) -> None:
    assert error_of(house.token({"grant_type": GRANT_TYPE}, CLI)) == "invalid_request"


# Who stands behind it.
def test_a_disabled_person_gets_her_device_nothing(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    house.change("ada", status=PersonStatus.DISABLED)
    assert error_of(poll(house, codes)) == "invalid_grant"


def test_a_person_who_signed_out_meanwhile_gets_her_device_nothing(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    browser.get("/")
    assert browser.post("/signout").status_code == 200
    assert error_of(poll(house, codes)) == "invalid_grant"


def test_signing_out_in_the_browser_ends_the_device_too(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    tokens = poll(house, codes).json
    browser.get("/")
    browser.post("/signout")
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert error_of(house.refreshed(tokens["refresh_token"], CLI)) == "invalid_grant"


def test_refresh_tokens_of_the_command_line_end_with_the_browser_session(house: OidcHouse, browser: Browser) -> None:
    codes = codes_for(house)
    choose(browser, codes)
    tokens = poll(house, codes).json
    with house.people.database.read() as tx:
        family = tx.tokens.family(claims_of(tokens["access_token"])["family"])
        assert family is not None
        session = tx.sessions.browser_session(family.session_id)
    assert session is not None
    assert family.expires_at == session.expires_at
    house.people.clock.at = session.expires_at
    assert error_of(house.refreshed(tokens["refresh_token"], CLI)) == "invalid_grant"


# Which applications.
def test_an_application_that_is_not_registered_for_it_gets_no_codes(house: OidcHouse, browser: Browser) -> None:
    for client in ("shop", "phone", "batch", "robot"):
        assert error_of(ask(house, client, scope="openid")) == "unauthorized_client"
    codes = codes_for(house)
    choose(browser, codes)
    assert error_of(poll(house, codes, "shop")) == "unauthorized_client"


def test_scopes_that_were_never_granted_are_refused(house: OidcHouse) -> None:
    assert error_of(ask(house, scope="openid orders.read")) == "invalid_scope"
    assert error_of(ask(house, scope="")) == "invalid_scope"
    house.put(replace(PHONE, device_flow=True, scopes=()))
    assert error_of(ask(house, "phone", scope="openid")) == "invalid_scope"


def test_a_confidential_application_must_prove_itself_to_get_codes(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(SHOP, device_flow=True))
    answer = house.post("/oauth2/device_authorization", {"client_id": "shop", "scope": "openid"})
    assert (answer.status_code, answer.json["error"]) == (401, "invalid_client")
    codes = codes_for(house, "shop", scope="openid")
    choose(browser, codes)
    stolen = house.post(
        "/oauth2/token", {"grant_type": GRANT_TYPE, "client_id": "shop", "device_code": codes["device_code"]}
    )
    assert stolen.status_code == 401
    assert poll(house, codes, "shop").status_code == 200


def test_an_application_that_lost_the_device_flow_meanwhile_gets_nothing(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(PHONE, device_flow=True))
    codes = codes_for(house, "phone", scope="openid")
    house.put(PHONE)
    assert type_code(browser, codes["user_code"]).status_code == 404
    assert error_of(poll(house, codes, "phone")) == "unauthorized_client"


def test_one_network_has_a_bounded_number_of_codes(house: OidcHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device_authorization, "MOST_OF_ONE_NETWORK", 3)
    for _ in range(3):
        codes_for(house)
    events = len(house.events("AuthorizeDevice"))
    refused = ask(house)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) <= 600
    assert len(house.events("AuthorizeDevice")) == events, "a flood does not fill the trail"
    house.put(replace(PHONE, device_flow=True))
    codes_for(house, "phone", scope="openid")
    later(house, 600)
    codes_for(house)


def test_neither_code_is_in_the_database(house: OidcHouse) -> None:
    codes = codes_for(house)
    with house.people.database.read() as tx:
        key = house.people.keys.value.password_pepper
        kept = tx.tokens.device_by_user_code(device_codes.hash_user_code(codes["user_code"], key))
        assert kept is not None
        assert tx.tokens.device_by_user_code(device_codes.hash_user_code(codes["user_code"], b"")) is None
    for code in (codes["device_code"], codes["user_code"]):
        assert code not in repr(kept)


# The built-in application.
def test_the_command_lines_application_is_for_everyone_and_can_be_switched_off(
    house: OidcHouse, browser: Browser
) -> None:
    house.change("ada", groups=())
    codes = codes_for(house)
    assert "signed in" in choose(browser, codes).text
    house.put(replace(COMMAND_LINE, enabled=False))
    assert poll(house, codes).json["error"] == "invalid_client"
    assert ask(house).status_code == 401
