"""The table of sign-in policies and what an application asks meet at one place, and tokens tell the truth."""

from __future__ import annotations

import html
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from falcon.testing import Result

from oidc_house import PHONE, SHOP, OidcHouse, answer_of, authorize_path, claims_of, exchange
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.model import Passkey
from ostiary.domain.signin_policy.model import Factor, Prompt, ScopeKind, SignInPolicy
from people_house import Enrolled
from web_browser import Browser, sign_in

PASSWORD_AND_CODE = ("pwd", "otp", "mfa")
PASSKEY = ("swk", "user", "mfa")
HARDWARE = ("hwk", "user", "mfa")
BACK = "/oauth2/authorize?a=b"


def policy(house: OidcHouse, kind: ScopeKind, name: str, **said: object) -> None:
    house.people.put_policy(SignInPolicy(kind, name, **said))  # type: ignore[arg-type]


def of_shop(house: OidcHouse, **said: object) -> None:
    policy(house, ScopeKind.APPLICATION, "shop", **said)


def location(browser: Browser, **wish: str) -> str:
    return browser.get(authorize_path(**wish)).headers["location"]


def essential(*values: str, **more: object) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": list(values)}, **more}})


def give_passkey(house: OidcHouse, ada: Enrolled) -> None:
    person = ada.signed_in().person
    passkey = Passkey(
        factor_id="f1", person_id=person.person_id, name="Phone", credential_id=b"c", public_key=b"k", sign_count=0,
        aaguid="", transports=(), attestation="none", discoverable=True, backup_eligible=True, backed_up=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )  # fmt: skip
    house.people.database.write(lambda tx: tx.credentials.add_passkey(passkey))


# The table.
def test_an_application_that_asks_for_more_sends_to_a_stronger_proof_and_never_gives_a_code(
    house: OidcHouse, ada: Enrolled
) -> None:
    of_shop(house, required=AssuranceLevel.PHISHING_RESISTANT)
    browser = house.signed_in_browser(ada, PASSWORD_AND_CODE)
    to_confirm = location(browser)
    assert to_confirm.startswith("/signin/confirm?return_to=%2Foauth2%2Fauthorize")
    assert to_confirm.endswith("&need=phishing-resistant")
    back = parse_qs(urlsplit(to_confirm).query)["return_to"][0]
    assert browser.get(back).headers["location"].startswith("/signin/confirm?")
    assert "code" in answer_of(house.signed_in_browser(ada, PASSKEY).get(authorize_path()))


def test_who_was_asked_and_proved_too_little_is_answered_with_an_error(house: OidcHouse, ada: Enrolled) -> None:
    of_shop(house, required=AssuranceLevel.PHISHING_RESISTANT)
    browser = house.signed_in_browser(ada, PASSWORD_AND_CODE)
    back = parse_qs(urlsplit(location(browser)).query)["return_to"][0]
    house.people.clock.advance(timedelta(seconds=5))
    again = house.signed_in_browser(ada, PASSWORD_AND_CODE)
    assert answer_of(again.get(back))["error"] == "unmet_authentication_requirements"


def test_without_asking_a_weak_sign_in_gets_login_required(house: OidcHouse, ada: Enrolled) -> None:
    of_shop(house, required=AssuranceLevel.PHISHING_RESISTANT)
    browser = house.signed_in_browser(ada, PASSWORD_AND_CODE)
    assert answer_of(browser.get(authorize_path(prompt="none")))["error"] == "login_required"


def test_a_password_alone_gets_no_code_where_two_factors_are_required(house: OidcHouse, ada: Enrolled) -> None:
    assert location(house.signed_in_browser(ada, ("pwd",))).endswith("&need=multi-factor")


def test_a_familiar_browser_counts_where_prompts_go_by_context_but_the_token_says_what_was_proved(
    house: OidcHouse, ada: Enrolled
) -> None:
    policy(house, ScopeKind.DIRECTORY, "workforce", prompt=Prompt.CONTEXT)
    browser = with_password_where_she_is_trusted(house, ada)
    tokens = house.token(exchange(answer_of(browser.get(authorize_path()))["code"])).json
    claims = claims_of(tokens["id_token"])
    assert claims["amr"] == ["pwd"]
    assert claims["acr"] == "urn:ostiary:acr:single-factor"
    assert house.refreshed(tokens["refresh_token"]).status_code == 200
    of_shop(house, prompt=Prompt.ALWAYS)
    assert location(browser).endswith("&need=multi-factor")


def with_password_where_she_is_trusted(house: OidcHouse, ada: Enrolled) -> Browser:
    browser = house.browser()
    sign_in(browser, ada)
    del browser.cookies["ostiary_session"]
    browser.get("/signin")
    browser.post("/signin", {"username": ada.name, "password": ada.password})
    assert browser.get("/").status_code == 200
    return browser


def test_that_a_directory_goes_by_context_spares_nobody_what_only_an_application_requires(
    house: OidcHouse, ada: Enrolled
) -> None:
    asks_little = AssuranceLevel.SINGLE_FACTOR
    policy(house, ScopeKind.DIRECTORY, "workforce", prompt=Prompt.CONTEXT, required=asks_little)
    browser = house.signed_in_browser(ada, ("pwd",))
    assert "code" in answer_of(browser.get(authorize_path()))
    of_shop(house, required=AssuranceLevel.MULTI_FACTOR)
    assert location(browser).endswith("&need=multi-factor")


@pytest.mark.parametrize("stricter", [{"required": AssuranceLevel.PHISHING_RESISTANT}, {"factors": (Factor.PASSKEY,)}])
def test_what_was_proved_once_makes_no_new_tokens_when_the_rules_ask_for_more(
    house: OidcHouse, ada: Enrolled, stricter: dict[str, object]
) -> None:
    browser = house.signed_in_browser(ada)
    tokens = house.tokens(browser)
    code = house.code(browser)
    of_shop(house, **stricter)
    for answer in (house.refreshed(tokens["refresh_token"]), house.token(exchange(code))):
        assert (answer.status_code, answer.json["error"]) == (400, "invalid_grant")
    refused = house.events("IssueToken")[0]
    assert "ask for more by now" in refused.error_message


def test_a_factor_that_the_application_does_not_take_is_not_enough(house: OidcHouse, ada: Enrolled) -> None:
    of_shop(house, factors=(Factor.PASSKEY,))
    assert "/signin/confirm" in location(house.signed_in_browser(ada, PASSWORD_AND_CODE))
    assert "code" in answer_of(house.signed_in_browser(ada, PASSKEY).get(authorize_path()))
    of_shop(house, factors=(Factor.PASSWORD, Factor.TOTP))
    assert "/signin/confirm" in location(house.signed_in_browser(ada, PASSKEY))


def test_an_application_may_want_a_younger_sign_in_than_the_session_is(house: OidcHouse, ada: Enrolled) -> None:
    of_shop(house, session_minutes=10)
    browser = house.signed_in_browser(ada)
    assert "code" in answer_of(browser.get(authorize_path()))
    house.people.clock.advance(timedelta(minutes=10))
    assert "/signin/confirm" in location(browser)


def test_an_application_may_be_used_from_its_networks_only(house: OidcHouse, ada: Enrolled) -> None:
    of_shop(house, networks=("10.0.0.0/8",))
    browser = house.signed_in_browser(ada)
    assert answer_of(browser.get(authorize_path()))["error"] == "access_denied"
    [event] = house.events("AuthorizeApplication")
    assert "allowed network" in event.error_message
    of_shop(house, risk_deny_networks=("127.0.0.0/8",))
    assert answer_of(browser.get(authorize_path()))["error"] == "access_denied"
    of_shop(house, networks=("127.0.0.0/8",))
    assert "code" in answer_of(browser.get(authorize_path()))


def test_an_application_may_want_a_device_of_known_posture(house: OidcHouse, ada: Enrolled) -> None:
    of_shop(house, posture=("managed",))
    assert answer_of(house.signed_in_browser(ada).get(authorize_path()))["error"] == "access_denied"


# What the request asks.
@pytest.mark.parametrize(
    ("methods", "level", "name"),
    [
        (PASSWORD_AND_CODE, "urn:ostiary:acr:mfa", "urn:ostiary:acr:mfa"),
        (PASSKEY, "urn:ostiary:acr:mfa", "urn:ostiary:acr:mfa"),
        (PASSKEY, "", "phr"),
        (HARDWARE, "phrh", "phrh"),
        (HARDWARE, "phrh phr", "phrh"),
        (PASSKEY, "phr phrh", "phr"),
        (PASSWORD_AND_CODE, "", "urn:ostiary:acr:mfa"),
        (PASSWORD_AND_CODE, "https://refeds.org/profile/mfa", "https://refeds.org/profile/mfa"),
        (PASSWORD_AND_CODE, "https://elsewhere.example/loa3", "urn:ostiary:acr:mfa"),
    ],
)
def test_tokens_tell_by_the_name_that_was_asked_for_what_is_true(
    house: OidcHouse, ada: Enrolled, methods: tuple[str, ...], level: str, name: str
) -> None:
    browser = house.signed_in_browser(ada, methods)
    wish = {"acr_values": level} if level else {}
    code = answer_of(browser.get(authorize_path(**wish)))["code"]
    tokens = house.token(exchange(code)).json
    assert claims_of(tokens["id_token"])["acr"] == name
    assert claims_of(tokens["access_token"])["acr"] == name
    refreshed = house.token({"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}).json
    assert claims_of(refreshed["id_token"])["acr"] == name


def test_a_voluntary_wish_asks_only_who_can_fulfil_it_and_once(house: OidcHouse, ada: Enrolled) -> None:
    browser = house.signed_in_browser(ada, PASSWORD_AND_CODE)
    assert "code" in answer_of(browser.get(authorize_path(acr_values="phr")))
    give_passkey(house, ada)
    to_confirm = location(browser, acr_values="phr")
    assert to_confirm.endswith("&need=phishing-resistant")
    back = parse_qs(urlsplit(to_confirm).query)["return_to"][0]
    house.people.clock.advance(timedelta(seconds=5))
    code = answer_of(house.signed_in_browser(ada, PASSWORD_AND_CODE).get(back))["code"]
    assert claims_of(house.token(exchange(code)).json["id_token"])["acr"] == "urn:ostiary:acr:mfa"


def test_an_essential_wish_is_fulfilled_or_refused(house: OidcHouse, ada: Enrolled) -> None:
    give_passkey(house, ada)
    browser = house.signed_in_browser(ada, PASSWORD_AND_CODE)
    to_confirm = location(browser, claims=essential("phr"))
    back = parse_qs(urlsplit(to_confirm).query)["return_to"][0]
    house.people.clock.advance(timedelta(seconds=5))
    weak = answer_of(house.signed_in_browser(ada, PASSWORD_AND_CODE).get(back))
    assert weak["error"] == "unmet_authentication_requirements"
    assert "code" in answer_of(house.signed_in_browser(ada, PASSKEY).get(back))
    assert answer_of(browser.get(authorize_path(prompt="none", claims=essential("phr"))))["error"] == "login_required"


def test_a_name_that_is_not_ours_cannot_be_essential(house: OidcHouse, ada: Enrolled) -> None:
    browser = house.signed_in_browser(ada, PASSKEY)
    to_confirm = location(browser, claims=essential("urn:somebody:else"))
    back = parse_qs(urlsplit(to_confirm).query)["return_to"][0]
    house.people.clock.advance(timedelta(seconds=5))
    assert answer_of(house.signed_in_browser(ada, PASSKEY).get(back))["error"] == "unmet_authentication_requirements"


def test_claims_may_name_the_person(house: OidcHouse, ada: Enrolled) -> None:
    browser = house.signed_in_browser(ada)
    hers = json.dumps({"id_token": {"sub": {"value": ada.signed_in().person.person_id}}})
    assert "code" in answer_of(browser.get(authorize_path(claims=hers)))
    others = json.dumps({"id_token": {"sub": {"value": "somebody-else"}}})
    assert answer_of(browser.get(authorize_path(claims=others)))["error"] == "login_required"


@pytest.mark.parametrize(
    "claims",
    ["{", "[]", "7", '{"id_token": 7}', '{"id_token": {"acr": "phr"}}', '{"id_token": {"acr": {"values": "phr"}}}',
     '{"id_token": {"acr": {"essential": "yes"}}}', "[" * 3000, json.dumps({"more": "x" * 5000})],
)  # fmt: skip
def test_claims_that_are_none_are_refused(house: OidcHouse, ada: Enrolled, claims: str) -> None:
    browser = house.signed_in_browser(ada)
    assert answer_of(browser.get(authorize_path(claims=claims)))["error"] == "invalid_request"


@pytest.mark.parametrize(
    "claims", ['{"id_token": {"acr": null, "auth_time": {"essential": true}}}', '{"userinfo": {}}', "{}"]
)
def test_claims_that_ask_nothing_of_the_sign_in_change_nothing(house: OidcHouse, ada: Enrolled, claims: str) -> None:
    assert "code" in answer_of(house.signed_in_browser(ada).get(authorize_path(claims=claims)))


def test_the_metadata_says_what_may_be_asked(house: OidcHouse) -> None:
    document = house.browser().get("/.well-known/openid-configuration").json
    assert document["acr_values_supported"] == ["urn:ostiary:acr:single-factor", "urn:ostiary:acr:mfa", "phr", "phrh"]
    assert document["claims_parameter_supported"] is True


# Agreement.
def agreeing(house: OidcHouse) -> None:
    house.put(replace(SHOP, consent=True))


def answer_consent(browser: Browser, *, agree: str) -> Result:
    """With the hidden fields of the page that is open."""
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', browser.page))
    return browser.post("/consent", {name: html.unescape(value) for name, value in hidden.items()} | {"agree": agree})


def test_an_application_that_needs_agreement_gets_a_code_after_it_and_is_not_asked_for_again(
    house: OidcHouse, ada: Enrolled
) -> None:
    agreeing(house)
    browser = house.signed_in_browser(ada)
    to_consent = location(browser)
    assert to_consent.startswith("/consent?return_to=%2Foauth2%2Fauthorize")
    page = browser.get(to_consent).text
    assert "Shop" in page
    assert "your e-mail address" in page
    answer = answer_consent(browser, agree="yes")
    assert "code" in answer_of(browser.get(answer.headers["refresh"].removeprefix("0; url=")))
    assert "code" in answer_of(browser.get(authorize_path()))
    [event] = house.events("GiveConsent")
    assert event.details["scopes"] == ["openid", "profile", "email", "offline_access", "orders.read"]


def test_a_native_application_that_needs_agreement_asks_at_each_sign_in(house: OidcHouse, ada: Enrolled) -> None:
    house.put(replace(PHONE, consent=True))
    browser = house.signed_in_browser(ada)
    wanted = {
        "client_id": "phone",
        "redirect_uri": "http://127.0.0.1:49152/callback",
        "scope": "openid",
    }
    for _ in range(2):
        browser.get(location(browser, **wanted))
        answer = answer_consent(browser, agree="yes")
        assert "code" in answer_of(browser.get(answer.headers["refresh"].removeprefix("0; url=")))
    browser.get(location(browser, **wanted))
    answer = answer_consent(browser, agree="yes")
    house.people.clock.advance(timedelta(minutes=2))
    late = browser.get(answer.headers["refresh"].removeprefix("0; url="))
    assert late.headers["location"].startswith("/consent?"), "another program may have taken her there"


def test_more_scopes_need_more_agreement(house: OidcHouse, ada: Enrolled) -> None:
    agreeing(house)
    browser = house.signed_in_browser(ada)
    browser.get(location(browser, scope="openid"))
    answer_consent(browser, agree="yes")
    assert "code" in answer_of(browser.get(authorize_path(scope="openid")))
    assert location(browser, scope="openid email").startswith("/consent?")


def test_who_does_not_agree_goes_back_with_a_refusal_and_nothing_is_kept(house: OidcHouse, ada: Enrolled) -> None:
    agreeing(house)
    browser = house.signed_in_browser(ada)
    browser.get(location(browser))
    answer = answer_consent(browser, agree="no")
    back = answer_of(browser.get(answer.headers["refresh"].removeprefix("0; url=")))
    assert back["error"] == "access_denied"
    assert back["state"] == "s t&te"
    assert house.events("GiveConsent") == []
    assert answer_of(browser.get(authorize_path(prompt="none")))["error"] == "consent_required"


def test_an_application_may_ask_for_agreement_anew(house: OidcHouse, ada: Enrolled) -> None:
    agreeing(house)
    browser = house.signed_in_browser(ada)
    for _ in range(2):
        house.people.clock.advance(timedelta(seconds=5))
        to_consent = location(browser, prompt="consent")
        assert to_consent.startswith("/consent?")
        browser.get(to_consent)
        answer = answer_consent(browser, agree="yes")
        assert "code" in answer_of(browser.get(answer.headers["refresh"].removeprefix("0; url=")))


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?client_id=shop&scope=openid",
        "?client_id=shop&scope=openid&return_to=https://evil.example",
        f"?client_id=nobody&scope=openid&return_to={BACK}",
        f"?client_id=shop&scope=root&return_to={BACK}",
        f"?client_id=robot&scope=orders.read&return_to={BACK}",
        f"?client_id=shop&scope=&return_to={BACK}",
    ],
)
def test_the_page_of_agreement_is_no_way_to_anywhere_else(house: OidcHouse, ada: Enrolled, query: str) -> None:
    assert house.signed_in_browser(ada).get(f"/consent{query}").status_code == 400


def test_agreement_needs_our_own_form(house: OidcHouse, ada: Enrolled) -> None:
    agreeing(house)
    browser = house.signed_in_browser(ada)
    body = b"client_id=shop&scope=openid&return_to=%2Foauth2%2Fauthorize%3Fa%3Db&agree=yes"
    assert browser.raw_post("/consent", body).status_code == 403
    assert house.events("GiveConsent") == []
