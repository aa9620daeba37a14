"""What a request or a document says often and at length must not make anything slow: variables, above all."""

from __future__ import annotations

import json
import time

import pytest

from ostiary.policy import PolicyError, PolicyKind, PolicySet, Principal, PrincipalKind, Request, decide, parse_policy
from ostiary.policy.validation.findings import validate

ACCOUNT = "111122223333"


def test_a_long_value_in_a_pattern_that_names_it_often_costs_little() -> None:
    pattern = "arn:aws:s3:::" + "${aws:UserAgent}*?" * 100
    statement = {"Effect": "Allow", "Action": "*", "Resource": [pattern] * 8}
    policy = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), policy_id="p")
    principal = Principal(f"arn:aws:iam::{ACCOUNT}:user/ana", ACCOUNT, PrincipalKind.USER)
    resource = "arn:aws:s3:::" + "a" * 2000
    policies = PolicySet(identity=(policy,))
    started = time.process_time()
    for value, allowed in ("a" * 8000, False), ("a" * 20, False), ("a" * 19, True), ("a", True):
        request = Request(principal, "s3:GetObject", resource, ACCOUNT, {"aws:UserAgent": value})
        assert decide(request, policies).allowed is allowed, len(value)
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize(
    "inner",
    [
        "a" + ":" * 600 + " " * 1300 + "'",
        " " * 700 + ":" * 700 + " " * 500 + "'",
        "a:" + "\t" * 1900 + "*",
        " " * 1900 + "a",
        "a:b," + " " * 1000 + "'x'" + " " * 900 + "x",
    ],
)
def test_a_variable_that_is_none_is_refused_without_reading_it_again_and_again(inner: str) -> None:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${" + inner + "}"}
    document = json.dumps({"Version": "2012-10-17", "Statement": statement})
    started = time.process_time()
    with pytest.raises(PolicyError, match="is not a variable"):
        parse_policy(document, policy_id="p")
    assert any(finding.refuses for finding in validate(document, kind=PolicyKind.IDENTITY))
    assert time.process_time() - started < 1.0
