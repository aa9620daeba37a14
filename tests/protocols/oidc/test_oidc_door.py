"""What the door says of itself, and that every operation has a permission and every error a wire form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from falcon.testing import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oidc_house import BATCH, CALLBACK, PHONE, SHOP, OidcHouse, authorize_path, basic, copy_of, exchange
from ostiary.domain.applications.errors import ClientRefused
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Door, Origin
from ostiary.domain.audit.errors import DomainError, UnstorableText
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.tokens import errors as token_errors
from ostiary.domain.tokens import permissions
from ostiary.domain.tokens.errors import ApplicationForbidden, UnauthorizedClient
from ostiary.domain.tokens.permissions import PERMISSIONS, Operation, Rule, check_client, check_member
from ostiary.protocols.oidc.errors import describable, wire_error
from ostiary.protocols.oidc.routes import ENDPOINTS
from people_house import ISSUER, Enrolled
from web_browser import Browser

_CLIENT = Caller(
    arn=BATCH.arn, account="1", kind=CallerKind.WORKLOAD, name="batch", origin=Origin(Door.OIDC), user_id="batch"
)
_PERSON = replace(_CLIENT, kind=CallerKind.PERSON, assurance=Assurance(("pwd", "otp", "mfa")))


# Permissions.
def test_every_operation_has_a_row_and_every_endpoint_an_operation() -> None:
    assert set(PERMISSIONS) == set(Operation)
    served = [operation for endpoint in set(ENDPOINTS.values()) for operation in endpoint.operations]
    assert sorted(served) == sorted(Operation), "each by exactly one endpoint"


def test_what_leaves_a_credential_or_changes_something_names_its_event() -> None:
    silent = {operation for operation, row in PERMISSIONS.items() if row.event is None}
    assert silent == {Operation.LOGOUT, Operation.JWKS, Operation.DISCOVERY}
    assert PERMISSIONS[Operation.REFRESH].event is EventName.ISSUE_TOKEN


def test_an_operation_without_a_row_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    check_client(Operation.CLIENT_CREDENTIALS, _CLIENT, BATCH)
    check_member(Operation.AUTHORIZE, _PERSON, ("platform",), SHOP)
    monkeypatch.setattr(permissions, "PERMISSIONS", {})
    with pytest.raises(UnauthorizedClient):
        check_client(Operation.CLIENT_CREDENTIALS, _CLIENT, BATCH)
    with pytest.raises(ApplicationForbidden):
        check_member(Operation.AUTHORIZE, _PERSON, ("platform",), SHOP)


@pytest.mark.parametrize("operation", [o for o in Operation if PERMISSIONS[o].rule is not Rule.OWN])
def test_an_application_has_only_what_is_its_own(operation: Operation) -> None:
    with pytest.raises(UnauthorizedClient):
        check_client(operation, _CLIENT, BATCH)


@pytest.mark.parametrize(
    "caller", [replace(_CLIENT, arn=SHOP.arn), replace(_CLIENT, kind=CallerKind.ANONYMOUS), _PERSON]
)
def test_an_application_is_acted_on_by_itself_alone(caller: Caller) -> None:
    with pytest.raises(UnauthorizedClient):
        check_client(Operation.CLIENT_CREDENTIALS, caller, BATCH)


def test_a_person_needs_a_proof_and_a_group() -> None:
    for caller, groups in (
        (replace(_PERSON, assurance=Assurance()), ("platform",)),
        (_PERSON, ()),
        (_PERSON, ("support",)),
        (_CLIENT, ("platform",)),
    ):
        with pytest.raises(ApplicationForbidden):
            check_member(Operation.AUTHORIZE, caller, groups, SHOP)
    with pytest.raises(ApplicationForbidden):
        check_member(Operation.AUTHORIZE, _PERSON, ("platform",), replace(BATCH, groups=("platform",)))


# Errors.
def _kinds(kind: type[DomainError]) -> Iterator[type[DomainError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)


def _leaves() -> list[type[DomainError]]:
    mine = [k for k in _kinds(DomainError) if k.__module__ == token_errors.__name__ and not k.__subclasses__()]
    return sorted([*mine, ClientRefused, Throttled, UnstorableText], key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", _leaves())
def test_every_error_of_the_room_has_a_wire_form(kind: type[DomainError]) -> None:
    assert wire_error(kind.__new__(kind)) is not None


def test_an_error_description_is_what_the_standard_allows() -> None:
    assert describable('a "quote", a \\, a line\nand é') == "a ?quote?, a ?, a line?and ?"


# Metadata.
def test_the_metadata_names_every_endpoint_that_is_there(house: OidcHouse) -> None:
    client = TestClient(house.app, headers={"Host": "localhost:8000"})
    openid, oauth = (client.simulate_get(f"/.well-known/{name}") for name in _METADATA)
    assert openid.json == oauth.json
    assert openid.json["issuer"] == ISSUER
    named = {value.removeprefix(ISSUER) for value in openid.json.values() if str(value).startswith(ISSUER + "/")}
    assert named == {path for path in ENDPOINTS if not path.startswith("/.well-known/")}
    assert openid.json["code_challenge_methods_supported"] == ["S256"]
    assert openid.json["request_uri_parameter_supported"] is False


_METADATA = ("openid-configuration", "oauth-authorization-server")


def test_only_what_is_public_may_be_read_by_scripts_of_other_sites(house: OidcHouse, browser: Browser) -> None:
    allowed = {
        path
        for path in ENDPOINTS
        if "access-control-allow-origin" in browser.get(path, Origin="https://evil.example").headers
    }
    assert allowed == {*(f"/.well-known/{name}" for name in _METADATA), "/oauth2/jwks"}
    answer = house.post("/oauth2/token", {"grant_type": "client_credentials"}, Origin="https://evil.example")
    assert "access-control-allow-origin" not in answer.headers


def test_published_keys_are_public(house: OidcHouse, browser: Browser) -> None:
    keys = browser.get("/oauth2/jwks").json["keys"]
    assert {key["alg"] for key in keys} == {"ES256", "RS256"}
    assert all({"d", "p", "q", "k"}.isdisjoint(key) for key in keys)


# Whatever is sent, the answer is this protocol's own and never a fault of ours.
@pytest.fixture(scope="module")
def standing(
    made_once: tuple[OidcHouse, Enrolled], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OidcHouse, Browser]]:
    with copy_of(made_once[0], tmp_path_factory.mktemp("standing")) as house:
        ada = Enrolled(house.people, made_once[1].name, made_once[1].password, made_once[1].secret)
        yield house, house.signed_in_browser(ada)


_WORDS = """
grant_type code redirect_uri code_verifier refresh_token scope client_id client_secret client_assertion token state
client_assertion_type token_type_hint resource response_type nonce code_challenge code_challenge_method prompt max_age
id_token_hint request csrf request_uri post_logout_redirect_uri ostiary_asked_at response_mode login_hint
"""
_TEXTS = """
client_credentials authorization_code refresh_token shop batch phone robot code S256 openid none login ostr_x a.b.c
e30.e30.e30 0 1.2
"""
_NAMES = st.sampled_from(_WORDS.split())
_VALUES = st.one_of(
    st.text(max_size=60),
    st.sampled_from([*_TEXTS.split(), CALLBACK, "osta_" + "0" * 70]),
)
_FORMS = st.dictionaries(_NAMES, _VALUES, max_size=8)
_AUTHORIZATIONS = st.one_of(
    st.none(),
    st.sampled_from(["Basic", "Basic ", "Bearer x", "Bearer a.b.c", basic("shop", "x"), basic("phone", "x"), "DPoP x"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=60),
)
_QUICK = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _is_proper(status: int, body: str, media_type: str) -> bool:
    if status >= 500:
        return False
    return status < 400 or not body or not media_type.startswith("application/json") or "error" in json.loads(body)


@_QUICK
@given(
    path=st.sampled_from(["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect", "/oauth2/userinfo"]),
    form=_FORMS,
    authorization=_AUTHORIZATIONS,
)
def test_no_form_makes_a_client_endpoint_fail(
    standing: tuple[OidcHouse, Browser], path: str, form: dict[str, str], authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    encoded = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    result = standing[0].post(path, encoded, **headers)
    assert _is_proper(result.status_code, result.text, result.headers.get("content-type", "")), result.text


@_QUICK
@given(form=_FORMS, client=st.sampled_from(["shop", "batch", "robot", "phone"]))
def test_no_form_of_a_proved_client_makes_the_token_endpoint_fail(
    standing: tuple[OidcHouse, Browser], form: dict[str, str], client: str
) -> None:
    encoded = {name: value.encode("utf-8", "replace").decode() for name, value in form.items()}
    chosen = {name: value for name, value in encoded.items() if not name.startswith("client_")}
    for path in ("/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"):
        result = standing[0].as_client(path, chosen, client)
        assert _is_proper(result.status_code, result.text, result.headers.get("content-type", "")), result.text


@_QUICK
@given(changes=_FORMS, signed_in=st.booleans())
def test_no_request_makes_the_authorization_endpoint_fail(
    standing: tuple[OidcHouse, Browser], changes: dict[str, str], *, signed_in: bool
) -> None:
    house, browser = standing
    visitor = browser if signed_in else house.browser()
    encoded: dict[str, Any] = {name: value.encode("utf-8", "replace").decode() for name, value in changes.items()}
    result = visitor.get(authorize_path(**encoded))
    assert result.status_code in {303, 400}, result.text
    if result.status_code == 303:
        location = result.headers["location"]
        assert location.startswith((CALLBACK + "?", "/signin?", PHONE.redirect_uris[0])), location
    logout = visitor.get("/oauth2/logout?" + authorize_path(**encoded).partition("?")[2])
    assert logout.status_code < 500


@_QUICK
@given(
    body=st.binary(max_size=200),
    path=st.sampled_from(sorted(ENDPOINTS)),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "application/json", "text/plain", ""]),
)
def test_no_bytes_make_an_endpoint_fail(standing: tuple[OidcHouse, Browser], body: bytes, path: str, kind: str) -> None:
    headers = {"Host": "localhost:8000", "Content-Type": kind}
    result = TestClient(standing[0].app).simulate_post(path, body=body, headers=headers)
    assert result.status_code < 500


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET", "OPTIONS", "HEAD"])
def test_other_methods_are_answered_as_oauth_answers(house: OidcHouse, method: str) -> None:
    client = TestClient(house.app, headers={"Host": "localhost:8000"})
    result = client.simulate_request(method, "/oauth2/token")
    assert result.status_code in {200, 405}
    if result.status_code == 405 and method != "HEAD":
        assert result.json["error"] == "invalid_request"


def test_a_body_that_is_too_large_or_of_another_kind_is_refused(house: OidcHouse) -> None:
    large = house.post("/oauth2/token", "x=" + "y" * 70_000)
    assert (large.status_code, large.json["error"]) == (413, "invalid_request")
    other = house.post("/oauth2/token", "{}", Content_Type="application/json")
    assert (other.status_code, other.json["error"]) == (415, "invalid_request")
    twice = house.post("/oauth2/token", "grant_type=x&grant_type=y")
    assert (twice.status_code, twice.json["error"]) == (400, "invalid_request")


def test_a_very_long_request_is_refused_before_anybody_signs_in(house: OidcHouse) -> None:
    visitor = house.browser()
    assert "error=invalid_request" in visitor.get(authorize_path(login_hint="x" * 8000)).headers["location"]
    assert visitor.get(authorize_path(state="x" * 20_000)).status_code == 400


def test_codes_are_looked_for_by_their_hash(house: OidcHouse, browser: Browser) -> None:
    code = house.code(browser)
    flipped = code[:10] + ("0" if code[10] != "0" else "1") + code[11:]
    assert house.token(exchange(flipped)).json["error"] == "invalid_grant"
    assert house.token(exchange(code)).status_code == 200
