"""A person is sent here by an application and comes back with a code, which becomes tokens."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from oidc_house import (
    CALLBACK,
    VERIFIER,
    OidcHouse,
    answer_of,
    authorize_path,
    challenge,
    claims_of,
    exchange,
    header_of,
)
from ostiary.domain.audit.last_use import Used
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.kit.crypto.jose import KeySet, verify_jwt
from people_house import ISSUER, Enrolled
from web_browser import Browser, sign_in


def test_a_signed_in_person_is_sent_back_with_code_state_and_issuer(house: OidcHouse, browser: Browser) -> None:
    result = browser.get(authorize_path())
    assert result.headers["location"].startswith(CALLBACK + "?")
    answer = answer_of(result)
    assert answer["state"] == "s t&te"
    assert answer["iss"] == ISSUER
    assert answer["code"].startswith("osta_")
    assert set(answer) == {"code", "state", "iss"}
    [event] = house.events("AuthorizeApplication")
    assert event.outcome is Outcome.SUCCESS
    assert event.actor_name == "ada"
    assert answer["code"] not in str(event)


def test_a_redirect_uri_with_a_query_keeps_it(house: OidcHouse, browser: Browser) -> None:
    result = browser.get(authorize_path(redirect_uri="https://shop.example.com/other?keep=1"))
    assert result.headers["location"].startswith("https://shop.example.com/other?keep=1&code=osta_")


def test_a_code_becomes_tokens_that_say_who_and_for_whom(house: OidcHouse, browser: Browser, ada: Enrolled) -> None:
    tokens = house.tokens(browser)
    person = ada.signed_in().person
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 600
    assert tokens["refresh_token"].startswith("ostr_")
    access = claims_of(tokens["access_token"])
    assert header_of(tokens["access_token"])["typ"] == "at+jwt"
    assert access["iss"] == ISSUER
    assert access["sub"] == person.person_id
    assert access["aud"] == ["https://api.example.com", ISSUER]
    assert access["client_id"] == "shop"
    assert access["exp"] - access["iat"] == 600
    assert access["scope"] == "openid profile email offline_access orders.read"
    assert access["amr"] == ["pwd", "otp", "mfa"]
    assert access["jti"]


def test_the_id_token_has_nonce_hash_assurance_and_released_attributes(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    claims = claims_of(tokens["id_token"])
    assert header_of(tokens["id_token"])["alg"] == "ES256"
    assert header_of(tokens["id_token"])["typ"] == "JWT"
    assert claims["aud"] == "shop"
    assert claims["nonce"] == "n-1"
    assert claims["at_hash"][:21] == challenge(tokens["access_token"])[:21]  # the first half of the same digest
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert claims["acr"] == "urn:ostiary:acr:mfa"
    assert claims["auth_time"] <= claims["iat"]
    assert claims["sid"]
    assert claims["name"] == "Ada Okonkwo"
    assert claims["preferred_username"] == "ada"
    assert claims["email"] == "ada@example.com"
    assert claims["groups"] == ["platform"]
    assert claims["department"] == "books"


def test_claims_come_only_with_their_scope(house: OidcHouse, browser: Browser) -> None:
    claims = claims_of(house.tokens(browser, scope="openid")["id_token"])
    assert {"name", "preferred_username", "email"}.isdisjoint(claims)


def test_without_offline_access_there_is_no_refresh_token(house: OidcHouse, browser: Browser) -> None:
    assert "refresh_token" not in house.tokens(browser, scope="openid")


def test_without_openid_there_is_no_id_token(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser, scope="orders.read")
    assert "id_token" not in tokens
    assert claims_of(tokens["access_token"])["aud"] == "https://api.example.com"


def test_every_token_verifies_with_the_published_keys(house: OidcHouse, browser: Browser) -> None:
    shop = house.tokens(browser)
    phone = house.tokens(browser, "phone", redirect_uri="http://127.0.0.1:50123/callback", scope="openid")
    keys = KeySet.of(house.people.keys.value.published)
    verify_jwt(shop["access_token"], keys, algorithms=frozenset({"ES256"}), typ="at+jwt")
    verify_jwt(shop["id_token"], keys, algorithms=frozenset({"ES256"}), typ="JWT")
    verify_jwt(phone["id_token"], keys, algorithms=frozenset({"RS256"}), typ="JWT")
    published = {key["kid"] for key in browser.get("/oauth2/jwks").json["keys"]}
    assert {header_of(token)["kid"] for token in (shop["id_token"], phone["id_token"])} <= published


def test_no_credential_is_in_the_trail(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    trail = str(house.people.events())
    for text in (tokens["access_token"], tokens["id_token"], tokens["refresh_token"], house.secret["shop"], VERIFIER):
        assert text not in trail
    [issued] = house.events("IssueToken")
    assert issued.details["jti"] == claims_of(tokens["access_token"])["jti"]
    assert issued.details["person"] == "ada"
    assert issued.actor_name == "shop"


def test_last_use_is_known_for_application_and_secret(house: OidcHouse, browser: Browser) -> None:
    house.tokens(browser)
    used = house.people.last_use.pending(Used.APPLICATION, "shop")
    assert used is not None
    assert used.source_ip == "198.51.100.7"
    [secret] = house.applications.value.by_client_id["shop"].secrets
    assert house.people.last_use.pending(Used.CLIENT_SECRET, secret.secret_id) is not None


def test_who_is_not_signed_in_signs_in_first_and_goes_on(house: OidcHouse, ada: Enrolled) -> None:
    browser = house.browser()
    to_sign_in = browser.get(authorize_path()).headers["location"]
    assert to_sign_in.startswith("/signin?return_to=%2Foauth2%2Fauthorize%3F")
    browser.get(to_sign_in)
    browser.get(browser.post(browser.action, {"username": "ada", "password": ada.password}).headers["location"])
    answer = browser.post(browser.action, {"code": ada.next_code()})
    go_on = answer.headers["refresh"].removeprefix("0; url=")
    assert "code" in answer_of(browser.get(go_on))


def test_a_posted_request_is_taken_to_the_same_place(house: OidcHouse, browser: Browser) -> None:
    query = authorize_path().partition("?")[2]
    result = browser.raw_post("/oauth2/authorize", query.encode(), Sec_Fetch_Site="cross-site")
    assert result.headers["location"].startswith("/oauth2/authorize?client_id=shop&")
    assert "code" in answer_of(browser.get(result.headers["location"]))


def test_prompt_none_asks_nobody(house: OidcHouse, ada: Enrolled, browser: Browser) -> None:
    assert "code" in answer_of(browser.get(authorize_path(prompt="none")))
    answer = answer_of(house.browser().get(authorize_path(prompt="none")))
    assert answer["error"] == "login_required"
    assert answer["state"] == "s t&te"
    assert answer["iss"] == ISSUER
    assert answer_of(browser.get(authorize_path(prompt="none", max_age="0")))["error"] == "login_required"


@pytest.mark.parametrize("wish", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account"}])
def test_a_fresh_proof_is_asked_for_once(
    house: OidcHouse, ada: Enrolled, browser: Browser, wish: dict[str, str]
) -> None:
    house.people.clock.advance(timedelta(seconds=31))
    to_sign_in = browser.get(authorize_path(**wish)).headers["location"]
    return_to = parse_qs(urlsplit(to_sign_in).query)["return_to"][0]
    # Coming back without having signed in anew does not help.
    assert browser.get(return_to).headers["location"].startswith("/signin?")
    sign_in(browser, ada)
    assert "code" in answer_of(browser.get(return_to))


def test_the_mark_of_a_fresh_proof_cannot_be_made_up_or_moved(
    house: OidcHouse, ada: Enrolled, browser: Browser
) -> None:
    house.people.clock.advance(timedelta(seconds=31))
    to_sign_in = browser.get(authorize_path(prompt="login")).headers["location"]
    mark = parse_qs(urlsplit(parse_qs(urlsplit(to_sign_in).query)["return_to"][0]).query)["ostiary_asked_at"][0]
    sign_in(browser, ada)
    moved = authorize_path(prompt="login", nonce="another") + f"&ostiary_asked_at={mark}"
    assert browser.get(moved).headers["location"].startswith("/signin?")
    micros, _, seal = mark.partition(".")
    older = authorize_path(prompt="login") + f"&ostiary_asked_at={int(micros) - 60_000_000}.{seal}"
    assert browser.get(older).headers["location"].startswith("/signin?")
    right = authorize_path(prompt="login") + f"&ostiary_asked_at={mark}"
    assert "code" in answer_of(browser.get(right))
    house.people.clock.advance(timedelta(minutes=16))
    assert browser.get(right).headers["location"].startswith("/signin?")


def test_an_old_proof_is_too_old_for_max_age(house: OidcHouse, ada: Enrolled, browser: Browser) -> None:
    assert "code" in answer_of(browser.get(authorize_path(max_age="300")))
    house.people.clock.advance(timedelta(seconds=301))
    assert browser.get(authorize_path(max_age="300")).headers["location"].startswith("/signin?")


def test_a_password_alone_gets_no_code(house: OidcHouse, ada: Enrolled) -> None:
    browser = house.browser()
    browser.get("/signin")
    browser.post("/signin", {"username": "ada", "password": ada.password})
    assert browser.get(authorize_path()).headers["location"].startswith("/signin?")


def test_who_is_in_no_group_of_the_application_is_denied_with_an_event(house: OidcHouse, browser: Browser) -> None:
    answer = answer_of(browser.get(authorize_path(client_id="other", scope="openid")))
    assert answer["error"] == "access_denied"
    [event] = house.events("AuthorizeApplication")
    assert event.outcome is Outcome.DENIED
    assert event.error_code == "access_denied"


def test_an_application_without_groups_is_for_nobody(house: OidcHouse, browser: Browser) -> None:
    from dataclasses import replace  # noqa: PLC0415 - here alone

    from oidc_house import SHOP  # noqa: PLC0415 - here alone

    house.put(replace(SHOP, groups=()))
    assert answer_of(browser.get(authorize_path()))["error"] == "access_denied"


def test_a_hint_of_another_person_needs_another_sign_in(house: OidcHouse, browser: Browser) -> None:
    id_token = house.tokens(browser)["id_token"]
    assert "code" in answer_of(browser.get(authorize_path(id_token_hint=id_token)))
    bob = house.people.enrol("bob")
    other = house.signed_in_browser(bob)
    assert answer_of(other.get(authorize_path(id_token_hint=id_token)))["error"] == "login_required"


def test_a_code_lives_for_a_minute(house: OidcHouse, browser: Browser) -> None:
    code = house.code(browser)
    house.people.clock.advance(timedelta(seconds=60))
    assert house.token(exchange(code)).json["error"] == "invalid_grant"


def test_a_code_dies_with_the_session_it_came_from(house: OidcHouse, ada: Enrolled, browser: Browser) -> None:
    code = house.code(browser)
    here = house.people.current.signed_in(browser.cookies["ostiary_session"], ada.signed_in().caller.origin)
    house.people.sessions.sign_out(here)
    assert house.token(exchange(code)).json["error"] == "invalid_grant"
