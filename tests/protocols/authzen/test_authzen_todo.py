"""Do we decide the working group's todo application as it expects? https://authzen-interop.net/docs/scenarios/todo-1.1/"""

from __future__ import annotations

from typing import Any

import pytest

from parts.authzen_world import BETH, JERRY, MORTY, RICK, SUMMER, World, ask

EVERYBODY = (RICK, MORTY, SUMMER, BETH, JERRY)
EDITORS = {RICK, MORTY, SUMMER}


def todo(who: str, action: str, owner: str) -> dict[str, Any]:
    number = EVERYBODY.index(owner) + 1
    resource = f"todo/7240d0db-8ff0-41ec-98b2-34a096273b9{number}"
    return ask(f"person/{who}", action, resource, properties={"ownerID": owner})


@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_reads_users_and_todos(world: World, who: str) -> None:
    assert world.may("todo", ask(f"person/{who}", "can_read_user", f"user/{BETH}"))
    assert world.may("todo", ask(f"person/{who}", "can_read_todos", "todo/todo-1"))


@pytest.mark.parametrize("who", EVERYBODY)
def test_editors_create_todos(world: World, who: str) -> None:
    assert world.may("todo", ask(f"person/{who}", "can_create_todo", "todo/todo-1")) is (who in EDITORS)


@pytest.mark.parametrize("who", EVERYBODY)
@pytest.mark.parametrize("owner", EVERYBODY)
def test_a_todo_is_changed_by_its_owner_and_by_who_may_change_any(world: World, who: str, owner: str) -> None:
    own = who in EDITORS and who == owner
    assert world.may("todo", todo(who, "can_update_todo", owner)) is (own or who == RICK)
    assert world.may("todo", todo(who, "can_delete_todo", owner)) is (own or who == RICK)


def test_the_list_is_decided_in_one_request(world: World) -> None:
    """Morty's own todo and Rick's, as the backend of the scenario asks, with its empty defaults."""
    body = {
        "subject": {"type": "person", "id": MORTY},
        "action": {"name": "can_update_todo"},
        "resource": {},
        "context": {},
        "evaluations": [
            {"resource": todo(MORTY, "can_update_todo", RICK)["resource"]},
            {"resource": todo(MORTY, "can_update_todo", MORTY)["resource"]},
        ],
    }
    answer = world.post("todo", "evaluations", body)
    assert answer.status_code == 200
    assert [one["decision"] for one in answer.json()["evaluations"]] == [False, True]
    assert "decision" not in answer.json()


def test_the_subjects_of_an_action_are_found(world: World) -> None:
    found = world.search("todo", "subject", ask("person", "can_create_todo", "todo/todo-1"))
    assert {one["properties"]["user_name"] for one in found["results"]} == EDITORS
    for one in found["results"]:
        question = {**ask("person", "can_create_todo", "todo/todo-1"), "subject": one}
        assert world.may("todo", question)


def test_the_actions_of_a_subject_are_found(world: World) -> None:
    resource = todo(BETH, "x", RICK)["resource"]
    found = world.search("todo", "action", {"subject": {"type": "person", "id": BETH}, "resource": resource})
    assert [one["name"] for one in found["results"]] == ["can_read_todos", "can_read_user"]
    found = world.search("todo", "action", {"subject": {"type": "person", "id": RICK}, "resource": resource})
    assert len(found["results"]) == 5
