"""What a browser, a false application or a false redirect URI cannot get at the authorization endpoint."""

from __future__ import annotations

from dataclasses import replace

import pytest

from oidc_house import (
    CALLBACK,
    PHONE,
    SHOP,
    VERIFIER,
    OidcHouse,
    answer_of,
    authorize_path,
    claims_of,
    exchange,
)
from people_house import ISSUER, Enrolled
from web_browser import Browser

_PLAIN = {"code_challenge": VERIFIER, "code_challenge_method": "plain"}


@pytest.mark.parametrize(
    "redirect_uri",
    [
        CALLBACK + "/",
        CALLBACK + "/../evil",
        CALLBACK + "?x=1",
        CALLBACK + "#f",
        CALLBACK.upper(),
        CALLBACK[:-1],
        "https://shop.example.com.evil.example/callback",
        "https://shop.example.com@evil.example/callback",
        "https://shop.example.com:8443/callback",
        "https://shop.example.com/x/../callback",
        "https://shop.example.com/%63allback",
        "http://shop.example.com/callback",
        "//shop.example.com/callback",
        "javascript:alert(1)",
        "https://evil.example/\\shop.example.com/callback",
        "https://shop.example.com/other",
        "https://shop.example.com/other?keep=2",
        " " + CALLBACK,
        CALLBACK + "\n",
        None,
        "",
    ],
)
def test_nobody_is_sent_to_an_address_that_is_not_registered(
    house: OidcHouse, browser: Browser, redirect_uri: str | None
) -> None:
    result = browser.get(authorize_path(redirect_uri=redirect_uri))
    assert result.status_code == 400
    assert "location" not in result.headers
    assert result.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://127.0.0.1/callback",
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "com.example.phone:/callback",
    ],
)
def test_a_native_application_may_use_any_port_of_the_loopback_address(
    house: OidcHouse, browser: Browser, redirect_uri: str
) -> None:
    result = browser.get(authorize_path(client_id="phone", scope="openid", redirect_uri=redirect_uri))
    assert "code" in answer_of(result)


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:0/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://127.0.0.1:8080x/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.2:8080/callback",
        "http://localhost:8080/callback",
        "http://[::1]:8080/callback",
        "http://127.0.0.1:8080/callback/",
        "https://127.0.0.1:8080/callback",
        "com.example.phone:/callback2",
        "com.example.phone://evil.example/callback",
    ],
)
def test_only_the_port_of_a_loopback_address_is_free(house: OidcHouse, browser: Browser, redirect_uri: str) -> None:
    result = browser.get(authorize_path(client_id="phone", scope="openid", redirect_uri=redirect_uri))
    assert result.status_code == 400


def test_the_port_is_free_for_native_applications_only(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(SHOP, redirect_uris=("http://127.0.0.1:9000/callback",)))
    assert browser.get(authorize_path(redirect_uri="http://127.0.0.1:9001/callback")).status_code == 400
    assert "code" in answer_of(browser.get(authorize_path(redirect_uri="http://127.0.0.1:9000/callback")))


@pytest.mark.parametrize("client_id", ["nobody", "", "SHOP", "shop ", "robot", "batch", None])
def test_an_unknown_client_or_a_machine_sends_nobody_here(
    house: OidcHouse, browser: Browser, client_id: str | None
) -> None:
    result = browser.get(authorize_path(client_id=client_id))
    assert result.status_code == 400
    assert "location" not in result.headers


def test_a_disabled_application_sends_nobody_here(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(SHOP, enabled=False))
    assert browser.get(authorize_path()).status_code == 400


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        (_PLAIN, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"code_challenge": "x" * 44}, "invalid_request"),
        ({"code_challenge": "é" * 43}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "id_token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "form_post"}, "invalid_request"),
        ({"scope": None}, "invalid_scope"),
        ({"scope": "openid admin"}, "invalid_scope"),
        ({"scope": "openid  email"}, "invalid_scope"),
        ({"scope": 'openid "'}, "invalid_scope"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "other"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "1e3"}, "invalid_request"),
        ({"max_age": "٣"}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/request"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"id_token_hint": "not.a.token"}, "invalid_request"),
    ],
)
def test_a_verified_client_hears_what_was_wrong(
    house: OidcHouse, browser: Browser, changes: dict[str, str | None], error: str
) -> None:
    answer = answer_of(browser.get(authorize_path(**changes)))
    assert answer["error"] == error
    assert answer["iss"] == ISSUER
    assert answer["state"] == "s t&te"
    assert "code" not in answer


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "scope", "state", "code_challenge", "response_type"])
def test_a_parameter_that_is_there_twice_is_refused(house: OidcHouse, browser: Browser, name: str) -> None:
    result = browser.get(authorize_path() + f"&{name}=shop")
    assert result.status_code == 400
    assert "location" not in result.headers


def test_unknown_parameters_are_ignored(house: OidcHouse, browser: Browser) -> None:
    assert "code" in answer_of(browser.get(authorize_path(display="page", ui_locales="de", audience="x")))


def test_an_access_token_is_no_hint(house: OidcHouse, browser: Browser) -> None:
    access = house.tokens(browser)["access_token"]
    assert answer_of(browser.get(authorize_path(id_token_hint=access)))["error"] == "invalid_request"


def test_a_hint_for_another_application_is_refused(house: OidcHouse, browser: Browser) -> None:
    phone = house.tokens(browser, "phone", redirect_uri="http://127.0.0.1:7/callback", scope="openid")["id_token"]
    assert answer_of(browser.get(authorize_path(id_token_hint=phone)))["error"] == "invalid_request"


@pytest.mark.parametrize("verifier", [None, "", "x" * 43, VERIFIER + "x", VERIFIER[:-1], "x" * 42, "x" * 129, "é" * 43])
def test_a_code_needs_its_verifier_and_is_used_up_by_a_wrong_one(
    house: OidcHouse, browser: Browser, verifier: str | None
) -> None:
    code = house.code(browser)
    refused = house.token(exchange(code, code_verifier=verifier))
    assert refused.json["error"] == ("invalid_grant" if verifier else "invalid_request")
    if verifier:
        assert house.token(exchange(code)).json["error"] == "invalid_grant"


def test_a_code_is_good_for_its_own_redirect_uri_only(house: OidcHouse, browser: Browser) -> None:
    code = house.code(browser)
    other = exchange(code, redirect_uri="https://shop.example.com/other?keep=1")
    assert house.token(other).json["error"] == "invalid_grant"
    assert house.token(exchange(house.code(browser), redirect_uri=None)).json["error"] == "invalid_request"


def test_a_code_is_good_for_its_own_client_only(house: OidcHouse, browser: Browser) -> None:
    code = house.code(browser)
    assert house.token(exchange(code), "other").json["error"] == "invalid_grant"
    assert house.token(exchange(code), "phone").json["error"] == "invalid_grant"
    assert house.token(exchange(code)).json["error"] == "invalid_grant", "it was used up by the others"


def test_a_second_use_of_a_code_ends_the_tokens_of_the_first(house: OidcHouse, browser: Browser) -> None:
    code = house.code(browser)
    tokens = house.token(exchange(code)).json
    assert house.bearer(tokens["access_token"]).status_code == 200
    again = house.token(exchange(code))
    assert (again.status_code, again.json["error"]) == (400, "invalid_grant")
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert house.refreshed(tokens["refresh_token"]).json["error"] == "invalid_grant"
    [event] = house.events("ReuseAuthorizationCode")
    assert event.actor_name == "shop"


def test_a_person_disabled_before_the_exchange_gets_nothing(house: OidcHouse, browser: Browser, ada: Enrolled) -> None:
    from ostiary.domain.directory.model import PersonStatus  # noqa: PLC0415 - here alone

    code = house.code(browser)
    house.change("ada", status=PersonStatus.DISABLED)
    assert house.token(exchange(code)).json["error"] == "invalid_grant"


def test_a_person_moved_out_of_the_group_gets_nothing(house: OidcHouse, browser: Browser) -> None:
    code = house.code(browser)
    house.change("ada", groups=())
    assert house.token(exchange(code)).json["error"] == "invalid_grant"


def test_an_attribute_cannot_stand_in_for_a_claim_of_the_protocol(house: OidcHouse, browser: Browser) -> None:
    from ostiary.domain.directory.model import AttributeDefinition, AttributeType  # noqa: PLC0415 - here alone

    for name in ("sub", "aud", "amr", "email"):
        definition = AttributeDefinition(name, AttributeType.STRING, "hr")
        house.people.database.write(lambda tx, chosen=definition: tx.directory.put_attribute_definition(chosen))  # type: ignore[misc]
    house.change("ada", attributes={"sub": "root", "aud": "bank", "amr": "x", "email": "root@example.com"})
    house.put(replace(SHOP, claims=("sub", "aud", "amr", "email", "groups")))
    claims = claims_of(house.tokens(browser, scope="openid")["id_token"])
    assert claims["sub"] != "root"
    assert claims["aud"] == "shop"
    assert claims["amr"] == ["pwd", "otp", "mfa"]
    assert "email" not in claims


def test_a_registration_edited_behind_our_back_is_not_there(house: OidcHouse, browser: Browser) -> None:
    house.put(replace(SHOP, redirect_uris=("https://*.example.com/callback",)))
    assert "shop" in house.applications.value.unusable
    assert browser.get(authorize_path(redirect_uri="https://*.example.com/callback")).status_code == 400
    house.put(replace(PHONE, client_id="loud", redirect_uris=("http://app.example.com/callback",)))
    assert "loud" in house.applications.value.unusable
