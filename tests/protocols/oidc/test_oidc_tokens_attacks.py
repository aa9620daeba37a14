"""Forged, moved and foreign tokens at every place that takes one, and what may be learned about tokens at all."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from typing import Any

import pytest

from oidc_house import AFTER, OidcHouse, answer_of, authorize_path, claims_of, header_of
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.kit.crypto.jose import SigningKey, sign_jwt
from people_house import ISSUER
from web_browser import Browser

Forge = Callable[[str, SigningKey], str]


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _with_header(token: str, **changes: Any) -> str:
    header = {name: value for name, value in {**header_of(token), **changes}.items() if value is not None}
    return ".".join([_b64(json.dumps(header).encode()), *token.split(".")[1:]])


def _unsigned(alg: str) -> Forge:
    return lambda token, _key: _with_header(token, alg=alg).rpartition(".")[0] + "."


def _hmac(secret_of: Callable[[SigningKey], bytes]) -> Forge:
    def forge(token: str, key: SigningKey) -> str:
        signed = _with_header(token, alg="HS256").rpartition(".")[0]
        return f"{signed}.{_b64(hmac.digest(secret_of(key), signed.encode(), 'sha256'))}"

    return forge


def _changed_claims(token: str, _key: SigningKey) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{_b64(json.dumps({**claims_of(token), 'sub': 'root'}).encode())}.{signature}"


def _own_key(**header: Any) -> Forge:
    """Signed by the attacker's key, which the header brings along."""

    def forge(token: str, _key: SigningKey) -> str:
        mine = SigningKey.generate("ES256")
        changed = _with_header(token, jwk=mine.public_jwk(), **header).rpartition(".")[0]
        return f"{changed}.{_b64(mine.sign(changed.encode()))}"

    return forge


FORGERIES: dict[str, Forge] = {
    "none": _unsigned("none"),
    "None": _unsigned("None"),
    "NONE": _unsigned("NONE"),
    "nOnE": _unsigned("nOnE"),
    "empty alg": _unsigned(""),
    "hmac with the public key as JSON": _hmac(lambda key: json.dumps(key.public_jwk()).encode()),
    "hmac with the x coordinate": _hmac(lambda key: base64.urlsafe_b64decode(_x_of(key) + "==")),
    "hmac with nothing": _hmac(lambda _key: b""),
    "claims changed": _changed_claims,
    "key in the header": _own_key(),
    "jku": _own_key(jku="https://evil.example/keys"),
    "x5u": _own_key(x5u="https://evil.example/chain"),
    "x5c": _own_key(x5c=["MIIB"]),
    "kid path": lambda token, _key: _with_header(token, kid="../../etc/passwd"),
    "kid sql": lambda token, _key: _with_header(token, kid="' OR 1=1 --"),
    "no kid, wrong signature": lambda token, _key: _with_header(token, kid=None),
    "zero signature": lambda token, _key: token.rpartition(".")[0] + "." + _b64(bytes(64)),
    "crit": lambda token, _key: _with_header(token, crit=["exp"]),
    "b64": lambda token, _key: _with_header(token, b64=False),
    "zip": lambda token, _key: _with_header(token, zip="DEF"),
    "padded": lambda token, _key: token + "=",
    "two parts": lambda token, _key: token.rpartition(".")[0],
    "deep": lambda token, _key: ".".join([_b64(b'{"a":' * 50 + b"1" + b"}" * 50), *token.split(".")[1:]]),
    "twice alg": lambda token, _key: ".".join([_b64(b'{"alg":"none","alg":"ES256"}'), *token.split(".")[1:]]),
}


def _x_of(key: SigningKey) -> str:
    jwk = key.public_jwk()
    return jwk.get("x") or jwk["n"]


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_token_is_worth_nothing_anywhere(house: OidcHouse, browser: Browser, forge: Forge) -> None:
    tokens = house.tokens(browser)
    key = house.people.keys.value.signing["ES256"]
    access, hint = forge(tokens["access_token"], key), forge(tokens["id_token"], key)
    assert house.bearer(access).status_code == 401
    assert house.as_client("/oauth2/introspect", {"token": access}, "shop").json == {"active": False}
    assert house.as_client("/oauth2/revoke", {"token": access}, "shop").status_code == 200
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 200, "a forgery revokes nothing"
    assert answer_of(browser.get(authorize_path(id_token_hint=hint)))["error"] == "invalid_request"
    assert browser.get(f"/oauth2/logout?id_token_hint={hint}").status_code == 400
    assertion = forge(house.assertion()["client_assertion"], key)
    fields = {"grant_type": "client_credentials", **house.assertion(), "client_assertion": assertion}
    assert house.post("/oauth2/token", fields).status_code == 401


def test_an_id_token_is_no_access_token(house: OidcHouse, browser: Browser) -> None:
    id_token = house.tokens(browser)["id_token"]
    result = house.bearer(id_token)
    assert result.status_code == 401
    assert 'error="invalid_token"' in result.headers["www-authenticate"]
    assert house.as_client("/oauth2/introspect", {"token": id_token}, "shop").json == {"active": False}


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "https://api.example.com"},
        {"exp": 1},
        {"iat": 99999999999},
        {"exp": 99999999999},
        {"scope": 7},
        {"scope": "orders.read"},
        {"jti": None},
        {"client_id": "nobody"},
        {"sub": "nobody"},
        {"iat_us": None},
        {"sid": None},
    ],
    ids=json.dumps,
)
def test_our_own_key_alone_is_not_enough_at_userinfo(
    house: OidcHouse, browser: Browser, changes: dict[str, Any]
) -> None:
    good = claims_of(house.tokens(browser)["access_token"])
    claims = {name: value for name, value in {**good, **changes}.items() if value is not None}
    token = sign_jwt(house.people.keys.value.signing["ES256"], claims, typ="at+jwt")
    assert house.bearer(token).status_code in {401, 403}


def test_a_machine_learns_nothing_at_userinfo(house: OidcHouse) -> None:
    token = house.token({"grant_type": "client_credentials"}, "batch").json["access_token"]
    assert house.bearer(token).status_code == 401


def test_userinfo_wants_openid_and_says_so(house: OidcHouse, browser: Browser) -> None:
    claims = claims_of(house.tokens(browser)["access_token"])
    token = sign_jwt(house.people.keys.value.signing["ES256"], {**claims, "scope": "email"}, typ="at+jwt")
    result = house.bearer(token)
    assert result.status_code == 403
    assert 'error="insufficient_scope"' in result.headers["www-authenticate"]


def test_userinfo_answers_what_the_scopes_release_and_leaves_an_event(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    told = house.bearer(tokens["access_token"]).json
    assert told["sub"] == claims_of(tokens["id_token"])["sub"]
    assert told["email"] == "ada@example.com"
    assert told["groups"] == ["platform"]
    [event] = house.events("GetUserInfo")
    assert event.actor_name == "ada"


def test_userinfo_without_a_token_names_the_scheme_and_no_error(house: OidcHouse, browser: Browser) -> None:
    result = browser.get("/oauth2/userinfo?access_token=x")
    assert result.status_code == 401
    assert result.headers["www-authenticate"] == 'Bearer realm="ostiary"'


# Introspection.
def test_the_owner_of_a_token_learns_its_state(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    told = house.as_client("/oauth2/introspect", {"token": tokens["access_token"]}, "shop").json
    assert told["active"] is True
    assert told["username"] == "ada"
    assert told["client_id"] == "shop"
    refresh = house.as_client("/oauth2/introspect", {"token": tokens["refresh_token"]}, "shop").json
    assert refresh["active"] is True
    assert len(house.events("IntrospectToken")) == 2


def test_the_audience_of_a_token_learns_its_state_and_nobody_else(house: OidcHouse, browser: Browser) -> None:
    bob = house.people.enrol("bob")
    house.change("bob", groups=("support",))
    other = house.tokens(house.signed_in_browser(bob), "other", scope="openid")
    assert claims_of(other["access_token"])["aud"] == ["shop", ISSUER]
    assert house.as_client("/oauth2/introspect", {"token": other["access_token"]}, "shop").json["active"] is True
    mine = house.tokens(browser)
    for client, token in (("other", mine["access_token"]), ("other", mine["refresh_token"]), ("batch", "x")):
        assert house.as_client("/oauth2/introspect", {"token": token}, client).json == {"active": False}
    assert house.events("IntrospectToken")[0].outcome is Outcome.DENIED


def test_a_public_client_may_not_introspect(house: OidcHouse) -> None:
    assert house.as_client("/oauth2/introspect", {"token": "x"}, "phone").json["error"] == "unauthorized_client"


def test_a_used_refresh_token_is_not_active(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    house.refreshed(tokens["refresh_token"])
    told = house.as_client("/oauth2/introspect", {"token": tokens["refresh_token"]}, "shop").json
    assert told == {"active": False}


# Revocation.
def test_a_revoked_refresh_token_takes_its_family_along(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    result = house.as_client("/oauth2/revoke", {"token": tokens["refresh_token"]}, "shop")
    assert (result.status_code, result.text) == (200, "")
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert house.refreshed(tokens["refresh_token"]).json["error"] == "invalid_grant"
    assert len(house.events("RevokeToken")) == 1


def test_a_revoked_access_token_dies_alone(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    house.as_client("/oauth2/revoke", {"token": tokens["access_token"]}, "shop")
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 401
    assert house.refreshed(tokens["refresh_token"]).status_code == 200


def test_nobody_revokes_the_tokens_of_another(house: OidcHouse, browser: Browser) -> None:
    tokens = house.tokens(browser)
    for name in ("access_token", "refresh_token"):
        for client in ("batch", "phone"):
            result = house.as_client("/oauth2/revoke", {"token": tokens[name]}, client)
            assert result.json["error"] == "invalid_grant"
    house.refresh()
    assert house.bearer(tokens["access_token"]).status_code == 200
    assert house.refreshed(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("token", ["x", "ostr_x", "a.b.c"])
def test_revoking_what_is_unknown_succeeds_and_changes_nothing(house: OidcHouse, token: str) -> None:
    assert house.as_client("/oauth2/revoke", {"token": token}, "shop").status_code == 200
    assert house.events("RevokeToken") == []


# Signing out.
def _logout(**fields: str) -> str:
    from urllib.parse import urlencode  # noqa: PLC0415 - here alone

    return "/oauth2/logout?" + urlencode(fields)


def test_an_application_signs_out_the_session_of_its_own_id_token(house: OidcHouse, browser: Browser) -> None:
    id_token = house.tokens(browser)["id_token"]
    result = browser.get(_logout(id_token_hint=id_token, post_logout_redirect_uri=AFTER, state="s&1"))
    assert result.headers["location"] == AFTER + "&state=s%261"
    assert "ostiary_session" not in browser.cookies
    assert len(house.events("SignOut")) == 1


def test_a_link_that_anybody_can_make_asks_first(house: OidcHouse, browser: Browser) -> None:
    result = browser.get(_logout(client_id="shop", post_logout_redirect_uri=AFTER, state="s"))
    assert result.status_code == 200
    assert "Shop asks to sign you out" in result.text
    assert "https://shop.example.com;" in result.headers["content-security-policy"]
    assert house.events("SignOut") == []
    fields = {"client_id": "shop", "post_logout_redirect_uri": AFTER, "state": "s"}
    assert browser.post("/oauth2/logout", fields).headers["location"] == AFTER + "&state=s"
    assert len(house.events("SignOut")) == 1


def test_the_question_is_answered_by_our_own_page_only(house: OidcHouse, browser: Browser) -> None:
    browser.get("/oauth2/logout")
    assert browser.post("/oauth2/logout", {}, Sec_Fetch_Site="cross-site").status_code == 403
    assert browser.post("/oauth2/logout", {}, Origin="https://evil.example").status_code == 403
    assert browser.post("/oauth2/logout", {"csrf": "wrong"}).status_code == 403
    assert house.events("SignOut") == []


def test_an_id_token_of_an_older_session_asks_first(house: OidcHouse, browser: Browser, ada: Any) -> None:
    id_token = house.tokens(browser)["id_token"]
    newer = house.signed_in_browser(ada)
    assert "Do you want to sign out?" in newer.get(_logout(id_token_hint=id_token)).text


def test_a_posted_sign_out_puts_no_token_into_an_address(house: OidcHouse, browser: Browser) -> None:
    id_token = house.tokens(browser)["id_token"]
    body = _logout(id_token_hint=id_token, post_logout_redirect_uri=AFTER).partition("?")[2]
    result = browser.raw_post("/oauth2/logout", body.encode(), Sec_Fetch_Site="cross-site")
    assert result.status_code == 303
    assert id_token not in result.headers["location"]
    assert "Do you want to sign out?" in browser.get(result.headers["location"]).text


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", AFTER + "x", AFTER.replace("?from=ostiary", ""), "//evil.example", "javascript:alert(1)"],
)
def test_signing_out_is_no_open_redirect(house: OidcHouse, browser: Browser, target: str) -> None:
    id_token = house.tokens(browser)["id_token"]
    for who in ({"client_id": "shop"}, {"id_token_hint": id_token}, {}):
        for visitor in (browser, house.browser()):
            result = visitor.get(_logout(post_logout_redirect_uri=target, **who))
            assert result.status_code == 400
            assert "location" not in result.headers
    assert house.events("SignOut") == []


def test_a_target_of_another_application_is_refused(house: OidcHouse, browser: Browser) -> None:
    assert browser.get(_logout(client_id="phone", post_logout_redirect_uri=AFTER)).status_code == 400
    id_token = house.tokens(browser)["id_token"]
    assert browser.get(_logout(client_id="phone", id_token_hint=id_token)).status_code == 400
