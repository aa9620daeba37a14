"""What is dangerous or needless in a policy that the language accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ostiary.policy import PolicyKind, federated_condition_findings, parse_policy
from ostiary.policy.validation.findings import Code, FindingType, Substring, validate
from ostiary.policy.validation.vocabulary import learn_more, type_of
from policy.validation.policy_documents_to_validate import (
    IDENTITY,
    RESOURCE,
    TRUST,
    changed,
    document,
    found,
    sound,
    written,
)

BOUNDARY, SERVICE_CONTROL = PolicyKind.BOUNDARY, PolicyKind.SERVICE_CONTROL
OIDC = "arn:aws:iam::123456789012:oidc-provider/token.example.com"
WEB = {"Principal": {"Federated": OIDC}, "Action": "sts:AssumeRoleWithWebIdentity"}
ROLE = "arn:aws:iam::123456789012:role/app/*"

FOUND: list[tuple[PolicyKind, dict[str, Any], str, str, str]] = [
    (IDENTITY, {"Action": "secretsmanager:GetSecret"}, "ERROR", "INVALID_ACTION", '"secretsmanager:GetSecret"'),
    (IDENTITY, {"Action": "secretsmanager:Fetch*"}, "ERROR", "INVALID_ACTION", '"secretsmanager:Fetch*"'),
    (IDENTITY, {"Action": None, "NotAction": "iam:Get?ser?"}, "ERROR", "INVALID_ACTION", '"iam:Get?ser?"'),
    (IDENTITY, {"Action": "secretmanager:Get*"}, "ERROR", "INVALID_SERVICE_IN_ACTION", "secretmanager"),
    (IDENTITY, {"Action": "ima:GetUser"}, "ERROR", "INVALID_SERVICE_IN_ACTION", "ima"),
    (
        IDENTITY,
        {"Action": ["iam:Get*", "iam:GETUSER"], "Resource": "*"},
        "SUGGESTION",
        "REDUNDANT_ACTION",
        '"iam:GETUSER"',
    ),
    (IDENTITY, {"Action": "i*:GetUser"}, "SUGGESTION", "WILDCARD_IN_SERVICE_NAME", '"i*:GetUser"'),
    (IDENTITY, {"Action": ["crm:Read", "crm:read"]}, "SUGGESTION", "REDUNDANT_ACTION", '"crm:read"'),
    (
        IDENTITY,
        {"Resource": ["arn:aws:s3:::b/*", "arn:aws:s3:::b/c*"]},
        "SUGGESTION",
        "REDUNDANT_RESOURCE",
        '"arn:aws:s3:::b/c*"',
    ),
    (IDENTITY, {"Resource": "arn:aws:iam:eu-west-1:123456789012:role/a"}, "ERROR", "ARN_REGION_NOT_ALLOWED", '"arn'),
    (IDENTITY, {"Resource": "arn:aws:s3::123456789012:b"}, "ERROR", "ARN_ACCOUNT_NOT_ALLOWED", '"arn'),
    (IDENTITY, {"Resource": "arn:aws:iam::1234:role/a"}, "ERROR", "INVALID_ARN_ACCOUNT", '"arn'),
    (IDENTITY, {"Resource": "arn:AWS:iam::123456789012:role/a"}, "ERROR", "INVALID_PARTITION", '"arn'),
    (IDENTITY, {"Resource": "arn:aws:IAM::123456789012:role/a"}, "ERROR", "INVALID_ARN_SERVICE_CASE", '"arn'),
    (IDENTITY, {"Resource": "arn:aws:iam::123456789012:"}, "ERROR", "INVALID_ARN_RESOURCE", '"arn'),
    (
        IDENTITY,
        {"Resource": "arn:aws:iam:::user/${aws:Nobody}"},
        "WARNING",
        "OSTIARY_UNKNOWN_VARIABLE",
        "${aws:Nobody}",
    ),
    (
        IDENTITY,
        {"Resource": "arn:aws:iam:::user/${aws:TagKeys}"},
        "WARNING",
        "OSTIARY_MULTIVALUED_KEY_IN_VARIABLE",
        "${aws:TagKeys}",
    ),
    (
        IDENTITY,
        {"Resource": "arn:aws:iam:::user/${aws:SourceVpc}"},
        "WARNING",
        "OSTIARY_ABSENT_CONDITION_KEY",
        "${aws:SourceVpc}",
    ),
    (
        IDENTITY,
        {"Action": ["iam:GetRole", "iam:ListRoles"], "Resource": "arn:aws:secretsmanager:*:*:secret:*"},
        "WARNING",
        "OSTIARY_RESOURCE_NEVER_MATCHES",
        '"iam:GetRole"',
    ),
    (
        IDENTITY,
        {
            "Effect": "Deny",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": ["arn:aws:iam::123456789012:role/x*", "arn:aws:iam::1*:secret:x"],
        },
        "WARNING",
        "OSTIARY_RESOURCE_NEVER_MATCHES",
        '"secretsmanager:GetSecretValue"',
    ),
    (IDENTITY, {"Sid": ""}, "SUGGESTION", "EMPTY_SID_VALUE", '""'),
    (
        IDENTITY,
        {"Action": "iam:PassRole", "Resource": "*"},
        "SECURITY_WARNING",
        "PASS_ROLE_WITH_STAR_IN_RESOURCE",
        '"iam',
    ),
    (
        IDENTITY,
        {"Action": "iam:Pass*", "Resource": "arn:aws:iam::*:role/*"},
        "SECURITY_WARNING",
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE",
        '"iam:Pass*"',
    ),
    (
        IDENTITY,
        {"Action": "iam:PassRole", "Resource": None, "NotResource": ROLE},
        "SECURITY_WARNING",
        "PASS_ROLE_WITH_NOT_RESOURCE",
        '"iam:PassRole"',
    ),
    (
        IDENTITY,
        {"Action": "iam:P*", "Resource": None, "NotResource": ROLE},
        "SECURITY_WARNING",
        "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE",
        '"iam:P*"',
    ),
    (
        IDENTITY,
        {"Action": "iam:CreateServiceLinkedRole", "Resource": "arn:aws:iam::123456789012:*"},
        "WARNING",
        "CREATE_SLR_WITH_STAR_IN_RESOURCE",
        '"iam:CreateServiceLinkedRole"',
    ),
    (
        RESOURCE,
        {"Principal": {"Service": "backup.example.com"}},
        "SECURITY_WARNING",
        "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL",
        '"backup.example.com"',
    ),
    (RESOURCE, {"Principal": "*"}, "SECURITY_WARNING", "OSTIARY_ALLOW_EVERYONE", '"*"'),
    (TRUST, {"Principal": {"AWS": ["*"]}}, "SECURITY_WARNING", "OSTIARY_ALLOW_EVERYONE", '"*"'),
    (
        RESOURCE,
        {"Principal": {"AWS": "arn:aws:iam::123456789012:user/${aws:username}"}},
        "ERROR",
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
        '"arn',
    ),
]
CONDITIONS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"StringEquals": {"aws:Nothing": "x"}}, "WARNING", "INVALID_GLOBAL_CONDITION_KEY", '"aws:Nothing"'),
    ({"StringEquals": {"iam:Nothing": "x"}}, "WARNING", "INVALID_SERVICE_CONDITION_KEY", '"iam:Nothing"'),
    ({"StringEquals": {"crm:Region": "x"}}, "WARNING", "OSTIARY_UNKNOWN_CONDITION_KEY", '"crm:Region"'),
    ({"StringEquals": {"aws:SourceVpc": "x"}}, "WARNING", "OSTIARY_ABSENT_CONDITION_KEY", '"aws:SourceVpc"'),
    ({"StringEquals": {"aws:PrincipalTag": "x"}}, "ERROR", "MISSING_TAG_KEY_IN_CONDITION", '"aws:PrincipalTag"'),
    ({"StringEquals": {"aws:TagKeys": "x"}}, "ERROR", "MISSING_QUALIFIER", '"aws:TagKeys"'),
    (
        {"ForAllValues:StringEquals": {"aws:username": "x"}},
        "SECURITY_WARNING",
        "FORALLVALUES_WITH_SINGLE_VALUED_KEY",
        '"aws:username"',
    ),
    (
        {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}},
        "SUGGESTION",
        "OSTIARY_FORALLVALUES_WITHOUT_NULL_CHECK",
        '"aws:TagKeys"',
    ),
    ({"StringEquals": {"aws:SecureTransport": "true"}}, "WARNING", "TYPE_MISMATCH", '"aws:SecureTransport"'),
    ({"StringEquals": {"aws:username": "a*"}}, "WARNING", "WILDCARD_WITHOUT_LIKE_OPERATOR", '"a*"'),
    ({"DateLessThan": {"aws:CurrentTime": 1700000000}}, "WARNING", "INVALID_DATE_VALUE", "1700000000"),
    ({"IpAddress": {"aws:SourceIp": "192.0.2.1/24"}}, "SUGGESTION", "IMPROVE_IP_RANGE", '"192.0.2.1/24"'),
    (
        {"Bool": {"aws:SecureTransport": [True, False]}},
        "ERROR",
        "INVALID_CONDITION_MULTIPLE_BOOLEAN",
        '"aws:SecureTransport"',
    ),
    ({"StringEquals": {"aws:username": ["1", 2]}}, "ERROR", "INVALID_CONDITION_DATA_TYPE", '"aws:username"'),
    (
        {"NumericLessThan": {"aws:MultiFactorAuthAge": ["1", "2"]}},
        "SUGGESTION",
        "REDUNDANT_CONDITION_VALUE_NUM",
        '"aws:MultiFactorAuthAge"',
    ),
]


@pytest.mark.parametrize(("kind", "changes", "type_", "code", "place"), FOUND)
def test_a_finding_has_a_type_a_code_and_a_place(
    kind: PolicyKind, changes: dict[str, Any], type_: str, code: str, place: str
) -> None:
    text = changed(kind, changes)
    [one] = validate(text, kind=kind)
    assert (one.type, one.code) == (type_, code)
    assert written(one, text).startswith(place)
    parse_policy(text, policy_id="p", kind=kind)


@pytest.mark.parametrize(("condition", "type_", "code", "place"), CONDITIONS)
def test_a_condition_that_tests_something_else_is_found(condition: object, type_: str, code: str, place: str) -> None:
    text = changed(IDENTITY, {"Condition": condition})
    [one] = validate(text, kind=IDENTITY)
    assert (one.type, one.code) == (type_, code)
    assert written(one, text) == place


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (IDENTITY, {"Action": "crm:ReadCustomer"}),
        (
            IDENTITY,
            {
                "Action": "secretsmanager:GetSecretValue",
                "Resource": ["arn:aws:iam::123456789012:role/x", "arn:aws:secretsmanager:*"],
            },
        ),
        (IDENTITY, {"Action": "secretsmanager:GetSecretValue", "Resource": "arn:aws:secrets*"}),
        (
            IDENTITY,
            {"Action": "secretsmanager:GetSecretValue", "Resource": "arn:*:secretsmanager:eu-?-1:123456789012:*:x"},
        ),
        (IDENTITY, {"Action": "iam:ListRoles", "Resource": "arn:aws:iam::123456789012:role/x"}),
        (
            IDENTITY,
            {"Action": ["sns:Publish", "sqs:SendMessage", "ssm:GetParameter", "s3:GetObject", "ec2:RunInstances"]},
        ),
        (IDENTITY, {"Action": "IAM:getuser", "Resource": "arn:aws:iam::123456789012:user/*"}),
        (IDENTITY, {"Action": ["iam:Get*", "iam:List*"]}),
        (IDENTITY, {"Resource": "arn:acme:CRM:here:no-account:customer/${aws:username}"}),
        (IDENTITY, {"Resource": "arn:*:iam::*:user/${aws:username}"}),
        (IDENTITY, {"Resource": ["arn:aws:s3:::b/?", "arn:aws:s3:::b/c"]}),
        (IDENTITY, {"Resource": "arn:aws:iam:::user/${aws:PrincipalTag/cost center, 'none'}"}),
        (IDENTITY, {"Action": "iam:PassRole", "Resource": ROLE}),
        (
            IDENTITY,
            {
                "Action": "iam:PassRole",
                "Resource": "*",
                "Condition": {"StringEquals": {"iam:PassedToService": "x.example.com"}},
            },
        ),
        (IDENTITY, {"Effect": "Deny", "Action": "*", "Resource": "*"}),
        (IDENTITY, {"Action": None, "NotAction": "iam:*", "Resource": "*"}),
        (BOUNDARY, {"Action": "*", "Resource": "*"}),
        (SERVICE_CONTROL, {"Action": "*", "Resource": "*"}),
        (RESOURCE, {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalAccount": "123456789012"}}}),
        (RESOURCE, {"Principal": "*", "Effect": "Deny"}),
        (
            RESOURCE,
            {
                "Principal": {"Service": "backup.example.com"},
                "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:iam::123456789012:role/a"}},
            },
        ),
        (IDENTITY, {"Condition": {"StringEquals": {"aws:username": "${*}"}}}),
        (IDENTITY, {"Condition": {"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}}),
        (IDENTITY, {"Condition": {"StringLike": {"aws:PrincipalArn": "arn:aws:iam::123456789012:role/*"}}}),
        (IDENTITY, {"Condition": {"ForAnyValue:StringEquals": {"aws:TagKeys": "x"}}}),
        (
            IDENTITY,
            {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": "x"}, "Null": {"aws:TagKeys": "false"}}},
        ),
        (IDENTITY, {"Condition": {"StringEqualsIfExists": {"aws:SourceVpc": "x"}}}),
        (IDENTITY, {"Condition": {"Null": {"aws:SourceVpc": "true"}}}),
        (IDENTITY, {"Condition": {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32", "10.1.2.3"]}}}),
    ],
)
def test_what_is_well_written_has_no_finding(kind: PolicyKind, changes: dict[str, Any]) -> None:
    assert found(changed(kind, changes), kind) == []


def test_a_mistyped_action_is_told_what_was_meant() -> None:
    [one] = validate(changed(IDENTITY, {"Action": "secretsmanager:GetSecretValues"}), kind=IDENTITY)
    assert "did you mean `secretsmanager:GetSecretValue`?" in one.details


def test_a_part_of_a_text_is_named_as_a_substring() -> None:
    [one] = validate(changed(IDENTITY, {"Resource": "arn:aws:iam:::user/${aws:Nobody}"}), kind=IDENTITY)
    assert one.locations[0].path[-1] == Substring(19, 13)


def test_a_policy_without_version_is_warned_and_its_variables_are_errors() -> None:
    text = document(sound() | {"Resource": "arn:aws:iam:::user/${aws:username}"}, version=None)
    assert found(text) == [("WARNING", "MISSING_VERSION"), ("ERROR", "VARIABLE_UNSUPPORTED_IN_VERSION")]


def test_statements_that_say_the_same_are_found_whatever_their_order_and_spelling() -> None:
    one = {"Effect": "Allow", "Action": ["crm:A", "crm:B"], "Resource": ["arn:aws:crm:::a", "arn:aws:crm:::b"]}
    other = {
        "Sid": "x",
        "Resource": ["arn:aws:crm:::b", "arn:aws:crm:::a"],
        "Action": ["CRM:b", "crm:a"],
        "Effect": "Allow",
    }
    assert found(document(one, other)) == [("SUGGESTION", "REDUNDANT_STATEMENT")]
    assert found(document(one, other | {"Effect": "Deny"})) == []
    assert found(document(one, other | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}})) == []


def test_sizes_are_those_of_aws() -> None:
    resources = [f"arn:aws:crm:::customer/{number:0100d}" for number in range(60)]
    text = changed(IDENTITY, {"Resource": resources})
    assert found(text) == [("WARNING", "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA")]
    assert found(text, SERVICE_CONTROL) == []
    assert found(text, PolicyKind.SESSION) == []
    larger = changed(IDENTITY, {"Resource": [f"arn:aws:crm:::customer/{number:0100d}" for number in range(90)]})
    assert found(larger, SERVICE_CONTROL) == [("ERROR", "POLICY_SIZE_EXCEEDS_SCP_QUOTA")]
    limit = changed(PolicyKind.RESOURCE_CONTROL, {"Action": "crm:Read", "Resource": resources[:45]})
    assert found(limit, PolicyKind.RESOURCE_CONTROL) == [("ERROR", "POLICY_SIZE_EXCEEDS_SCP_QUOTA")]


@pytest.mark.parametrize(
    ("condition", "codes"),
    [
        ({}, ["OSTIARY_TRUST_WITHOUT_AUDIENCE", "OSTIARY_TRUST_WITHOUT_SUBJECT"]),
        ({"StringEquals": {"token.example.com:aud": "a"}}, ["OSTIARY_TRUST_WITHOUT_SUBJECT"]),
        (
            {"StringEquals": {"token.example.com:aud": "a"}, "StringLike": {"token.example.com:sub": "repo:*"}},
            ["OSTIARY_TRUST_WITHOUT_SUBJECT"],
        ),
        ({"StringEquals": {"token.example.com:aud": "a", "token.example.com:sub": "b"}}, []),
    ],
)
def test_an_open_trust_is_a_security_warning_at_the_issuer(condition: dict[str, Any], codes: list[str]) -> None:
    broken = {"Effect": "Allow"}
    text = document(broken, sound(TRUST) | WEB | {"Condition": condition})
    findings = [one for one in validate(text, kind=TRUST) if not one.refuses]
    assert [one.code for one in findings] == codes
    assert {written(one, text) for one in findings} <= {f'"{OIDC}"'}
    assert {one.type for one in findings} <= {FindingType.SECURITY_WARNING}
    alone = parse_policy(document(sound(TRUST) | WEB | {"Condition": condition}), policy_id="p", kind=TRUST)
    assert len(federated_condition_findings(alone)) == len(codes)


def test_only_the_first_of_many_findings_are_listed_and_none_of_another_code_is_lost() -> None:
    actions = [f"iam:Nothing{number}" for number in range(400)]
    findings = validate(
        document(sound() | {"Action": actions}, sound() | {"Action": "iam:PassRole", "Resource": "*"}), kind=IDENTITY
    )
    codes = [one.code for one in findings]
    assert codes.count("INVALID_ACTION") == 50
    assert "PASS_ROLE_WITH_STAR_IN_RESOURCE" in codes
    assert codes[-1] == "OSTIARY_MORE_FINDINGS"


def test_texts_of_findings_can_be_sent_whatever_the_document_holds() -> None:
    text = '{"\\ud800": 1, "Statement": {"Effect": "Allow", "Condition": {"Bool": {"\\udfff:x": "\\ud800"}}}}'
    for one in validate(text, kind=IDENTITY):
        json.dumps(
            [one.details, *(element.as_json() for element in one.locations[0].path)], ensure_ascii=False
        ).encode()


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_type_and_a_page(code: Code) -> None:
    assert type_of(code) in FindingType
    assert learn_more(code).startswith("https://docs.aws.amazon.com/IAM/latest/UserGuide/")
    assert code.value == code.name


def test_codes_of_aws_link_to_their_own_paragraph() -> None:
    anchor = learn_more(Code.PASS_ROLE_WITH_STAR_IN_RESOURCE).partition("#")[2]
    assert anchor == "access-analyzer-reference-policy-checks-security-warning-pass-role-with-star-in-resource"
    assert learn_more(Code.MISSING_VERSION).endswith("-general-warning-missing-version")
    assert learn_more(Code.REDUNDANT_ACTION).endswith("-suggestion-redundant-action")
    assert learn_more(Code.INVALID_ACTION).endswith("-error-invalid-action")
