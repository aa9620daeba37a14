"""Does a trust policy let somebody take the role by an action that is not for them, or name resources without a place?

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html
https://docs.aws.amazon.com/cli/latest/reference/accessanalyzer/validate-policy.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ostiary.policy import PolicyKind
from ostiary.policy.validation.findings import Code, FindingType, validate
from ostiary.policy.validation.vocabulary import learn_more
from policy.policy_callers import ACCOUNT

OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com"
SAML = f"arn:aws:iam::{ACCOUNT}:saml-provider/corp"
WEB, ASSERTION, ROLE = "sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:AssumeRole"


def _codes(statement: dict[str, Any], kind: PolicyKind) -> list[str]:
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return [one.code for one in validate(text, kind=kind)]


@pytest.mark.parametrize(
    ("principal", "action", "mismatched"),
    [
        ({"Federated": OIDC}, ROLE, True),
        ({"Federated": OIDC}, WEB, False),
        ({"Federated": OIDC}, ASSERTION, True),
        ({"Federated": "accounts.google.com"}, WEB, False),
        ({"Federated": "accounts.google.com"}, ROLE, True),
        ({"Federated": SAML}, ASSERTION, False),
        ({"Federated": SAML}, "STS:assumerole", True),
        ({"AWS": ACCOUNT}, ROLE, False),
        ({"AWS": ACCOUNT}, WEB, True),
        ({"Service": "rolesanywhere.amazonaws.com"}, ROLE, False),
        ({"Service": "rolesanywhere.amazonaws.com"}, ASSERTION, True),
        ({"Federated": OIDC, "AWS": ACCOUNT}, [ROLE, WEB], False),
        ({"Federated": OIDC}, ["sts:*", "sts:TagSession"], False),
        ("*", WEB, False),
    ],
)
def test_an_action_that_nobody_of_the_statement_can_use_is_found(
    principal: Any, action: Any, *, mismatched: bool
) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    assert ("MISMATCHED_ACTION_FOR_PRINCIPAL" in _codes(statement, PolicyKind.TRUST)) is mismatched
    denied = statement | {"Effect": "Deny"}
    assert "MISMATCHED_ACTION_FOR_PRINCIPAL" not in _codes(denied, PolicyKind.TRUST)


def test_findings_of_a_trust_policy_point_to_where_aws_points() -> None:
    text = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "",
                    "Effect": "Allow",
                    "Principal": {"Federated": "accounts.google.com"},
                    "Action": [ROLE, "sts:TagSession"],
                    "Condition": {"StringEquals": {"accounts.google.com:aud": "a", "accounts.google.com:sub": "b"}},
                }
            ],
        },
        indent=4,
    )
    named, mismatched = validate(text, kind=PolicyKind.TRUST)
    assert (named.code, named.type) == ("EMPTY_SID_VALUE", FindingType.SUGGESTION)
    span = named.locations[0].span
    assert (span.start.line, span.start.column, span.start.offset) == (5, 19, text.index('""'))
    assert (span.end.line, span.end.column, span.end.offset) == (5, 21, text.index('""') + 2)
    assert (mismatched.code, mismatched.type) == ("MISMATCHED_ACTION_FOR_PRINCIPAL", FindingType.ERROR)
    assert mismatched.learn_more.endswith(
        "#access-analyzer-reference-policy-checks-error-mismatched-action-for-principal"
    )
    assert mismatched.learn_more == learn_more(Code.MISMATCHED_ACTION_FOR_PRINCIPAL)
    paths = [[element.as_json() for element in location.path] for location in mismatched.locations]
    assert paths == [
        [{"value": "Statement"}, {"index": 0}, {"value": "Action"}, {"index": 0}],
        [{"value": "Statement"}, {"index": 0}, {"value": "Principal"}, {"value": "Federated"}],
    ]
    assert not mismatched.refuses


@pytest.mark.parametrize(
    ("resource", "missing"),
    [
        (f"arn:aws:secretsmanager::{ACCOUNT}:secret:db-a1B2c3", True),
        (f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:db-a1B2c3", False),
        (f"arn:aws:iam::{ACCOUNT}:role/a", False),
        ("arn:aws:s3:::lake/*", False),
        (f"arn:aws:records::{ACCOUNT}:record/42", False),
        ("*", False),
    ],
)
def test_a_resource_without_the_region_that_its_service_has_is_found(resource: str, *, missing: bool) -> None:
    statement = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": resource}
    assert ("MISSING_ARN_REGION" in _codes(statement, PolicyKind.IDENTITY)) is missing
