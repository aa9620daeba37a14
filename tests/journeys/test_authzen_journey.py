"""Does a service that asks who may do what get right answers, on both engines, until what it rests on is taken back?"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.authzen_world import BETH, JERRY, MORTY, RICK, ROLES, SUMMER, World, ask, open_world, organization

LIST = ask(f"person/{BETH}", "can_read_todos", "todo/1")


@pytest.fixture
def world(tmp_path: Path, journey_database: str | None) -> Iterator[World]:
    with open_world(tmp_path, database_url=journey_database) as opened:
        yield opened


def test_a_todo_service_asks_for_its_people_until_it_is_disabled(world: World, tmp_path: Path) -> None:
    _decides_as_the_working_group_does(world)
    _finds_who_may_and_what(world)
    token = world.token("todo")
    proof = ("todo", world.secrets["todo"])
    world.client.post(f"{world.server.base_url}/oauth2/revoke", data={"token": token}, auth=proof).raise_for_status()
    _wait_for(world, token, 401)
    second = world.token_answer("todo", resource=world.access_api).json()["access_token"]
    _wait_for(world, second, 200)

    assert world.post("mute", "evaluation", LIST, X_Request_ID="mine").status_code == 403
    assert world.post("auditor", "evaluation", {}).status_code == 400
    burn = {**LIST, "action": {"name": "todo:burn"}, "evaluations": [{}, {"action": {"name": "todo:can_read_todos"}}]}
    assert world.post("auditor", "evaluations", burn).status_code == 200
    _applied(world, tmp_path, disabled="todo")
    _wait_for(world, second, 401)
    _is_told_by_the_trail(world)


def _decides_as_the_working_group_does(world: World) -> None:
    for who in ROLES:
        assert world.may("todo", ask(f"person/{who}", "can_read_todos", "todo/1"))
        assert world.may("todo", ask(f"person/{who}", "can_create_todo", "todo/1")) is (who in {RICK, MORTY, SUMMER})
        others = ask(f"person/{who}", "can_delete_todo", "todo/1", properties={"ownerID": JERRY})
        assert world.may("todo", others) is (who == RICK)


def _finds_who_may_and_what(world: World) -> None:
    question = ask("person", "can_create_todo", "todo/1")
    found, token = [], ""
    while True:
        answer = world.search("todo", "subject", {**question, "page": {"limit": 1, "token": token}})
        found += [one["properties"]["user_name"] for one in answer["results"]]
        token = answer["page"]["next_token"]
        if not token:
            break
    assert found == sorted([RICK, MORTY, SUMMER])
    secrets = world.search("vault", "resource", ask("role/reader", "secretsmanager:GetSecretValue", "secret"))
    assert len(secrets["results"]) == 2


def _applied(world: World, place: Path, *, disabled: str) -> None:
    file = place / "organization.toml"
    file.write_text(organization(world.account, disabled=disabled))
    world.server.apply(file)


def _wait_for(world: World, token: str, status: int) -> None:
    """Every worker hears of it within a second."""
    deadline = time.monotonic() + 5
    while world.post("", "evaluation", LIST, Authorization=f"Bearer {token}").status_code != status:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _is_told_by_the_trail(world: World) -> None:
    events = world.events("EvaluateAccess")
    told = [(event["userIdentity"]["userName"], event.get("errorCode", "")) for event in events]
    assert told[:3] == [("auditor", ""), ("auditor", "MalformedQuestion"), ("mute", "AccessDenied")], events[:3]
    assert "mine" in str(events[2])
    assert all(event["readOnly"] for event in events)
    assert world.server.run("audit", "verify", "--json").code == 0
