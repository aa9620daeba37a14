"""What would policies decide that are in force nowhere? SimulateCustomPolicy, and the keys that policies read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from parts.aws_world import ACCOUNT, allow, policy, role_arn, trusts
from parts.secrets_world import SecretsWorld
from parts.simulator import READ, only, refusal


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretsWorld]:
    """One for all: the questions change nothing."""
    made = SecretsWorld(tmp_path_factory.mktemp("texts"))
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def iam(world: SecretsWorld) -> Any:
    return world.client("iam", world.admin)


def custom(iam: Any, *policies: str, **more: Any) -> Any:
    return iam.simulate_custom_policy(PolicyInputList=list(policies), **({"ActionNames": [READ]} | more))


def test_texts_are_simulated_without_anybody_who_exists(iam: Any) -> None:
    statement = '{"Effect": "Allow", "Action": "*", "Resource": "*"}'
    text = f'{{\n  "Version": "2012-10-17",\n  "Statement": [\n    {statement}\n  ]\n}}'
    result = only(custom(iam, text))
    assert result["EvalDecision"] == "allowed"
    (matched,) = result["MatchedStatements"]
    assert matched["StartPosition"] == {"Line": 4, "Column": 5}
    assert matched["EndPosition"] == {"Line": 4, "Column": 56}


def test_levels_of_an_organization_must_each_allow(iam: Any) -> None:
    def levels(*texts: str) -> Any:
        return [{"ServiceControlPolicyInputList": [text]} for text in texts]

    everything, nothing = policy(allow("*")), policy(allow("iam:*"))
    granted = only(custom(iam, everything, OrderedOrganizationPolicyInputList=levels(everything, everything)))
    assert granted["EvalDecision"] == "allowed"
    assert granted["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    limited = only(custom(iam, everything, OrderedOrganizationPolicyInputList=levels(everything, nothing)))
    assert limited["EvalDecision"] == "implicitDeny"
    assert limited["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}
    assert {one["SourcePolicyId"] for one in limited["MatchedStatements"]} == {"PolicyInputList.1"}
    with pytest.raises(ClientError) as error:
        custom(iam, everything, OrderedOrganizationPolicyInputList=[{"ServiceControlPolicyInputList": []}])
    assert refusal(error)[0] == "InvalidInput"


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (
            {"PolicyInputList": ['{"Version": "2012-10-17", "Statement": [{"Effect": "Permit"}]}']},
            "PolicyInputList.1 is not valid: Statement[0].Effect",
        ),
        ({"PolicyInputList": ["{"]}, "is not JSON"),
        ({"PolicyInputList": [policy(allow("*", Principal="*"))]}, "Principal"),
        ({"ResourcePolicy": policy(allow("*", Principal="*"))}, "CallerArn"),
        (
            {"CallerArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"},
            "CallerArn must be the ARN of an IAM user or role",
        ),
        ({"CallerArn": "bob"}, "CallerArn"),
        ({"ActionNames": ["secretsmanager:*"]}, "is not the name of an action"),
        ({"ActionNames": ["GetSecretValue"]}, "is not the name of an action"),
        ({"ResourceArns": ["secret"]}, "is not an ARN"),
        ({"ResourceOwner": "somebody"}, "is not an account"),
        ({"ResourceHandlingOption": "EC2-VPC-EBS"}, "is not simulated"),
        ({"ResourceHandlingOption": "Other"}, "is not a ResourceHandlingOption"),
        ({"ActionNames": ["a:b"] * 100, "ResourceArns": [f"arn:aws:s3:::b{i}" for i in range(60)]}, "too much at once"),
        ({"PolicyInputList": [policy(*[allow("*")] * 300)], "ActionNames": ["a:b"] * 600}, "too much at once"),
        ({"Marker": "junk"}, "Marker"),
    ],
)
def test_what_cannot_be_simulated_is_invalid_input_and_says_why(iam: Any, more: dict[str, Any], told: str) -> None:
    question: dict[str, Any] = {"PolicyInputList": [policy(allow("*"))], "ActionNames": [READ], **more}
    with pytest.raises(ClientError) as error:
        iam.simulate_custom_policy(**question)
    code, message = refusal(error)
    assert code == "InvalidInput"
    assert told in message


@pytest.mark.parametrize(
    ("kind", "values", "good"),
    [
        ("string", ["a"], True),
        ("string", ["a", "b"], False),
        ("stringList", ["a", "b"], True),
        ("numeric", ["1.5"], True),
        ("numeric", ["one"], False),
        ("numericList", ["1", "2"], True),
        ("boolean", ["TRUE"], True),
        ("boolean", ["yes"], False),
        ("ip", ["2001:db8::1"], True),
        ("ip", ["192.0.2.256"], False),
        ("date", ["2026-01-01T00:00:00Z"], True),
        ("date", ["tomorrow"], False),
        ("binary", ["QUJD"], True),
        ("binary", ["*"], False),
        ("dateList", ["2026-01-01", "never"], False),
    ],
)
def test_values_of_context_keys_have_the_form_of_their_type(
    iam: Any, kind: str, values: list[str], *, good: bool
) -> None:
    entries = [{"ContextKeyName": "aws:RequestTag/x", "ContextKeyValues": values, "ContextKeyType": kind}]
    if good:
        assert only(custom(iam, policy(allow("*")), ContextEntries=entries))["EvalDecision"] == "allowed"
        return
    with pytest.raises(ClientError) as error:
        custom(iam, policy(allow("*")), ContextEntries=entries)
    assert refusal(error)[0] == "InvalidInput"


def test_a_context_key_is_given_once_whatever_its_case(iam: Any) -> None:
    entries = [{"ContextKeyName": name, "ContextKeyValues": ["a"]} for name in ("aws:RequestTag/x", "aws:requesttag/X")]
    with pytest.raises(ClientError) as error:
        custom(iam, policy(allow("*")), ContextEntries=entries)
    assert "twice" in refusal(error)[1]


def test_results_come_in_pages_and_a_marker_is_good_for_its_question_alone(iam: Any) -> None:
    actions = [f"iam:Get{number}" for number in range(7)]
    pages = list(
        iam.get_paginator("simulate_custom_policy").paginate(
            PolicyInputList=[policy(allow("*"))], ActionNames=actions, PaginationConfig={"PageSize": 3}
        )
    )
    assert [len(page["EvaluationResults"]) for page in pages] == [3, 3, 1]
    assert [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]] == actions
    with pytest.raises(ClientError) as error:
        custom(iam, policy(allow("iam:*")), ActionNames=actions, MaxItems=3, Marker=pages[0]["Marker"])
    assert refusal(error)[0] == "InvalidInput"


def test_a_page_that_grows_long_ends_early_and_nothing_is_lost(iam: Any) -> None:
    actions = [f"iam:Get{number}" for number in range(50)]
    question = {"PolicyInputList": [policy(*[allow("*")] * 100)], "ActionNames": actions}
    first = iam.simulate_custom_policy(**question)
    assert first["IsTruncated"] is True
    assert len(first["EvaluationResults"]) < 50
    pages = iam.get_paginator("simulate_custom_policy").paginate(**question)
    assert [one["EvalActionName"] for page in pages for one in page["EvaluationResults"]] == actions


def test_the_context_keys_of_policies_are_told_in_their_known_spelling(world: SecretsWorld, iam: Any) -> None:
    text = policy(
        allow(
            READ,
            "arn:aws:s3:::${aws:username}/*",
            Condition={"StringEquals": {"AWS:principaltag/Team": "${aws:RequestTag/team}", "my:Own": "x"}},
        )
    )
    keys = iam.get_context_keys_for_custom_policy(PolicyInputList=[text, text])["ContextKeyNames"]
    assert keys == ["aws:username", "aws:PrincipalTag/Team", "aws:RequestTag/team", "my:Own"]
    secure = policy(allow(READ, Condition={"Bool": {"AWS:SECURETRANSPORT": "true"}}))
    world.put_role("app", trust=policy(trusts({"AWS": ACCOUNT})), policies={"own": secure})
    world.reload()
    source = role_arn("app")
    keys = iam.get_context_keys_for_principal_policy(PolicySourceArn=source, PolicyInputList=[text])["ContextKeyNames"]
    assert keys[0] == "aws:SecureTransport"
    assert len(keys) == 5
