"""Is what a Deny leaves alone known of the rest, and do reference policies of the AWS samples tell policies apart?

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-checks-validating-policies.html
https://github.com/aws-samples/iam-access-analyzer-custom-policy-check-samples
"""

from __future__ import annotations

import random
from itertools import product
from typing import Any

import pytest

from ostiary.policy import PolicyKind, PolicySet, decide
from ostiary.policy.analysis import check_no_new_access
from policy.analysis_cases import Statement, blocks, by, deny, on, other
from policy.policy_callers import ACCOUNT, policy, request

EVERYTHING = on("*")
TAG = "aws:RequestTag/cost"
TAGGED_ONLY = [EVERYTHING, deny({**on("ec2:RunInstances"), "Condition": {"Null": {TAG: "true"}}})]
SECRET = "arn:aws:secretsmanager:*:*:secret:payroll"
KEEPS_SECRET = [EVERYTHING, deny(on(["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"], SECRET))]
LADDERS = [
    EVERYTHING,
    deny(other(on("iam:PassRole", "arn:aws:iam::*:role/passable/*"), "Resource")),
    deny(on(["iam:CreateUser", "iam:PutRolePolicy"])),
]


def when(action: str, operator: str, values: Any, key: str = TAG) -> Statement:
    return {**on(action), "Condition": {operator: {key: values}}}


REFERENCES: list[tuple[list[Statement], list[Statement], bool]] = [
    (TAGGED_ONLY, [when("ec2:RunInstances", "StringEquals", "42")], True),
    (TAGGED_ONLY, [when("ec2:RunInstances", "Null", "false")], True),
    (TAGGED_ONLY, [on("ec2:DescribeInstances")], True),
    (TAGGED_ONLY, [on("ec2:RunInstances"), deny(when("ec2:RunInstances", "StringNotEquals", "42"))], True),
    (TAGGED_ONLY, [on("ec2:*"), deny(when("ec2:Run*", "StringNotLike", "4?"))], True),
    (TAGGED_ONLY, [on("ec2:*"), deny(when("ec2:Run*", "StringNotLike", "*"))], False),
    (TAGGED_ONLY, [on("ec2:*"), deny(when("ec2:Run*", "StringEquals", "42"))], False),
    (TAGGED_ONLY, [on("ec2:*"), deny(when("ec2:Start*", "StringNotEquals", "42"))], False),
    (TAGGED_ONLY, [when("ec2:RunInstances", "StringEqualsIfExists", "42")], False),
    (TAGGED_ONLY, [on("ec2:RunInstances")], False),
    (KEEPS_SECRET, [on("secretsmanager:DeleteSecret", "arn:aws:secretsmanager:*:*:secret:menu")], True),
    (KEEPS_SECRET, [on("secretsmanager:*"), deny(on("*", SECRET))], True),
    (KEEPS_SECRET, [on("secretsmanager:Delete*", "arn:aws:secretsmanager:*:*:secret:*roll")], False),
    (LADDERS, [on("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/passable/ci")], True),
    (
        LADDERS,
        [on("iam:PassRole"), deny(other(on("iam:PassRole", "arn:aws:iam::*:role/passable/ci"), "Resource"))],
        True,
    ),
    (LADDERS, [on("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/other/ci")], False),
    (LADDERS, [on("iam:PutRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/a")], False),
]

# The Deny of the new policy, the condition of the existing Allow, and whether what the Deny leaves alone satisfies it.
LEFT_ALONE: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"StringNotEquals__t_k": "a"}, {"StringEquals__t_k": ["a", "b"]}, True),
    ({"StringNotEqualsIfExists__t_k": "a"}, {"StringEquals__t_k": "a"}, True),
    ({"StringNotEquals__t_k": ["a", "b"]}, {"StringEquals__t_k": "a"}, False),
    ({"StringNotEquals__t_k": "${t:j}"}, {"StringEquals__t_k": "${t:j}"}, False),
    ({"StringEquals__t_k": "a"}, {"StringNotEquals__t_k": "a"}, True),
    ({"StringEquals__t_k": "a"}, {"Null__t_k": "false"}, False),
    ({"Bool__t_k": "false"}, {"BoolIfExists__t_k": "true"}, True),
    ({"Bool__t_k": "false"}, {"Bool__t_k": "true"}, False),
    ({"BoolIfExists__t_k": "false"}, {"Bool__t_k": "true"}, True),
    ({"NotIpAddress__t_k": "10.1.0.0/16"}, {"IpAddress__t_k": "10.0.0.0/8"}, True),
    ({"NotIpAddress__t_k": "10.0.0.0/7"}, {"IpAddress__t_k": "10.0.0.0/8"}, False),
    ({"NumericGreaterThanIfExists__t_k": "900"}, {"NumericLessThanEquals__t_k": "3600"}, True),
    ({"NumericGreaterThan__t_k": "900"}, {"NumericLessThanEquals__t_k": "3600"}, False),
    ({"NumericGreaterThan__t_k": ["900", "9"]}, {"NumericLessThanEqualsIfExists__t_k": "900"}, False),
    ({"ForAnyValue_StringNotEquals__t_k": "a"}, {"ForAllValues_StringEquals__t_k": ["a", "b"]}, True),
    ({"ForAllValues_StringNotEquals__t_k": "a"}, {"ForAnyValue_StringEquals__t_k": ["a", "b"]}, True),
    ({"StringNotEquals__t_k": "a", "Bool__t_j": "true"}, {"StringEquals__t_k": "a"}, False),
]


@pytest.mark.parametrize(("reference", "candidate", "passes"), REFERENCES)
def test_a_reference_policy_tells_what_a_candidate_may_grant(
    reference: list[Statement], candidate: list[Statement], *, passes: bool
) -> None:
    assert check_no_new_access(policy(candidate), policy(reference)).passed is passes


@pytest.mark.parametrize(("denied", "allowed", "passes"), LEFT_ALONE)
def test_what_a_deny_leaves_alone_satisfies_its_opposite(
    denied: dict[str, Any], allowed: dict[str, Any], *, passes: bool
) -> None:
    new = policy([EVERYTHING, deny({**EVERYTHING, "Condition": blocks(denied)})])
    assert check_no_new_access(new, policy([{**EVERYTHING, "Condition": blocks(allowed)}])).passed is passes


def test_one_condition_of_several_is_open_when_the_others_are_known() -> None:
    known = on("*", Bool__t_j="true")
    both = deny(on("*", StringNotEquals__t_k="a", Bool__t_j="true"))
    assert check_no_new_access(policy([known, both]), policy([on("*", StringEquals__t_k=["a", "b"])])).passed


@pytest.mark.parametrize(("denied_to", "passes"), [("*", True), ({"AWS": ACCOUNT}, False)])
def test_a_deny_of_some_callers_says_nothing_of_the_others(denied_to: Any, *, passes: bool) -> None:
    new = [by("*", EVERYTHING), by(denied_to, deny(on("*", StringNotEquals__t_k="a")))]
    existing = [by("*", on("*", StringEquals__t_k="a"))]
    kind = PolicyKind.RESOURCE
    assert check_no_new_access(policy(new, kind), policy(existing, kind)).passed is passes


_OPERATORS = {
    "StringEquals": "ab",
    "StringNotEquals": "ab",
    "StringLike": ["a*", "*", ""],
    "StringNotLike": ["a*", "*", ""],
    "NumericLessThan": "159",
    "NumericGreaterThanEquals": "159",
    "Bool": ["true", "false"],
    "Null": ["true", "false"],
}
_VALUES: list[Any] = [None, "", "a", "b", "1", "5", "true", "x", ["a", "b"], ["a", ""], ["1", "9"], ["true", "false"]]


def test_no_request_is_new_when_the_check_passes() -> None:
    chance = random.Random(4)

    def conditional(statement: Statement) -> Statement:
        condition: dict[str, dict[str, Any]] = {}
        for key in chance.choice([["t:k"], ["t:k"], ["t:k", "t:j"]]):
            operator = chance.choice(list(_OPERATORS))
            values = chance.sample(list(_OPERATORS[operator]), 2 if operator.startswith("String") else 1)
            if operator != "Null":
                quantifier = chance.choice(["", "", "ForAllValues:", "ForAnyValue:"])
                operator = f"{quantifier}{operator}{chance.choice(['', 'IfExists'])}"
            condition.setdefault(operator, {})[key] = values
        return {**statement, "Condition": condition}

    asked = [
        request(context={key: value for key, value in (("t:k", one), ("t:j", two)) if value is not None})
        for one, two in product(_VALUES, [None, "a", "1", "true"])
    ]
    passed = 0
    for _ in range(600):
        new, existing = policy([EVERYTHING, deny(conditional(EVERYTHING))]), policy([conditional(EVERYTHING)])
        if not check_no_new_access(new, existing).passed:
            continue
        passed += 1
        after, before = PolicySet(identity=[new]), PolicySet(identity=[existing])
        assert [one.context for one in asked if decide(one, after).allowed and not decide(one, before).allowed] == []
    assert passed
