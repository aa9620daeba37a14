"""Does a printed policy parse to the same policy?"""

from __future__ import annotations

import json
from typing import Any

import pytest

from ostiary.policy import PolicyKind, parse_policy, print_policy

EVERYTHING = {
    "Version": "2012-10-17",
    "Id": "an id",
    "Statement": [
        {"Sid": "One", "Effect": "Allow", "Action": "S3:Get*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/T, 'x'}/*"},
        {
            "Effect": "Deny",
            "NotAction": ["sts:*", "iam:Get?ser"],
            "NotResource": ["arn:aws:s3:::*", "*"],
            "Condition": {
                "ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"], "AWS:PrincipalOrgID": "o-1"},
                "NumericLessThan": {"aws:MultiFactorAuthAge": 300},
                "Bool": {"aws:SecureTransport": False},
                "Null": {"aws:TokenIssueTime": "true"},
            },
        },
    ],
}
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": ["123456789012", "arn:aws:iam::123456789012:role/a"], "Service": "a.example.com"},
    {"Federated": "arn:aws:iam::123456789012:oidc-provider/ci.example.com"},
]


def _again(text: str, kind: PolicyKind) -> str:
    return print_policy(parse_policy(text, policy_id="p", kind=kind))


def _same(document: dict[str, Any], kind: PolicyKind) -> dict[str, Any]:
    printed = _again(json.dumps(document), kind)
    assert _again(printed, kind) == printed
    found: dict[str, Any] = json.loads(printed)
    return found


def test_every_element_is_printed_as_it_was_written() -> None:
    printed = _same(EVERYTHING, PolicyKind.IDENTITY)
    assert (printed["Version"], printed["Id"]) == ("2012-10-17", "an id")
    one, other = printed["Statement"]
    assert one["Action"] == ["S3:Get*"]
    assert one["Resource"] == ["arn:aws:s3:::${aws:PrincipalTag/T, 'x'}/*"]
    assert other["NotAction"] == ["sts:*", "iam:Get?ser"]
    assert other["Condition"] == {
        "ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a*", "b"], "AWS:PrincipalOrgID": ["o-1"]},
        "NumericLessThan": {"aws:MultiFactorAuthAge": ["300"]},
        "Bool": {"aws:SecureTransport": ["false"]},
        "Null": {"aws:TokenIssueTime": ["true"]},
    }


def test_a_policy_without_version_stays_the_old_language() -> None:
    assert (
        _same({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, PolicyKind.IDENTITY)["Version"]
        == "2008-10-17"
    )


@pytest.mark.parametrize("principal", PRINCIPALS)
@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
def test_principals_are_printed_in_every_form(principal: Any, element: str) -> None:
    statement = {"Effect": "Deny", element: principal, "Action": "s3:*", "Resource": "*"}
    printed = _same({"Version": "2012-10-17", "Statement": statement}, PolicyKind.RESOURCE)["Statement"][0][element]
    assert printed == (
        principal
        if principal == "*"
        else {kind: [names] if isinstance(names, str) else names for kind, names in principal.items()}
    )


def test_a_resource_control_policy_keeps_its_principal() -> None:
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    assert _same(document, PolicyKind.RESOURCE_CONTROL)["Statement"][0]["Principal"] == "*"


def test_a_trust_policy_is_printed_without_resource() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}
    printed = _same({"Version": "2012-10-17", "Statement": [statement]}, PolicyKind.TRUST)["Statement"][0]
    assert "Resource" not in printed
