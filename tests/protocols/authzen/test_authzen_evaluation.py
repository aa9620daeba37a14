"""What is asked, what is answered, in which form? Authorization API 1.0 sections 5 to 7, 9 and 10."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from parts.authzen_world import BETH, MORTY, OTHER_ACCOUNT, RICK, World, ask, entity

RECORD = ask("iam-user/old", "read", "record/record-1")


def test_the_answer_is_a_decision_and_a_denial_has_a_reason_for_the_user(world: World) -> None:
    assert world.evaluate("records", RECORD) == {"decision": True}
    denied = world.evaluate("records", ask("iam-user/old", "burn", "record/record-1"))
    assert denied["decision"] is False
    assert set(denied["context"]) == {"id", "reason_user"}
    assert "policy" not in str(denied)


def test_only_who_may_explain_is_told_which_kind_of_policy_decided(world: World) -> None:
    question = ask("role/reader", "records:write", "record/1", properties={"status": "archived"})
    question["resource"]["id"] = f"arn:aws:records::{world.account}:record/1"
    told = world.evaluate("auditor", question)
    assert told["decision"] is False
    assert "explicit deny" in told["context"]["reason_admin"]["en"]
    assert "reason_admin" not in world.evaluate("records", question)["context"]


@pytest.mark.parametrize(
    "subject", ["person/nobody@example.org", "user/nobody", "iam-user/nobody", "role/nobody", "application/nobody"]
)
def test_a_subject_that_is_unknown_is_answered_like_one_without_rights(world: World, subject: str) -> None:
    stranger = world.evaluate("auditor", ask(subject, "todo:can_burn_todo", "todo/1"))
    known = world.evaluate("auditor", ask(f"person/{BETH}", "todo:can_burn_todo", "todo/1"))
    assert stranger["decision"] is known["decision"] is False
    name = subject.partition("/")[2]
    assert str(stranger).replace(name, "X") == str(known).replace(BETH, "X")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("role/reader", True),
        ("role/arn:aws:iam::{account}:role/reader", True),
        ("iam-user/arn:aws:iam::{account}:role/reader", False),
        ("iam-user/arn:aws:iam::{account}:user/old", True),
        ("iam-user/old", True),
        ("role/old", False),
        ("person/old", False),
        ("role/elsewhere", False),
        ("role/arn:aws:iam::555566667777:role/elsewhere", False),
        ("role/arn:aws:sts::{account}:assumed-role/reader/anybody", False),
        ("application/records", False),
        ("workload/anything", False),
        ("account/arn:aws:iam::{account}:root", False),
        ("iam-user/arn:aws:iam::{account}:root", False),
        ("starship/old", False),
    ],
)
def test_a_subject_is_found_by_its_type_and_name_or_arn(world: World, subject: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert world.may("records", ask(subject.format(account=world.account), "read", "record/record-1")) is expected


def test_most_clients_call_a_person_a_user(world: World) -> None:
    assert world.may("todo", ask(f"user/{MORTY}", "can_create_todo", "todo/1"))
    assert not world.may("todo", ask(f"user/{BETH}", "can_create_todo", "todo/1"))
    found = world.search("todo", "subject", ask("user", "can_create_todo", "todo/1"))
    assert {one["type"] for one in found["results"]} == {"user"}
    assert MORTY in {one["properties"]["user_name"] for one in found["results"]}


def test_a_person_is_found_by_the_id_that_id_tokens_call_her(world: World) -> None:
    found = world.search("todo", "subject", ask("person", "can_read_todos", "todo/1"))
    by_name = {one["properties"]["user_name"]: one["id"] for one in found["results"]}
    assert world.may("todo", ask(f"person/{by_name[MORTY]}", "can_create_todo", "todo/1"))
    assert world.may("todo", ask(f"person/arn:aws:identitystore:::user/{by_name[MORTY]}", "can_create_todo", "todo/1"))
    assert not world.may("todo", ask(f"person/{by_name[BETH]}", "can_create_todo", "todo/1"))


def test_the_tags_of_our_own_secrets_decide_and_not_what_is_claimed_of_them(world: World) -> None:
    subject = "role/reader"
    assert world.may("vault", ask(subject, "secretsmanager:GetSecretValue", "secret/shop/db"))
    claimed = ask(subject, "secretsmanager:GetSecretValue", "secret/shop/mail", properties={"team": "red"})
    assert not world.may("vault", claimed)
    absent = ask(subject, "secretsmanager:GetSecretValue", "secret/shop/none", properties={"team": "red"})
    assert not world.may("vault", absent)


def test_a_role_is_entered_by_its_trust_policy(world: World) -> None:
    for role, may in (("deputy", True), ("reader", True), ("closed", False), ("nobody", False)):
        assert world.may("vault", ask("role/reader", "sts:AssumeRole", f"role/{role}")) is may, role
    # At the portal alone, whatever a trust policy says.
    assert not world.may("vault", ask(f"person/{RICK}", "sts:AssumeRole", "role/deputy"))
    assert not world.may("vault", ask("role/reader", "sts:AssumeRoleWithWebIdentity", "role/deputy"))


def test_conditions_of_the_request_are_stated_in_the_context(world: World) -> None:
    question = ask("role/reader", "vault:open", "door/1")
    assert not world.may("vault", question)
    good = {"aws:SourceIp": "10.1.2.3", "aws:SecureTransport": True}
    assert world.may("vault", {**question, "context": good})
    assert not world.may("vault", {**question, "context": {**good, "aws:SourceIp": "192.0.2.1"}})
    assert not world.may("vault", {**question, "context": {"aws:SourceIp": "10.1.2.3"}})
    own = ask("role/reader", "vault:tag", "door/1")
    assert world.may("vault", {**own, "context": {"vault:Shelf": "A"}})
    assert not world.may("vault", {**own, "context": {"vault:Shelf": ["A", "B"]}})


@pytest.mark.parametrize(
    "path", ["evaluation", "evaluations", "search/subject", "search/resource", "search/action", "nothing"]
)
def test_the_application_s_request_id_comes_back(world: World, path: str) -> None:
    answer = world.post("records", path, RECORD, X_Request_ID="bfe9eb29-ab87")
    assert answer.headers["x-request-id"] == "bfe9eb29-ab87"
    answer = world.post("", path, RECORD, X_Request_ID="bfe9eb29-ab87")
    assert answer.status_code == (401 if path != "nothing" else 404)
    assert answer.headers["x-request-id"] == "bfe9eb29-ab87"
    assert world.post("records", path, RECORD).headers["x-request-id"]


def test_an_id_that_is_not_fit_for_a_header_is_not_sent_back(world: World) -> None:
    answer = world.post("records", "evaluation", RECORD, X_Request_ID="a" * 300)
    assert answer.status_code == 200
    assert answer.headers["x-request-id"] != "a" * 300


def test_the_metadata_names_every_endpoint(world: World) -> None:
    base = world.server.base_url
    answer = httpx.get(f"{base}/.well-known/authzen-configuration", trust_env=False)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "policy_decision_point": base,
        "access_evaluation_endpoint": f"{base}/access/v1/evaluation",
        "access_evaluations_endpoint": f"{base}/access/v1/evaluations",
        "search_subject_endpoint": f"{base}/access/v1/search/subject",
        "search_resource_endpoint": f"{base}/access/v1/search/resource",
        "search_action_endpoint": f"{base}/access/v1/search/action",
    }
    assert "max-age" in answer.headers["cache-control"]


# --- the certification scenario of the working group -----------------------------------------------------------------

SUBJECTS = {"alice": "role/reader", "bob": "iam-user/old"}


def record(who: str, verb: str, number: int, status: str = "", **more: Any) -> dict[str, Any]:
    properties = {"status": status} if status else None
    return {**ask(SUBJECTS[who], verb, f"record/record-{number}", properties=properties), **more}


def test_properties_of_all_entities_take_part(world: World) -> None:
    assert world.may("records", record("alice", "write", 1))
    assert not world.may("records", record("alice", "write", 2, "archived"))
    admin = {**entity(SUBJECTS["bob"]), "properties": {"role": "admin"}}
    assert world.may("records", record("bob", "write", 2, "archived", subject=admin))
    for soft in (True, False):
        delete = {"name": "delete", "properties": {"soft": soft}}
        assert world.may("records", record("alice", "delete", 1, action=delete)) is soft


def test_what_the_specification_does_not_name_is_ignored(world: World) -> None:
    body = {**RECORD, "foo": "bar", "futureField": {"nested": [{"deep": None}]}}
    body["subject"] = {**body["subject"], "nickname": {"a": 1}}
    assert world.may("records", body)
    assert world.may("records", {**RECORD, "context": {"time": "2025-06-27T18:03-07:00", "ip": "192.168.1.1"}})


@pytest.mark.parametrize("missing", ["subject", "action", "resource"])
def test_an_entity_that_is_missing_or_of_another_type_is_a_bad_request(world: World, missing: str) -> None:
    values: list[object] = [None, "alice", [], 1]
    for value in values:
        body = {name: part for name, part in RECORD.items() if name != missing}
        answer = world.post("records", "evaluation", body if value is None else {**body, missing: value})
        assert answer.status_code == 400
        assert missing in answer.text
    for member in RECORD[missing]:
        part = {name: text for name, text in RECORD[missing].items() if name != member}
        for broken in (part, {**part, member: 123}, {**part, member: ""}):
            assert world.post("records", "evaluation", {**RECORD, missing: broken}).status_code == 400


def test_the_body_must_be_json_and_say_so(world: World) -> None:
    assert world.post("records", "evaluation", b"").status_code == 400
    assert world.post("records", "evaluation", b"{").status_code == 400
    assert world.post("records", "evaluation", RECORD, Content_Type="text/plain").status_code == 400
    assert world.post("records", "evaluation", RECORD, Content_Type="application/json; charset=utf-8").is_success


# --- many at once ----------------------------------------------------------------------------------------------------


def batch(world: World, body: object, client_id: str = "records") -> list[dict[str, Any]]:
    answer = world.post(client_id, "evaluations", body)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["evaluations"]
    return found


READ, BURN = {"name": "read"}, {"name": "burn"}


@pytest.mark.parametrize("evaluations", [{}, {"evaluations": []}])
def test_without_evaluations_it_is_the_single_question(world: World, evaluations: dict[str, Any]) -> None:
    answer = world.post("records", "evaluations", {**RECORD, **evaluations})
    assert answer.json() == {"decision": True}


def test_answers_come_in_the_order_of_the_questions(world: World) -> None:
    body = {**RECORD, "evaluations": [{"action": BURN}, {}, {"action": BURN}, {"action": READ}]}
    assert [one["decision"] for one in batch(world, body)] == [False, True, False, True]


@pytest.mark.parametrize(
    ("semantic", "expected"),
    [
        ("execute_all", [True, False, True, False]),
        ("deny_on_first_deny", [True, False]),
        ("permit_on_first_permit", [True]),
    ],
)
def test_a_semantic_says_when_to_stop(world: World, semantic: str, expected: list[bool]) -> None:
    questions = [{"action": READ}, {"action": BURN}, {"action": READ}, {"action": BURN}]
    body = {**RECORD, "evaluations": questions, "options": {"evaluations_semantic": semantic, "another_option": 1}}
    assert [one["decision"] for one in batch(world, body)] == expected


def test_one_bad_question_is_denied_with_its_error_and_the_others_are_answered(world: World) -> None:
    body = {"subject": RECORD["subject"], "action": READ, "evaluations": [{"resource": RECORD["resource"]}, {}, 7]}
    good, bad, worse = batch(world, body)
    assert good == {"decision": True}
    for one in (bad, worse):
        assert one["decision"] is False
        assert one["context"]["error"]["status"] == 400


def test_an_evaluation_stands_instead_of_the_default_but_for_its_missing_id_or_type(world: World) -> None:
    default = {"type": "record", "properties": {"status": "archived"}}
    own = {"id": "record-1", "properties": {"status": "active"}}
    body = {"subject": entity("role/reader"), "action": {"name": "write"}, "resource": default}
    assert [one["decision"] for one in batch(world, {**body, "evaluations": [{"resource": own}]})] == [True]
    # The default's properties are not mixed into an own resource.
    assert batch(world, {**body, "evaluations": [{"resource": {"id": "record-1"}}]})[0]["decision"] is True


def test_questions_that_the_application_may_not_ask_are_refused_one_by_one_or_all_together(world: World) -> None:
    mine = {"resource": entity("todo/1")}
    theirs = {"resource": {"type": "x", "id": f"arn:aws:records::{world.account}:record/1"}}
    body = {"subject": entity(f"person/{BETH}"), "action": {"name": "can_read_todos"}}
    allowed, refused = batch(world, {**body, "evaluations": [mine, theirs]}, "todo")
    assert allowed["decision"] is True
    assert refused["decision"] is False
    assert refused["context"]["error"]["status"] == 403
    assert world.post("todo", "evaluations", {**body, "evaluations": [theirs, theirs]}).status_code == 403


def test_resources_of_another_account_are_not_asked_about(world: World) -> None:
    for service in ("records", "secretsmanager"):
        question = ask("role/reader", f"{service}:read", f"x/arn:aws:{service}:us-east-1:{OTHER_ACCOUNT}:secret:a/b")
        assert world.post("auditor", "evaluation", question).status_code == 403
