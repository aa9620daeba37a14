"""What a request says often and at length must not make a decision slow: values stand in patterns as variables."""

from __future__ import annotations

import json
import time

from ostiary.policy import PolicySet, Principal, PrincipalKind, Request, decide, parse_policy

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
