"""Why the language refuses a document: every reason, each with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ostiary.policy import PolicyKind
from ostiary.policy.validation.findings import Key, validate
from policy.validation.policy_documents_to_validate import (
    IDENTITY,
    RESOURCE,
    TRUST,
    changed,
    document,
    found,
    refusing,
    sound,
    written,
)

SERVICE_CONTROL, RESOURCE_CONTROL = PolicyKind.SERVICE_CONTROL, PolicyKind.RESOURCE_CONTROL
LONG = "secretsmanager:" + "x" * 2_050

REASONS: list[tuple[PolicyKind, dict[str, Any], str, str]] = [
    (IDENTITY, {"Effect": None}, "MISSING_EFFECT", "{"),
    (IDENTITY, {"Effect": "allow"}, "INVALID_EFFECT", '"allow"'),
    (IDENTITY, {"Effect": ["Allow"]}, "DATA_TYPE_MISMATCH", "["),
    (IDENTITY, {"Action": None}, "MISSING_ACTION", "{"),
    (IDENTITY, {"Action": ["iam:GetUser", "GetUser"]}, "INVALID_ACTION", '"GetUser"'),
    (IDENTITY, {"Action": ["iam:GetUser", 5]}, "DATA_TYPE_MISMATCH", "5"),
    (IDENTITY, {"Action": []}, "EMPTY_ARRAY_ACTION", "[]"),
    (IDENTITY, {"Action": "${aws:username}:x"}, "VARIABLE_UNSUPPORTED_IN_ELEMENT", '"${aws:username}:x"'),
    (IDENTITY, {"Action": LONG}, "OSTIARY_TEXT_TOO_LONG", f'"{LONG}"'),
    (IDENTITY, {"Action": "iam:\ud800"}, "OSTIARY_UNSOUND_UNICODE", '"iam:\\ud800"'),
    (IDENTITY, {"NotAction": "iam:GetUser"}, "UNSUPPORTED_ELEMENT_COMBINATION", '"Action"'),
    (IDENTITY, {"Resource": None}, "MISSING_RESOURCE", "{"),
    (IDENTITY, {"Resource": []}, "EMPTY_ARRAY_RESOURCE", "[]"),
    (IDENTITY, {"Resource": "secret"}, "INVALID_ARN_PREFIX", '"secret"'),
    (IDENTITY, {"Resource": "arn:aws:iam"}, "MISSING_ARN_FIELD", '"arn:aws:iam"'),
    (IDENTITY, {"Resource": "arn:aws:iam:::${aws:x"}, "MISSING_BRACE_IN_VARIABLE", '"arn:aws:iam:::${aws:x"'),
    (IDENTITY, {"Resource": "arn:aws:iam:::${}"}, "EMPTY_VARIABLE", '"arn:aws:iam:::${}"'),
    (IDENTITY, {"Resource": "arn:aws:iam:::${ab c}"}, "UNSUPPORTED_SPACE_IN_VARIABLE", '"arn:aws:iam:::${ab c}"'),
    (IDENTITY, {"Resource": "arn:aws:iam:::${a:b, c}"}, "MISSING_QUOTE_IN_VARIABLE", '"arn:aws:iam:::${a:b, c}"'),
    (IDENTITY, {"Resource": "arn:aws:iam:::${a:b, '*'}"}, "UNSUPPORTED_SYMBOL_IN_VARIABLE", '"arn:'),
    (IDENTITY, {"Resource": "arn:aws:iam:::${ab}"}, "UNSUPPORTED_SYMBOL_IN_VARIABLE", '"arn:aws:iam:::${ab}"'),
    (
        IDENTITY,
        {"Resource": "arn:${aws:x}:iam:::a"},
        "VARIABLE_UNSUPPORTED_IN_ELEMENT",
        '"arn:${aws:x}:iam:::a"',
    ),
    (IDENTITY, {"Sid": "a b"}, "UNSUPPORTED_SID", '"a b"'),
    (IDENTITY, {"Sid": 1}, "DATA_TYPE_MISMATCH", "1"),
    (IDENTITY, {"Effects": "Deny"}, "INVALID_POLICY_ELEMENT", '"Effects"'),
    (IDENTITY, {"Principal": "*"}, "UNSUPPORTED_PRINCIPAL", '"Principal"'),
    (SERVICE_CONTROL, {"Principal": "*"}, "SCP_SYNTAX_ERROR_PRINCIPAL", '"Principal"'),
    (RESOURCE_CONTROL, {"Principal": {"AWS": "*"}}, "INVALID_PRINCIPAL_FORMAT", "{"),
    (RESOURCE_CONTROL, {"NotPrincipal": {"AWS": "*"}, "Principal": None}, "UNSUPPORTED_PRINCIPAL", '"NotPrincipal"'),
    (RESOURCE, {"Principal": None}, "MISSING_PRINCIPAL", "{"),
    (RESOURCE, {"Principal": "somebody"}, "INVALID_PRINCIPAL_FORMAT", '"somebody"'),
    (RESOURCE, {"Principal": ["*"]}, "DATA_TYPE_MISMATCH", "["),
    (RESOURCE, {"Principal": {}}, "EMPTY_OBJECT_PRINCIPAL", "{}"),
    (RESOURCE, {"Principal": {"AWS": []}}, "EMPTY_ARRAY_PRINCIPAL", "[]"),
    (RESOURCE, {"Principal": {"AWS": [{}]}}, "DATA_TYPE_MISMATCH", "{}"),
    (RESOURCE, {"Principal": {"Aws": ["*", "*"]}}, "INVALID_PRINCIPAL_KEY", '"Aws"'),
    (RESOURCE, {"Principal": {"CanonicalUser": "79a5"}}, "OSTIARY_CANONICAL_USER_UNSUPPORTED", '"79a5"'),
    (RESOURCE, {"Principal": {"Service": "lambda"}}, "INVALID_SERVICE_PRINCIPAL_FORMAT", '"lambda"'),
    (
        RESOURCE,
        {"Principal": {"AWS": "arn:aws:iam::123456789012:user/*"}},
        "UNSUPPORTED_WILDCARD_IN_PRINCIPAL",
        '"arn:',
    ),
    (RESOURCE, {"Principal": {"AWS": "AROAEXAMPLEEXAMPLE123"}}, "INVALID_ROLE_REFERENCE", '"AROA'),
    (RESOURCE, {"Principal": {"AWS": "AIDAEXAMPLEEXAMPLE123"}}, "INVALID_USER_REFERENCE", '"AIDA'),
    (RESOURCE, {"Principal": {"AWS": "12"}}, "INVALID_PRINCIPAL_FORMAT", '"12"'),
    (RESOURCE, {"NotPrincipal": {"AWS": "*"}, "Principal": None}, "ALLOW_WITH_NOT_PRINCIPAL", '"NotPrincipal"'),
    (TRUST, {"NotPrincipal": "*", "Principal": None, "Effect": "Deny"}, "UNSUPPORTED_PRINCIPAL", '"NotPrincipal"'),
    (TRUST, {"Resource": "*"}, "INVALID_POLICY_ELEMENT", '"Resource"'),
    (TRUST, {"Action": "iam:GetUser"}, "UNSUPPORTED_ACTION_IN_POLICY", '"iam:GetUser"'),
]
CONDITIONS: list[tuple[dict[str, Any] | list[Any], str, str]] = [
    ([], "DATA_TYPE_MISMATCH", "[]"),
    ({"StringEqual": {"aws:username": "x"}}, "INVALID_CONDITION_OPERATOR", '"StringEqual"'),
    ({"ForSomeValues:StringEquals": {"aws:username": "x"}}, "INVALID_CONDITION_OPERATOR", '"ForSomeValues'),
    ({"NullIfExists": {"aws:username": "true"}}, "NULL_WITH_IF_EXISTS", '"NullIfExists"'),
    ({"ForAnyValue:Null": {"aws:username": "true"}}, "NULL_WITH_QUALIFIER", '"ForAnyValue:Null"'),
    ({"StringEquals": {}}, "EMPTY_OBJECT_CONDITION", "{}"),
    ({"StringEquals": "x"}, "DATA_TYPE_MISMATCH", '"x"'),
    ({"StringEquals": {"username": "x"}}, "INVALID_CONDITION_KEY_FORMAT", '"username"'),
    ({"StringEquals": {"aws:username": None}}, "DATA_TYPE_MISMATCH", "null"),
    ({"StringEquals": {"aws:username": [["x"]]}}, "DATA_TYPE_MISMATCH", "["),
    ({"StringEquals": {"aws:username": []}}, "EMPTY_ARRAY_CONDITION", "[]"),
    ({"StringEqualsIfExists": {"aws:username": []}}, "EMPTY_ARRAY_CONDITION_IFEXISTS", "[]"),
    ({"ForAllValues:StringEquals": {"aws:TagKeys": []}}, "EMPTY_ARRAY_CONDITION_FORALLVALUES", "[]"),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": []}}, "EMPTY_ARRAY_CONDITION_FORANYVALUE", "[]"),
    (
        {"StringEquals": {"aws:username": "x", "AWS:Username": "y"}},
        "DUPLICATE_KEYS_WITH_DIFFERENT_CASE",
        '"AWS:Username"',
    ),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": ["60", "x"]}}, "TYPE_MISMATCH_NUMBER", '"x"'),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": "${aws:x}"}}, "INVALID_VARIABLE_FOR_OPERATOR", '"${aws:x}"'),
    ({"DateLessThan": {"aws:CurrentTime": "tomorrow"}}, "TYPE_MISMATCH_DATE", '"tomorrow"'),
    ({"Bool": {"aws:SecureTransport": "yes"}}, "TYPE_MISMATCH_BOOLEAN", '"yes"'),
    ({"Null": {"aws:username": "yes"}}, "TYPE_MISMATCH_BOOLEAN", '"yes"'),
    ({"IpAddress": {"aws:SourceIp": "10.0.0.0/40"}}, "TYPE_MISMATCH_IP_RANGE", '"10.0.0.0/40"'),
    ({"ArnLike": {"aws:PrincipalArn": "ana"}}, "TYPE_MISMATCH_ARN", '"ana"'),
    ({"BinaryEquals": {"ostiary:x": "%"}}, "TYPE_MISMATCH_STRING", '"%"'),
    ({"StringEquals": {"aws:username": "${aws:x"}}, "MISSING_BRACE_IN_VARIABLE", '"${aws:x"'),
]


@pytest.mark.parametrize(("kind", "changes", "code", "place"), REASONS)
def test_a_reason_has_a_code_and_a_place(kind: PolicyKind, changes: dict[str, Any], code: str, place: str) -> None:
    text = changed(kind, changes)
    [reason] = [one for one in validate(text, kind=kind) if one.refuses]
    assert reason.code == code
    assert reason.type == "ERROR"
    assert written(reason, text).startswith(place)


@pytest.mark.parametrize(("condition", "code", "place"), CONDITIONS)
def test_a_condition_that_cannot_be_read_has_a_code_and_a_place(condition: object, code: str, place: str) -> None:
    text = changed(IDENTITY, {"Condition": condition})
    [reason] = [one for one in validate(text, kind=IDENTITY) if one.refuses]
    assert reason.code == code
    assert written(reason, text).startswith(place)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "JSON_SYNTAX_ERROR"),
        ("{", "JSON_SYNTAX_ERROR"),
        ("[" * 20_000, "OSTIARY_NESTED_TOO_DEEPLY"),
        (" " * 40_000, "OSTIARY_DOCUMENT_TOO_LARGE"),
        ("[]", "DATA_TYPE_MISMATCH"),
        ("{}", "MISSING_STATEMENT"),
        ('{"Statement": []}', "MISSING_STATEMENT"),
        ('{"Statement": 1}', "DATA_TYPE_MISMATCH"),
        ('{"Statement": [1]}', "DATA_TYPE_MISMATCH"),
        ('{"Statement": {}, "Version": "2012-10-18"}', "INVALID_VERSION"),
        ('{"Statement": {}, "Version": 2012}', "DATA_TYPE_MISMATCH"),
        ('{"Statement": {}, "Id": 1}', "DATA_TYPE_MISMATCH"),
        ('{"Statement": {}, "Statements": []}', "INVALID_POLICY_ELEMENT"),
        ('{"Statement": {}, "Statement": []}', "OSTIARY_DUPLICATE_ELEMENT"),
        ('{"Statement": {"Effect": "Allow", "Effect": "Deny"}}', "OSTIARY_DUPLICATE_ELEMENT"),
        ('{"Statement": {"Condition": {"Bool": {"a:b": true}, "Bool": {"a:c": true}}}}', "OSTIARY_DUPLICATE_ELEMENT"),
        ('{"Statement": {"Condition": {"Bool": {"a:b": true, "a:b": true}}}}', "OSTIARY_DUPLICATE_ELEMENT"),
        (document(sound() | {"Sid": "a"}, sound() | {"Sid": "a"}), "UNIQUE_SIDS_REQUIRED"),
        (document(sound()).encode() + b"\xff", "JSON_SYNTAX_ERROR"),
        (("{" + '"' + "é" * 17_000 + '"' + ":1}").encode(), "OSTIARY_DOCUMENT_TOO_LARGE"),
    ],
)
def test_a_document_that_is_none_has_a_code(text: str | bytes, code: str) -> None:
    assert code in [one.code for one in validate(text, kind=IDENTITY) if one.refuses]


def test_invalid_json_is_one_finding_with_its_position() -> None:
    [only] = validate('{\n "Version": }', kind=IDENTITY)
    assert only.locations[0].path == ()
    assert (only.locations[0].span.start.line, only.locations[0].span.start.column) == (2, 12)


def test_a_broken_statement_does_not_hide_the_next() -> None:
    text = document(
        {"Effect": "Perhaps", "Action": ["x", "y"], "Resource": "z"},
        sound(),
        7,
        sound() | {"Condition": {"StringEquals": {"a": "b"}}, "Sid": "-"},
        sound() | {"Action": "iam:NoSuchThing"},
    )
    assert found(text) == [
        ("ERROR", "INVALID_EFFECT"),
        ("ERROR", "INVALID_ACTION"),
        ("ERROR", "INVALID_ACTION"),
        ("ERROR", "INVALID_ARN_PREFIX"),
        ("ERROR", "DATA_TYPE_MISMATCH"),
        ("ERROR", "INVALID_CONDITION_KEY_FORMAT"),
        ("ERROR", "UNSUPPORTED_SID"),
        ("ERROR", "INVALID_ACTION"),
    ]


@pytest.mark.parametrize("kind", list(PolicyKind))
def test_what_the_language_accepts_is_refused_for_no_reason(kind: PolicyKind) -> None:
    assert validate(document(sound(kind)), kind=kind) == []
    assert refusing(json.dumps({"Statement": sound(kind)}), kind) == []


def test_the_path_of_a_name_ends_with_a_key() -> None:
    [reason] = validate(changed(IDENTITY, {"Condition": {"StringEqual": {"a:b": "c"}}}), kind=IDENTITY)
    assert reason.locations[0].path[-1] == Key("StringEqual")


def test_both_elements_of_a_pair_are_pointed_at() -> None:
    text = changed(IDENTITY, {"NotResource": "*"})
    [reason] = validate(text, kind=IDENTITY)
    assert [written(reason, text, place) for place in range(2)] == ['"Resource"', '"NotResource"']


def test_a_variable_before_2012_is_no_reason_to_refuse() -> None:
    statement = sound() | {"Resource": "arn:aws:iam:::${aws:x"}
    assert refusing(document(statement, version="2008-10-17")) == []
    assert refusing(document(statement)) == ["MISSING_BRACE_IN_VARIABLE"]
