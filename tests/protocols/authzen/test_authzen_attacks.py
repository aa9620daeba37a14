"""What does somebody try who may not ask, or wants another answer than the policies give?"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.tokens import access_token, id_token
from ostiary.domain.tokens.access_token import OnBehalfOf
from ostiary.kit.clock import SystemClock, from_micros, to_micros
from ostiary.kit.crypto.jose import SigningKey
from parts.authzen_world import BETH, MORTY, OTHER_ACCOUNT, World, ask, entity

READ = ask(f"person/{BETH}", "can_read_todos", "todo/1")
CREATE = ask(f"person/{BETH}", "can_create_todo", "todo/1")
PATHS = ["evaluation", "evaluations", "search/subject", "search/resource", "search/action"]


def with_token(world: World, token: str, path: str = "evaluation") -> httpx.Response:
    return world.post("", path, READ, Authorization=f"Bearer {token}")


# --- who asks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_without_a_token_nothing_is_answered(world: World, path: str) -> None:
    answer = world.post("", path, READ)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="ostiary"'
    for header in ("Bearer", "Bearer x.y.z", "Basic dG9kbzp0b2Rv", "bearer", f"Token {world.token('todo')}"):
        answer = world.post("", path, READ, Authorization=header)
        assert answer.status_code == 401, header
        assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_a_token_for_another_resource_server_is_refused(world: World) -> None:
    answer = world.token_answer("todo")
    assert answer.status_code == 200
    refused = with_token(world, answer.json()["access_token"])
    api = f"{world.server.base_url}/access/v1"
    assert (refused.status_code, f"`resource={api}`" in refused.text) == (401, True)
    assert with_token(world, world.token("todo")).status_code == 200
    elsewhere = world.token_answer("todo", resource=f"{api}/")
    assert (elsewhere.status_code, elsewhere.json()["error"]) == (400, "invalid_target")
    assert elsewhere.json()["error_description"].endswith(f"leave it out, or ask for `{api}`")


def test_a_token_for_the_access_api_is_no_use_for_others(world: World) -> None:
    answer = httpx.get(
        f"{world.server.base_url}/oauth2/userinfo",
        headers={"Authorization": f"Bearer {world.token('todo')}"},
        trust_env=False,
    )
    assert answer.status_code == 401


@pytest.fixture(scope="module")
def keys(world: World) -> Iterator[ServerKeys]:
    """The server's own, to sign what it would never sign."""
    with open_house(DataDirectory(world.server.data_dir)) as house:
        yield house.remembered.keys.value


def application(client_id: str = "todo", **changes: Any) -> Application:
    return Application(
        client_id=client_id,
        name=client_id,
        kind=ApplicationKind.MACHINE,
        authentication=ClientAuthentication.SECRET_BASIC,
        owner="operator",
        created_at=SystemClock().now(),
        **changes,
    )


def minted(
    world: World, key: SigningKey, client: Application, *, age: float = 0, person: OnBehalfOf | None = None, **more: str
) -> str:
    now = from_micros(to_micros(SystemClock().now()) - int(age * 1_000_000))
    options = {"audience": world.access_api, **more}
    issuer = world.server.base_url
    return access_token.mint(
        key, issuer=issuer, application=client, scopes=(), now=now, on_behalf_of=person, **options
    ).text


def ada() -> OnBehalfOf:
    return OnBehalfOf("01890000-0000-7000-8000-000000000001", "s", "f", ("pwd", "otp", "mfa"), SystemClock().now())


def test_only_a_fresh_token_of_a_known_application_for_itself_is_taken(world: World, keys: ServerKeys) -> None:
    key = keys.signing["ES256"]
    assert with_token(world, minted(world, key, application())).status_code == 200
    refused = {
        "expired": minted(world, key, application(), age=601),
        "of a stranger's key": minted(world, SigningKey.generate("ES256"), application()),
        "of a person": minted(world, key, application(), person=ada()),
        "of an unknown application": minted(world, key, application("nobody")),
        "for the issuer": minted(world, key, application(), audience=world.server.base_url),
        "for two": minted(world, key, application(audience=world.access_api), audience=""),
        "of another algorithm": minted(world, keys.signing["RS256"], application()),
    }
    both = application(audience=world.access_api, scopes=("openid",))
    refused["for two"] = access_token.mint(
        key, issuer=world.server.base_url, application=both, scopes=("openid",), now=SystemClock().now()
    ).text
    for what, token in refused.items():
        assert with_token(world, token).status_code == 401, what


def test_an_id_token_is_no_access_token(world: World, keys: ServerKeys) -> None:
    minted_access = access_token.mint(
        keys.signing["ES256"],
        issuer=world.server.base_url,
        application=application(),
        scopes=(),
        now=SystemClock().now(),
    )
    token = id_token.mint(
        keys.signing["ES256"],
        issuer=world.server.base_url,
        application=application(),
        proved=ada(),
        released={"aud": world.access_api, "client_id": "todo"},
        access_token=minted_access.text,
        nonce="",
        now=SystemClock().now(),
    )
    assert with_token(world, token).status_code == 401


@pytest.mark.parametrize("path", PATHS)
def test_an_application_without_a_policy_may_ask_nothing(world: World, path: str) -> None:
    answer = world.post("mute", path, READ)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/plain")


def test_an_application_asks_about_its_own_resources_alone(world: World) -> None:
    for resource in ("x/arn:aws:records:::record/1", f"x/arn:aws:records::{world.account}:todo/1"):
        assert world.post("todo", "evaluation", ask("role/reader", "records:read", resource)).status_code == 403
    # The service of the action makes the ARN: one of another service is another resource.
    assert world.post("todo", "evaluation", ask("role/reader", "records:read", "todo/1")).status_code == 403
    for tried in ("../record/1", "1:record/2", "1/../../x"):
        assert world.post("todo", "evaluation", ask(f"person/{BETH}", "can_read_todos", f"todo/{tried}")).is_success


def test_claimed_tags_do_not_widen_what_an_application_may_ask_about(world: World) -> None:
    question = ask("role/reader", "records:read", "record/1", properties={"open": "yes"})
    assert world.post("tagged", "evaluation", question).status_code == 403
    # A role of ours carries the tag.
    assert world.post("tagged", "evaluation", ask("role/reader", "sts:AssumeRole", "role/deputy")).status_code == 200


def test_a_refusal_does_not_tell_whether_a_secret_exists(world: World) -> None:
    texts = {
        world.post(
            "todo", "evaluation", ask("role/reader", "secretsmanager:GetSecretValue", f"secret/{name}")
        ).text.replace(name, "X")
        for name in ("shop/db", "shop/no")
    }
    assert len(texts) == 1
    explained = world.evaluate("auditor", ask("iam-user/old", "secretsmanager:GetSecretValue", "secret/shop/db"))
    assert "shop/db-" not in str(explained)


def test_resources_and_subjects_of_another_account_stay_apart(world: World) -> None:
    todo = f"todo/arn:aws:todo::{OTHER_ACCOUNT}:todo/1"
    assert world.post("todo", "evaluation", ask("role/reader", "can_read_todos", todo)).status_code == 403
    elsewhere = f"role/arn:aws:iam::{OTHER_ACCOUNT}:role/elsewhere"
    assert not world.may("vault", ask(elsewhere, "secretsmanager:GetSecretValue", "secret/shop/db"))
    found = world.search("vault", "resource", ask("role/reader", "sts:AssumeRole", "role"))
    assert all(f":{world.account}:" in one["id"] for one in found["results"])


# --- what is claimed -------------------------------------------------------------------------------------------------

PRINCIPAL_KEYS = {
    "aws:PrincipalTag/team": "red",
    "AWS:PRINCIPALTAG/Team": "red",
    "aws:PrincipalArn": "arn:aws:iam::1:root",
    "aws:PrincipalAccount": "1",
    "aws:PrincipalOrgID": "o-1",
    "aws:username": "rick",
    "aws:userid": "x",
    "aws:MultiFactorAuthPresent": "true",
    "aws:SourceIdentity": "rick",
    "aws:CurrentTime": "2020-01-01T00:00:00Z",
    "aws:ResourceTag/ownerID": BETH,
    "aws:ResourceAccount": "1",
    "aws:FederatedProvider": "x",
    "ostiary:AuthenticationMethods": ["mfa"],
    "ostiary:Door": "aws",
    "ostiary:Anything": "x",
    "secretsmanager:ResourceTag/team": "red",
    "authzen:SubjectProperty/role": "admin",
    "issuer.example.org:sub": "x",
    "saml:sub": "x",
    "aws:NotYetInvented": "x",
}


@pytest.mark.parametrize("key", PRINCIPAL_KEYS)
def test_what_the_server_knows_cannot_be_stated(world: World, key: str) -> None:
    answer = world.post("todo", "evaluation", {**CREATE, "context": {key: PRINCIPAL_KEYS[key]}})
    assert answer.status_code == 400
    assert world.post("todo", "search/action", {**READ, "context": {key: PRINCIPAL_KEYS[key]}}).status_code == 400
    batch = {**CREATE, "evaluations": [{"context": {key: PRINCIPAL_KEYS[key]}}]}
    assert world.post("todo", "evaluations", batch).json()["evaluations"][0]["decision"] is False


def test_properties_never_stand_for_attributes_of_the_directory(world: World) -> None:
    own = ask(f"person/{BETH}", "can_update_todo", "todo/1", properties={"ownerID": MORTY})
    own["subject"]["properties"] = {
        "email": MORTY,
        "aws:PrincipalTag/email": MORTY,
        "groups": ["editors"],
        "team": "red",
        "id": MORTY,
    }
    assert not world.may("todo", own)
    own["resource"]["properties"] |= {"/../aws:PrincipalTag/email": MORTY, "aws:PrincipalTag/email": MORTY}
    assert not world.may("todo", own)


def test_a_property_that_differs_by_case_is_not_chosen_at_will(world: World) -> None:
    both = ask(f"person/{MORTY}", "can_update_todo", "todo/1", properties={"ownerID": MORTY, "OWNERID": BETH})
    assert not world.may("todo", both)
    assert world.may("todo", ask(f"person/{MORTY}", "can_update_todo", "todo/1", properties={"ownerID": MORTY}))


@pytest.mark.parametrize("value", ["*", "${aws:PrincipalTag/email}", "?" * 22, "", ["x", MORTY]])
def test_a_value_is_never_a_pattern(world: World, value: object) -> None:
    question = ask(f"person/{MORTY}", "can_update_todo", "todo/1", properties={"ownerID": value})
    assert not world.may("todo", question)


@pytest.mark.parametrize("sign", ["*", "?", "${aws:username}", "\n", "\x00", "\u202e", "\ud800"])
def test_ids_name_one_thing(world: World, sign: str) -> None:
    for body in (
        {**READ, "subject": {"type": "person", "id": f"beth{sign}"}},
        {**READ, "resource": {"type": "todo", "id": f"1{sign}"}},
        {**READ, "action": {"name": f"can_read{sign}"}},
        {**READ, "resource": {"type": f"todo{sign}", "id": "1"}},
    ):
        assert world.post("todo", "evaluation", body).status_code == 400, body


@pytest.mark.parametrize(
    "name", ["*", "todo:*", "todo:can_read_todos:x", ":can_read_todos", "todo:", "todo can", "tödo:x", "a" * 500]
)
def test_an_action_is_one_action(world: World, name: str) -> None:
    assert world.post("todo", "evaluation", {**READ, "action": {"name": name}}).status_code == 400


def test_an_action_without_a_service_belongs_to_the_application_that_asks(world: World) -> None:
    assert world.may("todo", READ)
    assert not world.may("records", READ)
    answer = world.post("Odd.Name", "evaluation", READ)
    assert answer.status_code == 400
    assert "service:verb" in answer.text


@pytest.mark.parametrize("value", [None, {}, {"a": 1}, [[1]], [None], 10**30, [{"a": 1}]])
def test_values_that_no_condition_can_compare_are_refused(world: World, value: object) -> None:
    for body in (
        {**READ, "context": {"x": value}},
        {**READ, "resource": {**READ["resource"], "properties": {"x": value}}},
        {**READ, "subject": {**READ["subject"], "properties": {"x": value}}},
    ):
        assert world.post("todo", "evaluation", body).status_code == 400


# --- what breaks parsers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b'{"subject":{"type":"person","id":"a"},"subject":{"type":"person","id":"b"}}',
        json.dumps(READ).replace('"id": "1"', '"id": "2", "id": "1"').encode(),
        json.dumps(READ)[:-1].encode() + b',"x":' + b"[" * 100_000,
        json.dumps(READ)[:-1].encode() + b',"x":' + b"[" * 900 + b"]" * 900 + b"}",
        json.dumps(READ)[:-1].encode() + b',"x":' + b'{"a":' * 100 + b"1" + b"}" * 101,
        json.dumps(READ)[:-1].encode() + b',"context":{"x":' + b"9" * 5000 + b"}}",
        json.dumps(READ)[:-1].encode() + b',"context":{"x":1e999}}',
        json.dumps(READ)[:-1].encode() + b',"context":{"x":NaN}}',
        json.dumps(READ)[:-1].encode() + b',"context":{"x":Infinity}}',
        b'"' + b"\\" * 100_000,
        b"\xff\xfe" + json.dumps(READ).encode("utf-16-le"),
        b"\xef\xbb\xbf" + json.dumps(READ).encode(),
        b'{"subject":"\xc0\xaf"}',
        b"null",
        b"[]",
    ],
)
def test_a_body_that_can_be_read_in_two_ways_or_none_is_refused(world: World, body: bytes) -> None:
    began = time.monotonic()
    for path in ("evaluation", "search/subject"):
        answer = world.post("todo", path, body)
        assert answer.status_code == 400
        assert "Traceback" not in answer.text
    assert time.monotonic() - began < 5


def test_everything_is_bounded(world: World) -> None:
    many = {**READ, "evaluations": [{}] * 201}
    assert world.post("todo", "evaluations", many).status_code == 400
    most = world.post("todo", "evaluations", {**READ, "evaluations": [{}] * 200})
    assert most.status_code == 200
    assert len(most.json()["evaluations"]) == 200
    for body in (
        {**READ, "context": {str(number): 1 for number in range(51)}},
        {**READ, "context": {"x": ["a"] * 101}},
        {**READ, "context": {"x": "a" * 3000}},
        {**READ, "context": {"a" * 200: "x"}},
        {**READ, "resource": {"type": "todo", "id": "a" * 2000}},
        {**READ, "subject": {"type": "a" * 100, "id": "x"}},
        {**READ, "evaluations": "x"},
        {**READ, "evaluations": [{}], "options": []},
        {**READ, "evaluations": [{}], "options": {"evaluations_semantic": "allow_all"}},
        {**READ, "evaluations": [{}], "options": {"evaluations_semantic": []}},
    ):
        path = "evaluations" if "evaluations" in body else "evaluation"
        assert world.post("todo", path, body).status_code == 400, body
    huge = json.dumps({**READ, "x": "a" * 600_000}).encode()
    # On a connection of its own: one whose body nobody read is closed.
    headers = {"Authorization": f"Bearer {world.token('todo')}", "Content-Type": "application/json"}
    answer = httpx.post(f"{world.access_api}/evaluation", content=huge, headers=headers, trust_env=False)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_questions_are_posted(world: World, method: str) -> None:
    answer = world.client.request(method, f"{world.access_api}/evaluation")
    assert answer.status_code in {200, 405}
    assert answer.status_code == 405 or method == "OPTIONS"


# --- what is told -----------------------------------------------------------------------------------------------------


def test_reads_are_told_as_reads(world: World) -> None:
    world.search("todo", "subject", {"subject": entity("person"), **{k: READ[k] for k in ("action", "resource")}})
    event = world.events("SearchAccess")[0]
    assert event["readOnly"] is True
    assert event["eventSource"] == "access.ostiary"


@pytest.mark.parametrize("value", ["x" * 2000, ["v" * 20] * 100])
def test_what_many_questions_share_is_read_once(world: World, value: object) -> None:
    many = {f"n{number}": value for number in range(40)}
    question = {**ask("role/reader", "records:read", "record/1", properties=many), "context": many}
    began = time.monotonic()
    answer = world.post("records", "evaluations", {**question, "evaluations": [{}] * 200})
    assert time.monotonic() - began < 2
    assert [one["decision"] for one in answer.json()["evaluations"]] == [True] * 200


def test_a_shared_context_that_cannot_be_read_denies_each_question_that_has_none_of_its_own(world: World) -> None:
    question = {**ask("role/reader", "records:read", "record/1"), "context": {"a": {}}}
    parts = [{}, {"context": {}}, {"context": None}, {}]
    answer = world.post("records", "evaluations", {**question, "evaluations": parts})
    assert [one["decision"] for one in answer.json()["evaluations"]] == [False, True, False, False]
