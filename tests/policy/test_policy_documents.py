"""What is refused as a policy, and is the place named?"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.policy import PolicyError, PolicyKind, parse_policy
from policy.policy_callers import policy

ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
NAMED = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"}


def _refusal(document: str | bytes, kind: PolicyKind = PolicyKind.IDENTITY) -> PolicyError:
    with pytest.raises(PolicyError) as refused:
        parse_policy(document, policy_id="p", kind=kind)
    return refused.value


def _path(statement: dict[str, Any], kind: PolicyKind = PolicyKind.IDENTITY) -> str:
    return _refusal(json.dumps({"Version": "2012-10-17", "Statement": [statement]}), kind).path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"Effect": "allow"}, "Statement[0].Effect"),
        ({"Effect": ["Allow"]}, "Statement[0].Effect"),
        ({"Principal": "*"}, "Statement[0].Principal"),
        ({"Sid": "not a sid"}, "Statement[0].Sid"),
        ({"Sid": 7}, "Statement[0].Sid"),
        ({"Effects": "Allow"}, "Statement[0].Effects"),
        ({"effect": "Allow"}, "Statement[0].effect"),
        ({"NotAction": "s3:*"}, "Statement[0].Action"),
        ({"NotResource": "*"}, "Statement[0].Resource"),
        ({"Action": []}, "Statement[0].Action"),
        ({"Action": ["s3:Get*", "GetObject"]}, "Statement[0].Action[1]"),
        ({"Action": "s 3:GetObject"}, "Statement[0].Action"),
        ({"Action": {"s3": "Get"}}, "Statement[0].Action"),
        ({"Action": 7}, "Statement[0].Action"),
        ({"Action": None}, "Statement[0].Action"),
        ({"Resource": "bucket"}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3"}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3:::${aws:username"}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3:::${}"}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3:::${aws:a${aws:b}}"}, "Statement[0].Resource"),
        ({"Resource": 'arn:aws:s3:::${aws:a, "x"}'}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3:${aws:region}:1:x"}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3:::x/${aws:username, '*'}"}, "Statement[0].Resource"),
        ({"Condition": {"StringLike": {"a:b": "${aws:username, '?'}"}}}, "Statement[0].Condition.StringLike.a:b"),
        ({"Resource": "arn:aws:s3:::\ud800"}, "Statement[0].Resource"),
        ({"Resource": "arn:aws:s3:::" + "x" * 3000}, "Statement[0].Resource"),
        ({"Condition": []}, "Statement[0].Condition"),
        ({"Condition": {"StringMatches": {"a:b": "c"}}}, "Statement[0].Condition.StringMatches"),
        ({"Condition": {"stringequals": {"a:b": "c"}}}, "Statement[0].Condition.stringequals"),
        (
            {"Condition": {"ForSomeValues:StringEquals": {"a:b": "c"}}},
            "Statement[0].Condition.ForSomeValues:StringEquals",
        ),
        ({"Condition": {":StringEquals": {"a:b": "c"}}}, "Statement[0].Condition.:StringEquals"),
        ({"Condition": {"NullIfExists": {"a:b": "true"}}}, "Statement[0].Condition.NullIfExists"),
        ({"Condition": {"ForAnyValue:Null": {"a:b": "true"}}}, "Statement[0].Condition.ForAnyValue:Null"),
        ({"Condition": {"StringEquals": "x"}}, "Statement[0].Condition.StringEquals"),
        ({"Condition": {"StringEquals": {}}}, "Statement[0].Condition.StringEquals"),
        ({"Condition": {"StringEquals": {"key": "x"}}}, "Statement[0].Condition.StringEquals.key"),
        ({"Condition": {"StringEquals": {"a:b": []}}}, "Statement[0].Condition.StringEquals.a:b"),
        ({"Condition": {"StringEquals": {"a:b": None}}}, "Statement[0].Condition.StringEquals.a:b"),
        ({"Condition": {"StringEquals": {"a:b": [["x"]]}}}, "Statement[0].Condition.StringEquals.a:b[0]"),
        ({"Condition": {"StringEquals": {"a:b": "x", "A:B": "y"}}}, "Statement[0].Condition.StringEquals.A:B"),
        ({"Condition": {"NumericEquals": {"a:b": ["1", "1e9"]}}}, "Statement[0].Condition.NumericEquals.a:b[1]"),
        ({"Condition": {"NumericEquals": {"a:b": "${aws:x}"}}}, "Statement[0].Condition.NumericEquals.a:b"),
        ({"Condition": {"DateLessThan": {"a:b": "2026-01-31T09:30:00"}}}, "Statement[0].Condition.DateLessThan.a:b"),
        ({"Condition": {"DateLessThan": {"a:b": "2026"}}}, "Statement[0].Condition.DateLessThan.a:b"),
        ({"Condition": {"DateLessThan": {"a:b": "2026-02-30"}}}, "Statement[0].Condition.DateLessThan.a:b"),
        ({"Condition": {"Bool": {"a:b": "yes"}}}, "Statement[0].Condition.Bool.a:b"),
        ({"Condition": {"Null": {"a:b": "x"}}}, "Statement[0].Condition.Null.a:b"),
        ({"Condition": {"BinaryEquals": {"a:b": "%"}}}, "Statement[0].Condition.BinaryEquals.a:b"),
        ({"Condition": {"IpAddress": {"a:b": "10.0.0.0/33"}}}, "Statement[0].Condition.IpAddress.a:b"),
        ({"Condition": {"ArnLike": {"a:b": "role/*"}}}, "Statement[0].Condition.ArnLike.a:b"),
    ],
)
def test_a_wrong_element_is_refused_with_its_path(change: dict[str, Any], path: str) -> None:
    assert _path(ALLOW | change) == path


@pytest.mark.parametrize("missing", ["Effect", "Action", "Resource"])
def test_a_missing_element_is_named(missing: str) -> None:
    assert _path({name: value for name, value in ALLOW.items() if name != missing}) == f"Statement[0].{missing}"


@pytest.mark.parametrize(
    ("principal", "path"),
    [
        ("123456789012", "Principal"),
        ({}, "Principal"),
        ({"AWS": "12345"}, "Principal.AWS"),
        ({"AWS": []}, "Principal.AWS"),
        ({"AWS": ["123456789012", "arn:aws:iam::123456789012:user/*"]}, "Principal.AWS[1]"),
        ({"AWS": "arn:aws:iam::123456789012:group/admins"}, "Principal.AWS"),
        ({"AWS": "arn:aws:iam:us-east-1:123456789012:root"}, "Principal.AWS"),
        ({"AWS": "arn:aws:iam::123456789012:oidc-provider/ci.example.com"}, "Principal.AWS"),
        ({"AWS": "arn:aws:iam:::user/x"}, "Principal.AWS"),
        ({"AWS": "arn:aws:sts::123456789012:assumed-role/reader"}, "Principal.AWS"),
        ({"AWS": "AIDAEXAMPLE"}, "Principal.AWS"),
        ({"Federated": "*"}, "Principal.Federated"),
        ({"Federated": "arn:aws:iam::123456789012:user/x"}, "Principal.Federated"),
        ({"Service": "*"}, "Principal.Service"),
        ({"Service": "Lambda.amazonaws.com"}, "Principal.Service"),
        ({"CanonicalUser": "79a59df9"}, "Principal.CanonicalUser"),
        ({"aws": "123456789012"}, "Principal.aws"),
    ],
)
def test_a_wrong_principal_is_refused_with_its_path(principal: Any, path: str) -> None:
    assert _path(NAMED | {"Principal": principal}, PolicyKind.TRUST) == f"Statement[0].{path}"


@pytest.mark.parametrize(
    ("change", "kind", "path"),
    [
        ({"Resource": "*"}, PolicyKind.TRUST, "Resource"),
        ({"Action": "s3:GetObject"}, PolicyKind.TRUST, "Action"),
        ({"Action": "*"}, PolicyKind.TRUST, "Action"),
        ({}, PolicyKind.RESOURCE, "Resource"),
        ({"Resource": "*"}, PolicyKind.SESSION, "Principal"),
        ({"Resource": "*"}, PolicyKind.BOUNDARY, "Principal"),
        ({"Resource": "*"}, PolicyKind.SERVICE_CONTROL, "Principal"),
    ],
)
def test_each_kind_has_its_elements(change: dict[str, Any], kind: PolicyKind, path: str) -> None:
    assert _path(NAMED | change, kind) == f"Statement[0].{path}"


@pytest.mark.parametrize("kind", [PolicyKind.RESOURCE, PolicyKind.TRUST])
def test_a_policy_of_a_resource_needs_a_principal(kind: PolicyKind) -> None:
    assert _path({"Effect": "Deny", "Action": "sts:*"}, kind) == "Statement[0].Principal"


def test_not_principal_stands_only_with_deny_and_not_in_a_trust_policy() -> None:
    everyone_but = {"Effect": "Allow", "NotPrincipal": {"AWS": "123456789012"}, "Action": "sts:*", "Resource": "*"}
    assert _path(everyone_but, PolicyKind.RESOURCE) == "Statement[0].NotPrincipal"
    del everyone_but["Resource"]
    assert _path(everyone_but | {"Effect": "Deny"}, PolicyKind.TRUST) == "Statement[0].NotPrincipal"


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ('{"Statement": []}', "Statement"),
        ('{"Version": "2012-10-17"}', "Statement"),
        ('{"Statement": "x"}', "Statement"),
        ('{"Statement": ["x"]}', "Statement[0]"),
        ('{"Version": "2012-10-18", "Statement": []}', "Version"),
        ('{"Version": 2012, "Statement": []}', "Version"),
        ('{"Id": {}, "Statement": []}', "Id"),
        ('{"Statements": []}', "Statements"),
        ('{"Statement": [], "Statement": []}', "Statement"),
        ('{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}', "Statement[0].Effect"),
        (
            '{"Statement": {"Effect": "Deny", "Action": "*", "Action": "s3:*", "Resource": "*"}}',
            "Statement[0].Action",
        ),
        ("[]", ""),
        ("", ""),
        ("{", ""),
        ("\ufeff{}", ""),
        ('{"Statement": NaN}', ""),
        ("[" * 30_000, ""),
        ('{"a":' * 6_000, ""),
        (" " * 40_000, ""),
        (b"\xff\xfe", ""),
    ],
)
def test_a_document_that_is_no_policy_is_refused(document: str | bytes, path: str) -> None:
    assert _refusal(document).path == path


def test_an_operator_that_stands_twice_is_refused() -> None:
    twice = '"Condition": {"Bool": {"a:b": true}, "Bool": {"a:c": true}}'
    refused = _refusal(f'{{"Statement": {{"Effect": "Deny", "Action": "*", "Resource": "*", {twice}}}}}')
    assert refused.path == "Statement[0].Condition.Bool"


def test_two_statements_do_not_share_a_sid() -> None:
    document = {"Statement": [ALLOW | {"Sid": "a"}, ALLOW | {"Sid": "b"}, ALLOW | {"Sid": "a"}]}
    assert _refusal(json.dumps(document)).path == "Statement[2].Sid"


def test_without_a_version_there_are_no_variables() -> None:
    compiled = parse_policy(json.dumps({"Id": "x", "Statement": ALLOW}), policy_id="p")
    assert compiled.version == "2008-10-17"


def test_what_a_user_wrote_is_truncated_in_errors() -> None:
    refused = _refusal(json.dumps({"Statement": ALLOW | {"Action": "x" * 2000}}))
    assert len(refused.message) < 250


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_refused_as_a_policy_error(document: bytes) -> None:
    _refusal(document)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["AWS", "StringEquals", "Bool", "a:b", "Null"]) | st.text(max_size=5), inner)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    statement=st.dictionaries(
        st.sampled_from(["Sid", "Effect", "Principal", "Action", "Resource", "Condition", "NotAction"]), _JSON
    ),
    kind=st.sampled_from(list(PolicyKind)),
)
def test_any_json_is_either_a_policy_or_a_policy_error(statement: dict[str, Any], kind: PolicyKind) -> None:
    whole = {"Effect": "Deny", "Action": "sts:*"} | statement
    with suppress(PolicyError):
        assert policy([whole], kind).statements
