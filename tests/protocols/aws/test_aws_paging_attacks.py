"""What does a paging token do that the server did not write? Whoever knows the question can make one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.protocols.aws.wire.paging import next_token
from parts.aws_world import ACCOUNT, allow, policy
from parts.secrets_world import SecretsWorld

BEYOND: list[object] = [2**63 - 1, 2**63, 2**64 - 1, 2**64, 10**30, -(2**63), -(10**30)]
NUMBERS: list[object] = [-1, -2, -100, *BEYOND, 1.5, "1", None, []]
TEXTS: list[object] = ["\0", "a\0b", "\uffff", "x" * 2500, "", 7, None, []]
PAIRS: list[object] = [*([number, "a"] for number in NUMBERS), *([1, text] for text in TEXTS), [1], [1, "a", 2]]
ONE_POLICY = policy(allow("s3:*"))
SIMULATED = {"PolicyInputList": [ONE_POLICY], "ActionNames": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]}
VALIDATED = {"policyDocument": ONE_POLICY, "policyType": "IDENTITY_POLICY"}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretsWorld]:
    made = SecretsWorld(Path(tmp_path_factory.mktemp("paging")))
    for name in "abc":
        made.secrets().create_secret(Name=name, SecretString="x")
    yield made
    made.database.close()


@pytest.mark.parametrize(
    ("service", "operation", "given", "member", "cursors"),
    [
        ("iam", "SimulateCustomPolicy", SIMULATED, "Marker", NUMBERS),
        ("accessanalyzer", "ValidatePolicy", VALIDATED, "nextToken", NUMBERS),
        ("cloudtrail", "LookupEvents", {}, "NextToken", NUMBERS),
        ("secretsmanager", "ListSecrets", {}, "NextToken", PAIRS),
        ("secretsmanager", "ListSecretVersionIds", {"SecretId": "a"}, "NextToken", TEXTS),
    ],
)
def test_a_token_that_was_made_up_is_refused_or_names_a_place_in_the_same_list(
    world: SecretsWorld, service: str, operation: str, given: dict[str, Any], member: str, cursors: list[object]
) -> None:
    client = world.client(service, world.admin)
    call = getattr(client, next(name for name, each in client.meta.method_to_api_mapping.items() if each == operation))
    whole = _shown(call(**given))
    for cursor in cursors:
        shown, status = _asked(call, {**given, member: next_token(operation, ACCOUNT, given, cursor)})
        assert status < 500, cursor
        # The trail grows while it is read.
        assert service == "cloudtrail" or (len(shown) <= len(whole) and all(one in whole for one in shown)), cursor


def _asked(call: Any, given: dict[str, Any]) -> tuple[list[Any], int]:
    try:
        return _shown(call(**given)), 200
    except ClientError as refusal:
        return [], int(refusal.response["ResponseMetadata"]["HTTPStatusCode"])


def _shown(answer: dict[str, Any]) -> list[Any]:
    return next(value for value in answer.values() if isinstance(value, list))
