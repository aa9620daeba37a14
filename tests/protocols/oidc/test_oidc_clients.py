"""Applications prove themselves in exactly the way that they are registered with, and get tokens for themselves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from falcon.testing import Result

from oidc_house import BATCH, CALLBACK, PHONE, ROBOT, ROBOT_KEY, SHOP, OidcHouse, basic, claims_of, exchange, header_of
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.applications.errors import InvalidApplication, UnknownApplication
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.applications.registration import check_application
from ostiary.domain.audit.caller import anonymous
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.kit.crypto.jose import SigningKey
from people_house import ISSUER, OPERATOR, from_network
from web_browser import Browser

GRANT = {"grant_type": "client_credentials"}
Post = Callable[[OidcHouse], Result]


def test_a_machine_gets_a_token_for_itself(house: OidcHouse) -> None:
    result = house.token(GRANT, "batch")
    assert result.headers["cache-control"] == "no-store"
    claims = claims_of(result.json["access_token"])
    assert claims["sub"] == claims["client_id"] == "batch"
    assert claims["aud"] == "https://api.example.com"
    assert claims["scope"] == "orders.read orders.write", "never a scope of people"
    assert {"refresh_token", "id_token"}.isdisjoint(result.json)
    assert header_of(result.json["access_token"])["typ"] == "at+jwt"
    [event] = house.events("IssueToken")
    assert event.details["jti"] == claims["jti"]
    assert event.actor_kind == "workload"
    assert event.source_ip == "198.51.100.7"


def test_a_machine_proves_itself_by_a_signed_assertion(house: OidcHouse) -> None:
    for audience in (ISSUER, ISSUER + "/oauth2/token"):
        result = house.post("/oauth2/token", {**GRANT, **house.assertion(aud=audience, jti=audience)})
        assert result.status_code == 200, result.text


def test_a_web_application_may_have_a_token_for_itself_without_the_scopes_of_people(house: OidcHouse) -> None:
    assert house.token(GRANT).json["scope"] == "orders.read"


@pytest.mark.parametrize("scope", ["openid", "offline_access", "orders.delete", "orders.read admin", "x" * 200])
def test_a_machine_gets_no_scope_that_it_does_not_have(house: OidcHouse, scope: str) -> None:
    assert house.token({**GRANT, "scope": scope}, "batch").json["error"] == "invalid_scope"


def test_a_public_client_cannot_act_for_itself(house: OidcHouse) -> None:
    assert house.token(GRANT, "phone").json["error"] == "unauthorized_client"


@pytest.mark.parametrize("grant", ["password", "implicit", "", "urn:ietf:params:oauth:grant-type:jwt-bearer"])
def test_other_grants_are_not_there(house: OidcHouse, grant: str) -> None:
    answer = house.token({"grant_type": grant, "username": "ada", "password": "x"}, "shop").json
    assert answer["error"] == ("unsupported_grant_type" if grant else "invalid_request")


def test_a_machine_cannot_exchange_codes(house: OidcHouse, browser: Browser) -> None:
    assert house.token(exchange(house.code(browser)), "batch").json["error"] == "unauthorized_client"


def test_a_resource_that_tokens_are_not_for_is_refused(house: OidcHouse) -> None:
    assert house.token({**GRANT, "resource": "https://api.example.com"}, "batch").status_code == 200
    assert house.token({**GRANT, "resource": "https://bank.example"}, "batch").json["error"] == "invalid_target"


def _wrong_ways() -> dict[str, Post]:
    def as_basic(header: str) -> Post:
        return lambda house: house.post("/oauth2/token", GRANT, Authorization=header)

    def fields(**more: str) -> Post:
        return lambda house: house.post("/oauth2/token", {**GRANT, **more})

    return {
        "wrong secret": as_basic(basic("batch", "ostc_wrong")),
        "no secret": as_basic(basic("batch", "")),
        "unknown client": as_basic(basic("nobody", "x")),
        "secret of another": lambda house: house.post(
            "/oauth2/token", GRANT, Authorization=basic("batch", house.secret["shop"])
        ),
        "confidential without proof": fields(client_id="batch"),
        "key client with a secret": as_basic(basic("robot", "x")),
        "secret client with a key": lambda house: house.post(
            "/oauth2/token", {**GRANT, **house.assertion(iss="batch", sub="batch")}
        ),
        "key client without proof": fields(client_id="robot"),
        "public client with a secret": as_basic(basic("phone", "x")),
        "very long name": as_basic(basic("x" * 5000, "x")),
    }


@pytest.mark.parametrize("way", _wrong_ways().values(), ids=_wrong_ways())
def test_a_client_without_its_own_proof_is_refused_in_one_way_for_all(house: OidcHouse, way: Post) -> None:
    result = way(house)
    assert result.status_code == 401
    assert result.json == {"error": "invalid_client", "error_description": "client authentication failed"}
    assert result.headers["www-authenticate"].startswith("Basic ")
    [event] = house.events("IssueToken")
    assert event.outcome is Outcome.FAILED
    assert event.actor_kind == "anonymous"


def _unreadable_ways() -> dict[str, Post]:
    def header(value: str) -> Post:
        return lambda house: house.post("/oauth2/token", GRANT, Authorization=value)

    def both(house: OidcHouse) -> Result:
        proof = basic("batch", house.secret["batch"])
        return house.post("/oauth2/token", {**GRANT, **house.assertion()}, Authorization=proof)

    def two_names(house: OidcHouse) -> Result:
        proof = basic("batch", house.secret["batch"])
        return house.post("/oauth2/token", {**GRANT, "client_id": "shop"}, Authorization=proof)

    def in_body(house: OidcHouse) -> Result:
        return house.post("/oauth2/token", {**GRANT, "client_id": "batch", "client_secret": house.secret["batch"]})

    encoded = base64.b64encode(b"batch").decode()
    return {
        "nothing": lambda house: house.post("/oauth2/token", GRANT),
        "two methods": both,
        "two names": two_names,
        "secret in the body": in_body,
        "bearer": header("Bearer x"),
        "not base64": header("Basic !!!"),
        "no colon": header(f"Basic {encoded}"),
        "not UTF-8": header("Basic " + base64.b64encode(b"batch:%ff").decode()),
        "assertion without type": lambda house: house.post(
            "/oauth2/token", {**GRANT, "client_assertion": house.assertion()["client_assertion"]}
        ),
        "wrong assertion type": lambda house: house.post(
            "/oauth2/token", {**GRANT, **house.assertion(), "client_assertion_type": "saml"}
        ),
    }


@pytest.mark.parametrize("way", _unreadable_ways().values(), ids=_unreadable_ways())
def test_a_request_names_its_client_in_exactly_one_readable_way(house: OidcHouse, way: Post) -> None:
    result = way(house)
    assert result.status_code == 400
    assert result.json["error"] == "invalid_request"


def test_two_secrets_are_valid_during_a_rotation_and_never_three(house: OidcHouse) -> None:
    first = house.secret["batch"]
    second = house.rotate("batch")
    for secret in (first, second):
        assert house.post("/oauth2/token", GRANT, Authorization=basic("batch", secret)).status_code == 200
    third = house.rotate("batch")
    assert house.post("/oauth2/token", GRANT, Authorization=basic("batch", first)).status_code == 401
    assert house.post("/oauth2/token", GRANT, Authorization=basic("batch", third)).status_code == 200
    assert len(house.events("RotateClientSecret")) == 5
    assert third not in str(house.people.events())


def test_a_secret_ends_with_its_life(house: OidcHouse) -> None:
    secret = house.rotate("batch", life=timedelta(days=1))
    house.people.clock.advance(timedelta(days=1))
    assert house.post("/oauth2/token", GRANT, Authorization=basic("batch", secret)).status_code == 401


def test_a_secret_is_rotated_by_who_may_for_clients_that_have_one(house: OidcHouse) -> None:
    with pytest.raises(AccessDenied):
        house.secrets.rotate(anonymous(from_network()), "batch")
    with pytest.raises(UnknownApplication):
        house.secrets.rotate(OPERATOR, "nobody")
    for client_id in ("robot", "phone"):
        with pytest.raises(InvalidApplication):
            house.secrets.rotate(OPERATOR, client_id)
    with pytest.raises(InvalidApplication):
        house.secrets.rotate(OPERATOR, "batch", life=timedelta(days=366))


def test_only_hashes_of_secrets_are_kept(house: OidcHouse) -> None:
    database = house.people.database
    database.write(lambda tx: None)
    assert database.engine.url.database is not None
    with open(database.engine.url.database, "rb") as file, open(database.engine.url.database + "-wal", "rb") as log:  # noqa: PTH123 - two at once
        kept = file.read() + log.read()
    assert b"batch" in kept
    assert house.secret["batch"].encode() not in kept


def test_a_flood_of_wrong_secrets_is_held_up_and_a_right_one_is_not(house: OidcHouse) -> None:
    wrong = basic("batch", "ostc_wrong")
    statuses = [house.post("/oauth2/token", GRANT, Authorization=wrong).status_code for _ in range(12)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    held_up = house.post("/oauth2/token", GRANT, Authorization=wrong)
    assert int(held_up.headers["retry-after"]) >= 1
    assert len(house.events("IssueToken")) < 12, "a flood does not fill the trail"
    assert house.token(GRANT, "batch").status_code == 200


def test_a_flood_as_a_public_client_does_not_fill_the_trail(house: OidcHouse) -> None:
    statuses = [house.token(exchange("x"), "phone").status_code for _ in range(12)]
    assert statuses[0] == 400
    assert statuses[-1] == 429
    assert len(house.events("IssueToken")) < 12


def test_a_disabled_application_gets_nothing(house: OidcHouse) -> None:
    house.put(replace(BATCH, enabled=False))
    assert house.token(GRANT, "batch").status_code == 401


# Client assertions: every claim that could be wrong, and every trick with the signature.
@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "batch"},
        {"sub": "batch"},
        {"sub": None},
        {"iss": None},
        {"aud": "https://elsewhere.example"},
        {"aud": [ISSUER, "https://elsewhere.example"]},
        {"aud": None},
        {"aud": ISSUER + "/"},
        {"aud": ISSUER + "/oauth2/introspect"},
        {"exp": None},
        {"exp": 1},
        {"exp": 99999999999, "iat": None},
        {"exp": 1e300, "iat": None},
        {"exp": "soon"},
        {"iat": 99999999999},
        {"nbf": 99999999999},
        {"jti": None},
        {"jti": ""},
        {"jti": 7},
        {"jti": "j" * 257},
    ],
    ids=json.dumps,
)
def test_an_assertion_with_a_wrong_claim_proves_nothing(house: OidcHouse, claims: dict[str, Any]) -> None:
    result = house.post("/oauth2/token", {**GRANT, **house.assertion(**claims)})
    assert (result.status_code, result.json["error"]) == (401, "invalid_client")


def test_an_assertion_lives_at_most_five_minutes_whatever_it_says(house: OidcHouse) -> None:
    now = int(house.people.clock.now().timestamp())
    tried: list[tuple[dict[str, Any], int]] = [
        ({"iat": now, "exp": now + 3600}, 200),
        ({"iat": now, "exp": 1e300}, 200),
        ({"iat": now - 299, "exp": now + 3600}, 200),
        ({"iat": now - 311, "exp": now + 3600}, 401),
        ({"iat": None, "exp": now + 299}, 200),
        ({"iat": None, "exp": now + 3600}, 401),
        ({"iat": 0, "exp": now + 60}, 401),
    ]
    for number, (claims, status) in enumerate(tried):
        fields = {**GRANT, **house.assertion(jti=f"life {number}", **claims)}
        assert house.post("/oauth2/token", fields).status_code == status, claims


def test_an_assertion_is_remembered_for_as_long_as_it_is_good(house: OidcHouse) -> None:
    now = int(house.people.clock.now().timestamp())
    once = house.assertion(jti="long", iat=now, exp=now + 3600)
    assert house.post("/oauth2/token", {**GRANT, **once}).status_code == 200
    for seconds in (1, 298, 10, 5, 20):
        house.people.clock.advance(timedelta(seconds=seconds))
        house.people.database.write(lambda tx: tx.tokens.delete_expired_tokens(house.people.clock.now()))
        assert house.post("/oauth2/token", {**GRANT, **once}).status_code == 401


def test_an_assertion_is_good_once(house: OidcHouse) -> None:
    once = house.assertion(jti="once")
    assert house.post("/oauth2/token", {**GRANT, **once}).status_code == 200
    assert house.post("/oauth2/token", {**GRANT, **once}).status_code == 401
    assert house.post("/oauth2/revoke", {"token": "x", **once}).status_code == 401, "at every endpoint"


@pytest.mark.parametrize("typ", ["at+jwt", "oauth-authz-req+jwt", "dpop+jwt", "secevent+jwt"])
def test_a_token_of_another_type_is_no_assertion(house: OidcHouse, typ: str) -> None:
    assert house.post("/oauth2/token", {**GRANT, **house.assertion(typ=typ)}).status_code == 401


def test_an_assertion_by_another_key_proves_nothing(house: OidcHouse) -> None:
    assert house.post("/oauth2/token", {**GRANT, **house.assertion(SigningKey.generate("ES256"))}).status_code == 401
    ours = house.people.keys.value.signing["ES256"]
    assert house.post("/oauth2/token", {**GRANT, **house.assertion(ours)}).status_code == 401


def test_another_name_beside_an_assertion_is_refused(house: OidcHouse) -> None:
    fields = {**GRANT, **house.assertion(), "client_id": "batch"}
    assert house.post("/oauth2/token", fields).status_code == 401
    assert house.post("/oauth2/token", {**GRANT, **house.assertion(), "client_id": "robot"}).status_code == 200


# Registrations.
@pytest.mark.parametrize(
    "application",
    [
        replace(SHOP, client_id="a b"),
        replace(SHOP, client_id="a:b"),
        replace(SHOP, client_id="0190b6a4-7c3e-7d2a-9f10-5b8e2c4d6f01"),
        replace(SHOP, redirect_uris=()),
        replace(SHOP, redirect_uris=("http://shop.example.com/callback",)),
        replace(SHOP, redirect_uris=("https://*.example.com/",)),
        replace(SHOP, redirect_uris=(CALLBACK + "#x",)),
        replace(SHOP, redirect_uris=("https://user@shop.example.com/",)),
        replace(SHOP, redirect_uris=("https://shop.example.com/a/../b",)),
        replace(SHOP, redirect_uris=("https:///callback",)),
        replace(SHOP, redirect_uris=("com.example.shop:/callback",)),
        replace(SHOP, redirect_uris=("javascript:alert(1)",)),
        replace(SHOP, post_logout_redirect_uris=("http://shop.example.com/",)),
        replace(SHOP, authentication=ClientAuthentication.NONE),
        replace(SHOP, id_token_alg="none"),
        replace(SHOP, id_token_alg="HS256"),
        replace(SHOP, scopes=("open id",)),
        replace(SHOP, jwks='{"keys": []}'),
        replace(SHOP, authentication=ClientAuthentication.PRIVATE_KEY_JWT),
        replace(PHONE, authentication=ClientAuthentication.SECRET_BASIC),
        replace(PHONE, redirect_uris=("phone:/callback",)),
        replace(PHONE, redirect_uris=("javascript:alert(1)",)),
        replace(ROBOT, jwks=""),
        replace(ROBOT, jwks='{"keys": []}'),
        replace(ROBOT, jwks='{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}'),
        replace(ROBOT, authentication=ClientAuthentication.NONE, jwks=""),
        replace(ROBOT, redirect_uris=(CALLBACK,)),
        replace(ROBOT, groups=("platform",)),
        replace(ROBOT, scopes=("offline_access",)),
    ],
)
def test_an_unsafe_registration_is_refused(application: Application) -> None:
    with pytest.raises(InvalidApplication):
        check_application(application)


def test_the_registrations_of_these_tests_are_safe() -> None:
    for application in (SHOP, PHONE, ROBOT, BATCH, replace(BATCH, kind=ApplicationKind.MACHINE, scopes=("openid",))):
        check_application(application)
    assert ROBOT_KEY.alg == "ES256"
