"""Is what docs/authzen.md shows what the server answers?"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from ostiary.policy import PolicyKind, parse_policy
from parts.authzen_world import World

DOCS = (Path(__file__).parents[3] / "docs/authzen.md").read_text()
BLOCKS = re.findall(r"^```(\w+)(?: ([\w/]+))?\n(.*?)^```$", DOCS, re.MULTILINE | re.DOTALL)
PAIRS = [
    (path, question, BLOCKS[number + 1])
    for number, (_, path, question) in enumerate(BLOCKS)
    if path not in {"", "answer"}
]


@pytest.mark.parametrize(("path", "question", "answer"), PAIRS)
def test_an_example_is_answered_as_it_is_shown(
    world: World, path: str, question: str, answer: tuple[str, str, str]
) -> None:
    assert answer[1] == "answer"
    answered = world.post("todo", path, json.loads(question))
    assert answered.status_code == 200
    assert answered.json() == json.loads(answer[2])


def test_the_application_of_the_example_has_a_policy_that_parses() -> None:
    toml = next(text for kind, _, text in BLOCKS if kind == "toml")
    application = tomllib.loads(toml)["application"][0]
    policy = parse_policy(application["policies"]["Ask"], policy_id="docs", kind=PolicyKind.IDENTITY)
    assert len(policy.statements) == 1


def test_there_are_examples() -> None:
    assert len(PAIRS) >= 5
