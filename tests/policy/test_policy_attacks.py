"""Can somebody get more than the policies say?"""

from __future__ import annotations

import time
from typing import Any

import pytest

from ostiary.policy import (
    PolicyError,
    PolicyKind,
    PolicySet,
    Request,
    decide,
    decide_trust,
    federated_condition_findings,
    wildcard_subjects,
)
from policy.policy_callers import CALLERS, policy, request

EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ISSUER = "arn:aws:iam::123456789012:oidc-provider/ci.example.com/team"
HOST = "ci.example.com/team"


def _allowed(statements: list[dict[str, Any]], asked: Request) -> bool:
    return decide(asked, PolicySet(identity=[policy(statements)])).allowed


@pytest.mark.parametrize(
    "value", ["*", "?", "a*", "???", "a/*", "${*}", "${aws:x}", "a:b", "../secret", "a\nb", "İ", ""]
)
def test_a_tag_value_is_only_ever_itself_in_a_resource(value: str) -> None:
    own = [{"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::b/${aws:PrincipalTag/team}/x"}]
    context = {"aws:PrincipalTag/team": value, "aws:x": "secret"}
    assert not _allowed(own, request(resource="arn:aws:s3:::b/secret/x", context=context))
    itself = _allowed(own, request(resource=f"arn:aws:s3:::b/{value}/x", context=context))
    assert itself is bool(value)


@pytest.mark.parametrize("value", ["*", "arn:aws:iam::1:role/x", "a:b:c:d:e:f", "?"])
def test_a_value_moves_no_segment_of_an_arn(value: str) -> None:
    allow = EVERYTHING | {"Condition": {"ArnLike": {"t:arn": "arn:aws:iam::1:role/${aws:PrincipalTag/team}"}}}
    context = {"aws:PrincipalTag/team": value, "t:arn": "arn:aws:iam::1:role/secret"}
    assert not _allowed([allow], request(context=context))


@pytest.mark.parametrize("operator", ["ArnLike", "ArnEquals"])
def test_a_value_with_a_colon_is_no_part_of_an_arn(operator: str) -> None:
    wanted = "arn:aws:sns:${aws:PrincipalTag/region}:123456789012:topic"
    condition = {operator: {"t:arn": wanted}}
    context = {"aws:PrincipalTag/region": "eu:999999999999", "t:arn": "arn:aws:sns:eu:999999999999:123456789012:topic"}
    assert not _allowed([EVERYTHING | {"Condition": condition}], request(context=context))
    whole = {operator: {"t:arn": "${t:arn}"}}
    assert _allowed([EVERYTHING | {"Condition": whole}], request(context=context))


@pytest.mark.parametrize(
    "pattern", ["arn:aws:sns:${t:region}:topic", "${t:prefix}*", "${t:prefix}:x", "${t:a}${t:b}", "arn:aws:${t:x, 'a'}"]
)
def test_a_variable_does_not_bring_the_parts_of_an_arn(pattern: str) -> None:
    with pytest.raises(PolicyError, match="is not an ARN of six parts"):
        _allowed([EVERYTHING | {"Condition": {"ArnLike": {"t:arn": pattern}}}], request())


def test_not_principal_spares_nobody_who_has_a_boundary() -> None:
    for listed in ("*", {"AWS": "*"}, {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/alice"]}):
        deny = policy([{"Effect": "Deny", "NotPrincipal": listed, "Action": "*", "Resource": "*"}], PolicyKind.RESOURCE)
        free, bounded = (
            PolicySet(identity=[policy([EVERYTHING])], resource=deny, boundary=boundary)
            for boundary in (None, policy([EVERYTHING], PolicyKind.BOUNDARY))
        )
        assert decide(request(), free).allowed
        assert not decide(request(), bounded).allowed


def test_the_case_of_a_tag_key_dodges_no_deny() -> None:
    deny = {
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestTag/Env": "prod"}},
    }
    for key in ("aws:RequestTag/Env", "AWS:requesttag/env", "aws:RequestTag/ENV"):
        assert not _allowed([EVERYTHING, deny], request(context={key: "prod"}))
    plain = Request(CALLERS["user"], "s3:GetObject", "x", "123456789012", {"aws:RequestTag/ENV": "prod"})
    assert not _allowed([EVERYTHING, deny], plain)


def test_two_tags_that_differ_by_case_are_both_held_against_the_caller() -> None:
    both = {"aws:RequestTag/Env": "dev", "aws:RequestTag/env": "prod"}
    condition = {"StringEquals": {"aws:RequestTag/env": "dev"}}
    assert not _allowed([EVERYTHING | {"Condition": condition}], request(context=both))
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    assert not _allowed([EVERYTHING, deny], request(context=both))


def test_look_alikes_are_other_keys_and_other_actions() -> None:
    kelvin = "\u212aey"
    allow = EVERYTHING | {"Condition": {"StringEquals": {"aws:PrincipalTag/key": "x"}}}
    assert not _allowed([allow], request(context={f"aws:PrincipalTag/{kelvin}": "x"}))
    assert not _allowed([{"Effect": "Allow", "Action": "kms:*", "Resource": "*"}], request(action="\u212ams:Decrypt"))


def test_letters_that_only_unicode_folds_count_against_the_caller() -> None:
    condition = {"StringEqualsIgnoreCase": {"t:name": "K"}}
    context = {"t:name": "\u212a"}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    assert not _allowed([EVERYTHING | {"Condition": condition}], request(context=context))
    assert not _allowed([EVERYTHING, deny], request(context=context))


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ({"NumericGreaterThan": {"t:key": "3600"}}, "a lot"),
        ({"NumericNotEquals": {"t:key": "1"}}, "NaN"),
        ({"DateLessThan": {"t:key": "2026-01-01"}}, "yesterday"),
        ({"Bool": {"t:key": "false"}}, "nope"),
        ({"IpAddress": {"t:key": "203.0.113.0/24"}}, "203.0.113.5, 10.0.0.1"),
        ({"NotIpAddress": {"t:key": "203.0.113.0/24"}}, "fe80::1%eth0"),
        ({"ArnNotLike": {"t:key": "arn:aws:iam::1:role/*"}}, "role/x"),
        ({"BinaryEquals": {"t:key": "AAAA"}}, "%"),
    ],
)
def test_a_value_that_cannot_be_read_grants_nothing_and_stops_a_deny_from_nothing(
    condition: dict[str, Any], value: str
) -> None:
    context = {"t:key": value}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    assert not _allowed([EVERYTHING | {"Condition": condition}], request(context=context))
    assert not _allowed([EVERYTHING, deny], request(context=context))


def test_a_set_of_values_without_set_operator_counts_against_the_caller() -> None:
    condition = {"StringEquals": {"t:key": "a"}}
    context = {"t:key": ["a", "b"]}
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": condition}
    assert not _allowed([EVERYTHING | {"Condition": condition}], request(context=context))
    assert not _allowed([EVERYTHING, deny], request(context=context))


def test_a_key_with_an_empty_value_is_not_shown_to_exist_nor_to_be_missing() -> None:
    for wanted in ("true", "false"):
        condition = {"Null": {"t:key": wanted}}
        assert not _allowed([EVERYTHING | {"Condition": condition}], request(context={"t:key": ""}))


def test_for_all_values_of_nothing_needs_a_null_check_beside_it() -> None:
    open_door = EVERYTHING | {"Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}}
    guarded = EVERYTHING | {
        "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}, "Null": {"aws:TagKeys": "false"}}
    }
    assert _allowed([open_door], request())
    assert not _allowed([guarded], request())
    assert not _allowed([guarded], request(context={"aws:TagKeys": []}))
    assert _allowed([guarded], request(context={"aws:TagKeys": ["a"]}))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("arn:aws:s3:::" + "a*" * 900 + "b", "arn:aws:s3:::" + "a" * 2000),
        ("arn:aws:s3:::" + "*?" * 900 + "b", "arn:aws:s3:::" + "a" * 2000),
        ("arn:aws:*a*a*a*a*a*:*:*:" + "*a?" * 500, "arn:aws:" + "a:" * 1000),
    ],
)
def test_a_hostile_pattern_costs_little(pattern: str, text: str) -> None:
    compiled = policy([{"Effect": "Allow", "Action": "*", "Resource": pattern}])
    started = time.process_time()
    assert not decide(request(resource=text), PolicySet(identity=[compiled])).allowed
    assert time.process_time() - started < 0.5


def test_a_policy_without_principals_cannot_stand_for_a_resource_or_a_trust() -> None:
    everyone = policy([EVERYTHING])
    with pytest.raises(ValueError, match="stands where resource is expected"):
        PolicySet(resource=everyone)
    with pytest.raises(ValueError, match="stands where trust is expected"):
        decide_trust(request(action="sts:AssumeRole"), everyone)


def test_actions_beyond_memory_are_decided_all_the_same() -> None:
    compiled = policy([{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}])
    policies = PolicySet(identity=[compiled])
    for number in range(600):
        assert decide(request(action=f"s3:Get{number}"), policies).allowed
    assert not decide(request(action="s3:Put"), policies).allowed
    assert compiled.by_action.remembered <= 512


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"StringEquals": {f"{HOST}:sub": "repo:a", f"{HOST}:aud": "sts"}}, 0),
        ({"StringEqualsIgnoreCase": {f"{HOST.upper()}:SUB": ["repo:a", "repo:b"]}}, 0),
        ({"StringLike": {f"{HOST}:sub": "repo:a"}}, 0),
        ({"ForAnyValue:StringEquals": {f"{HOST}:sub": "repo:a"}}, 0),
        ({"StringEquals": {f"{HOST}:aud": "sts"}}, 1),
        ({}, 1),
        ({"StringLike": {f"{HOST}:sub": "repo:a/*"}}, 1),
        ({"StringLike": {f"{HOST}:sub": ["repo:a", "repo:?"]}}, 1),
        ({"StringEqualsIfExists": {f"{HOST}:sub": "repo:a"}}, 1),
        ({"ForAllValues:StringEquals": {f"{HOST}:sub": "repo:a"}}, 1),
        ({"StringNotEquals": {f"{HOST}:sub": "repo:a"}}, 1),
        ({"StringEquals": {f"{HOST}:sub": f"${{{HOST}:sub}}"}}, 1),
        ({"StringEquals": {"other.example.com:sub": "repo:a"}}, 1),
    ],
)
def test_a_trust_in_any_subject_of_an_issuer_is_found(condition: dict[str, Any], found: int) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": ISSUER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }
    trust = policy([statement], PolicyKind.TRUST, policy_id="deploy")
    findings = wildcard_subjects(trust, HOST)
    assert len(findings) == found
    assert all("Statement[0]" in sentence and "`deploy`" in sentence for sentence in findings)
    assert wildcard_subjects(trust, "other.example.com") == []
    without_audience = f"{HOST}:aud" not in condition.get("StringEquals", {})
    assert len(federated_condition_findings(trust)) == found + without_audience


def test_denials_and_aws_principals_are_no_findings() -> None:
    trust = policy(
        [
            {"Effect": "Deny", "Principal": {"Federated": ISSUER}, "Action": "sts:*"},
            {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
        ],
        PolicyKind.TRUST,
    )
    assert federated_condition_findings(trust) == []
