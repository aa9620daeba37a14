"""Who may, what, and to what? Authorization API 1.0 section 8: only a definite yes, page by page."""

from __future__ import annotations

from typing import Any

import pytest

from parts.authzen_world import ROLES, World, ask, entity

READ_TODOS = ask("person", "can_read_todos", "todo/1")


def pages(world: World, client_id: str, what: str, question: dict[str, Any], limit: int) -> list[list[str]]:
    """The ids, page by page."""
    found: list[list[str]] = []
    token = ""
    while True:
        page = {"limit": limit, **({"token": token} if token else {})}
        answer = world.search(client_id, what, {**question, "page": page})
        found.append([one.get("id", one.get("name")) for one in answer["results"]])
        assert answer["page"]["count"] == len(answer["results"]) <= limit
        token = answer["page"]["next_token"]
        if not token:
            return found
        assert len(found) < 50


def test_a_search_is_cut_into_pages_that_miss_and_repeat_nobody(world: World) -> None:
    whole = pages(world, "todo", "subject", READ_TODOS, 500)[0]
    assert len(whole) == len(ROLES)
    for limit in (1, 2, 4):
        cut = pages(world, "todo", "subject", READ_TODOS, limit)
        assert [one for page in cut for one in page] == whole


def test_a_token_opens_for_its_own_question_and_application_alone(world: World) -> None:
    question = {**READ_TODOS, "page": {"limit": 1}}
    token = world.search("todo", "subject", question)["page"]["next_token"]
    going_on = {"limit": 2, "token": token}
    assert world.search("todo", "subject", {**READ_TODOS, "page": going_on})["results"]
    other = ask("person", "can_create_todo", "todo/1")
    assert world.post("todo", "search/subject", {**other, "page": going_on}).status_code == 400
    assert world.post("auditor", "search/subject", {**READ_TODOS, "page": going_on}).status_code == 400
    whole = {**ask("person/x", "can_read_todos", "todo/1"), "page": going_on}
    assert world.post("todo", "search/resource", whole).status_code == 400
    assert (
        world.post("todo", "search/subject", {**READ_TODOS, "context": {"a": 1}, "page": going_on}).status_code == 400
    )
    for forged in (token[:-4] + "AAAA", "x", "=", "a" * 9000, token.swapcase()):
        assert world.post("todo", "search/subject", {**READ_TODOS, "page": {"token": forged}}).status_code == 400
    pages_of_none: list[object] = [{"token": 1}, {"limit": -1}, {"limit": "1"}, {"limit": True}, [], {"limit": 1.5}]
    for page in pages_of_none:
        assert world.post("todo", "search/subject", {**READ_TODOS, "page": page}).status_code == 400


def test_a_token_does_not_tell_who_was_passed_over(world: World) -> None:
    answer = world.search("todo", "subject", {**ask("person", "can_create_todo", "todo/1"), "page": {"limit": 1}})
    assert answer["page"]["next_token"]
    for name in ROLES:
        assert name not in answer["page"]["next_token"]


def test_a_page_of_none_goes_on_where_it_stood(world: World) -> None:
    answer = world.search("todo", "subject", {**READ_TODOS, "page": {"limit": 0}})
    assert answer["results"] == []
    assert answer["page"]["next_token"]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("role", {"reader", "OstiaryAdministrator"}), ("iam-user", {"old"}), ("application", set()), ("workload", set())],
)
def test_subjects_of_every_type_are_searched(world: World, kind: str, expected: set[str]) -> None:
    found = world.search("records", "subject", ask(kind, "read", "record/record-1"))
    names = {one["id"].rpartition("/")[2] for one in found["results"]}
    assert {name for name in names if not name.startswith("AWSReserved")} == expected
    assert {one["type"] for one in found["results"]} <= {kind}


def test_resources_that_we_keep_are_found(world: World) -> None:
    question = ask("role/reader", "secretsmanager:GetSecretValue", "secret")
    found = world.search("vault", "resource", question)
    names = [one["id"].split(":secret:")[1][:-7] for one in found["results"]]
    assert names == ["bank/db", "shop/db"]
    for one in found["results"]:
        assert world.may("vault", {**question, "resource": one})
    cut = pages(world, "vault", "resource", question, 1)
    assert [one for page in cut for one in page] == [one["id"] for one in found["results"]]
    roles = world.search("vault", "resource", ask("role/reader", "sts:AssumeRole", "role"))
    assert [one["id"].rpartition("/")[2] for one in roles["results"]] == ["OstiaryAdministrator", "deputy", "reader"]


def test_an_application_is_told_only_of_resources_that_it_may_ask_about(world: World) -> None:
    question = ask("role/reader", "secretsmanager:GetSecretValue", "secret")
    found = world.search("shop", "resource", question)
    assert [one["id"].split(":secret:")[1][:-7] for one in found["results"]] == ["shop/db"]
    assert world.post("todo", "search/resource", question).status_code == 403
    assert world.post("mute", "search/resource", question).status_code == 403


def test_resources_that_we_do_not_keep_are_none(world: World) -> None:
    assert world.search("records", "resource", ask("role/reader", "read", "record"))["results"] == []


def test_actions_are_those_that_the_service_has_or_policies_name(world: World) -> None:
    question = {"subject": entity("role/reader"), "resource": entity("record/record-1")}
    found = world.search("records", "action", question)
    assert [one["name"] for one in found["results"]] == ["read", "write"]
    archived = {**entity("record/record-2"), "properties": {"status": "archived"}}
    assert [
        one["name"] for one in world.search("records", "action", {**question, "resource": archived})["results"]
    ] == ["read"]
    secret = {"subject": entity("role/reader"), "resource": entity("secret/shop/db")}
    assert world.search("vault", "action", secret)["results"] == [{"name": "secretsmanager:GetSecretValue"}]
    role = {"subject": entity("role/reader"), "resource": entity("role/deputy")}
    assert world.search("vault", "action", role)["results"] == [{"name": "sts:AssumeRole"}]


def test_an_unknown_subject_or_type_finds_nothing_and_is_no_error(world: World) -> None:
    for kind in ("person/nobody@example.org", "spaceship/1", "workload/x"):
        body = {"subject": entity(kind), "resource": entity("record/record-1")}
        assert world.search("records", "action", body)["results"] == []
        assert world.search("vault", "resource", ask(kind, "secretsmanager:GetSecretValue", "secret"))["results"] == []


def test_what_is_searched_for_needs_no_id_and_an_id_is_ignored(world: World) -> None:
    with_id = {**READ_TODOS, "subject": {"type": "person", "id": "morty*"}}
    assert len(world.search("todo", "subject", with_id)["results"]) == len(ROLES)
    question = ask("role/reader", "secretsmanager:GetSecretValue", "secret/shop/db")
    assert len(world.search("vault", "resource", question)["results"]) == 2
    action = {**ask("role/reader", "burn", "record/1"), "action": 7}
    assert world.search("records", "action", action)["results"]


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("subject", {"subject": {"type": "person"}, "resource": entity("todo/1")}),
        ("subject", {"subject": {"type": "person"}, "action": {"name": "a"}, "resource": {"type": "todo"}}),
        ("subject", {"subject": {}, "action": {"name": "a"}, "resource": entity("todo/1")}),
        ("resource", {"action": {"name": "a"}, "resource": {"type": "todo"}}),
        ("resource", {"subject": {"type": "person"}, "action": {"name": "a"}, "resource": {"type": "todo"}}),
        ("action", {"subject": entity("person/a")}),
        ("action", {"resource": entity("todo/1")}),
    ],
)
def test_a_search_without_what_it_needs_is_a_bad_request(world: World, what: str, body: dict[str, Any]) -> None:
    assert world.post("todo", f"search/{what}", body).status_code == 400
