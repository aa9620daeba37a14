"""Does one request of the simulator stay cheap, whatever policies, resources and values it brings along?"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from parts.aws_world import allow, policy
from parts.secrets_world import SecretsWorld


@pytest.fixture
def iam(tmp_path: Path) -> Any:
    world = SecretsWorld(tmp_path)
    yield world.client("iam", world.admin)
    world.database.close()


def _values(*values: str) -> list[dict[str, Any]]:
    return [{"ContextKeyName": "key:a", "ContextKeyType": "stringList", "ContextKeyValues": list(values)}]


def _compared(patterns: list[str]) -> str:
    return policy(allow("s3:*", Condition={"ForAnyValue:StringLike": {"key:a": patterns}}))


@pytest.mark.parametrize(
    ("text", "more"),
    [
        (_compared([f"a*?{i}*b" for i in range(1000)]), {"ContextEntries": _values(*["a" * 2000] * 50)}),
        (_compared(["${key:b}" * 240] * 8), {"ContextEntries": _values(*map(str, range(1000)))}),
        (
            policy(allow("s3:*", [f"arn:aws:s3:::*a?*{i}" for i in range(1000)])),
            {"ResourceArns": [f"arn:aws:s3:::{'a' * 2000}{i}" for i in range(20)]},
        ),
    ],
    ids=["values", "variables", "resources"],
)
def test_many_patterns_are_not_held_against_many_long_texts(iam: Any, text: str, more: dict[str, Any]) -> None:
    started = time.process_time()
    with pytest.raises(ClientError, match="are too much at once") as caught:
        iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:GetObject"], **more)
    assert caught.value.response["Error"]["Code"] == "InvalidInput"
    assert time.process_time() - started < 3.0


def test_what_one_page_cannot_hold_comes_with_the_next(iam: Any) -> None:
    patterns = [f"arn:aws:s3:::*a?*{i}" for i in range(200)]
    actions = [f"s3:GetObject{letter}" for letter in "ABCDEFG"]
    asked = {
        "PolicyInputList": [policy(allow("s3:*", patterns))],
        "ActionNames": actions,
        "ResourceArns": [f"arn:aws:s3:::{'a' * 1000}{i}" for i in range(15)],
    }
    pages = list(iam.get_paginator("simulate_custom_policy").paginate(**asked))
    assert [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]] == actions
    assert len(pages) > 1
