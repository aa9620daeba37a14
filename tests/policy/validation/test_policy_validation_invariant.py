"""A document is refused by the language exactly when a finding refuses it; findings are bounded and point into it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ostiary.policy import PolicyError, PolicyKind, parse_policy
from ostiary.policy.validation.findings import Finding, FindingType, Index, Key, Value, validate
from ostiary.policy.validation.source import locate, read_source

VECTORS = Path(__file__).parents[1] / "vectors"
ARN = "arn:aws:iam::123456789012:"
ANYTHING: list[Any] = ["", "x", "*", 1, None, True, [], {}, [[]], [{}], {"a": 1}, "${", "\ud800", -1.5, "é" * 3]
ACTIONS: list[Any] = ["*", "iam:GetUser", "sts:AssumeRole", ["iam:*", "s3:Get?"], "iam", ["a:b", 1], "i*:x", "x:${a:b}"]
RESOURCES: list[Any] = ["*", f"{ARN}user/a", f"{ARN}${{aws:username}}", [f"{ARN}*"], "x", "arn:aws", f"{ARN}${{x", "a*"]
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": ["123456789012", f"{ARN}role/a"]},
    {"Service": "a.example.com"},
    {"Federated": f"{ARN}oidc-provider/a.example.com"},
    {"AWS": f"{ARN}user/*"},
    {"CanonicalUser": "x"},
    {"Other": "x"},
    {},
]
CONDITIONS: list[Any] = [
    {"StringEquals": {"aws:username": "a"}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ["a", "b*"]}},
    {"Bool": {"aws:SecureTransport": True}},
    {"Null": {"a:b": ["true", "false"]}},
    {"NumericLessThan": {"a:b": 5}},
    {"NumericLessThan": {"a:b": "x"}},
    {"StringEquals": {"a:b": "1", "A:b": "2"}},
    {"StringEquals": {}},
    {"Strange": {"a:b": "c"}},
    {"StringEquals": {"a": "b"}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "x"]}},
    {"ArnLike": {"a:b": "${a:c}"}},
    {"NullIfExists": {"a:b": "true"}},
    {},
]


def element(likely: list[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.sampled_from(likely), st.sampled_from(likely), st.sampled_from(ANYTHING))


STATEMENTS = st.fixed_dictionaries(
    {},
    optional={
        "Effect": element(["Allow", "Allow", "Deny"]),
        "Action": element(ACTIONS),
        "Resource": element(RESOURCES),
        "Principal": element(PRINCIPALS),
        "Condition": element(CONDITIONS),
        "Sid": element(["a", "b", "-"]),
        "NotAction": element(ACTIONS),
        "NotResource": element(RESOURCES),
        "NotPrincipal": element(PRINCIPALS),
        "Other": element(["x"]),
    },
)
PLAIN = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": element(ACTIONS)},
    optional={"Resource": element(RESOURCES), "Principal": element(PRINCIPALS), "Condition": element(CONDITIONS)},
)
DOCUMENTS = st.fixed_dictionaries(
    {"Statement": st.one_of(STATEMENTS, PLAIN, st.lists(STATEMENTS | PLAIN, max_size=3), st.sampled_from(ANYTHING))},
    optional={"Version": element(["2012-10-17", "2008-10-17"]), "Id": element(["x"]), "Extra": element(["x"])},
)
KINDS = st.sampled_from(list(PolicyKind))


def is_refused(text: str, kind: PolicyKind) -> bool:
    try:
        parse_policy(text, policy_id="p", kind=kind)
    except PolicyError:
        return True
    return False


def check(text: str, kind: PolicyKind) -> list[Finding]:
    findings = validate(text, kind=kind)
    assert any(one.refuses for one in findings) == is_refused(text, kind)
    for one in findings:
        assert one.type is FindingType.ERROR or not one.refuses
        assert one.details
        for location in one.locations:
            assert 0 <= location.span.start.offset <= location.span.end.offset <= len(text)
    return findings


@given(DOCUMENTS, KINDS, st.sampled_from([None, 1]))
@settings(max_examples=400, deadline=None)
def test_a_document_is_refused_exactly_when_a_finding_refuses_it(
    document: dict[str, Any], kind: PolicyKind, indent: int | None
) -> None:
    text = json.dumps(document, indent=indent)
    for one in check(text, kind):
        assert one.code != "OSTIARY_INVALID_POLICY", one.details
        for location in one.locations:
            assert_path_leads_to_span(text, location.path, location.span.start.offset, location.span.end.offset)


def assert_path_leads_to_span(text: str, path: tuple[object, ...], start: int, end: int) -> None:
    node = read_source(text)
    for step in path:
        match step:
            case Value(name):
                node = next(one.value for one in node.members if same(one.name, name))
            case Index(index):
                node = node.items[index]
            case Key(name):
                assert any((one.start, one.end) == (start, end) and same(one.name, name) for one in node.members)
                return
            case _:
                assert node.start <= start <= end <= node.end
                return
    assert (node.start, node.end) == (start, end)


def same(name: str, shown: str) -> bool:
    return name == shown or not name.isascii()


@given(DOCUMENTS, KINDS, st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_text_is_refused_exactly_when_a_finding_refuses_it(
    document: dict[str, Any], kind: PolicyKind, data: st.DataObject
) -> None:
    text = json.dumps(document)
    at = data.draw(st.integers(0, len(text)))
    removed = data.draw(st.integers(0, 4))
    put = data.draw(
        st.sampled_from(["", '"', ",", "{", "}", "]", "\\", "\x00", "é", ' "Effect": "Deny",', "1", "null"])
    )
    check(text[:at] + put + text[at + removed :], kind)


@given(st.text(max_size=60), KINDS)
@example('{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*"}}\n', PolicyKind.IDENTITY)
@settings(max_examples=100, deadline=None)
def test_any_text_has_an_answer(text: str, kind: PolicyKind) -> None:
    check(text, kind)


@given(DOCUMENTS, KINDS)
@settings(max_examples=150, deadline=None)
def test_the_path_of_an_error_is_located_in_the_document(document: dict[str, Any], kind: PolicyKind) -> None:
    text = json.dumps(document)
    try:
        parse_policy(text, policy_id="p", kind=kind)
    except PolicyError as error:
        span, path = locate(read_source(text), error.path)
        assert_path_leads_to_span(text, path, span.start.offset, span.end.offset)


def statements_of_vectors() -> Iterator[dict[str, Any]]:
    waiting: list[Any] = [json.loads(file.read_text()) for file in sorted(VECTORS.glob("*.json"))]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if "Effect" in one:
                yield one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)


def test_the_documents_of_the_decision_tables_are_refused_exactly_when_a_finding_refuses_them() -> None:
    statements = list(statements_of_vectors())
    assert len(statements) > 50
    for statement in statements:
        for kind in (PolicyKind.IDENTITY, PolicyKind.TRUST, PolicyKind.RESOURCE):
            check(json.dumps({"Version": "2012-10-17", "Statement": statement}), kind)


def hostile(elements: str) -> str:
    return f'{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Resource":"*",{elements}}}}}'


def numbered(pattern: str, number: int) -> str:
    return ",".join(pattern.replace("#", str(one)) for one in range(number))


@pytest.mark.parametrize(
    "text",
    [
        hostile(f'"Action":[{numbered("0", 10_000)},"a:b"]'),
        hostile(f'"Action":[{numbered(chr(34) + "a:b" + chr(34), 4_000)},"x"]'),
        hostile(f'"Action":[{numbered(chr(34) + "iam:*?#" + chr(34), 2_200)}]'),
        hostile(f'"Action":["a:*",{numbered(chr(34) + "a:" + "*a" * 95 + chr(34), 150)}]'),
        hostile(f'"Action":[{numbered(chr(34) + "x" * 30 + "#:y" + chr(34), 700)}]'),
        hostile(
            f'"Action":"a:b","Condition":{{"StringEquals":{{"a:b":[{numbered(chr(34) + "${" * 1000 + chr(34), 15)}]}}}}'
        ),
        hostile(f'"Action":"a:b","Condition":{{{numbered(chr(34) + "Null" + chr(34) + ":{}", 2_500)}}}'),
        hostile(f'"Action":"a:b","Condition":{{"Null":{{{numbered(chr(34) + "a:#" + chr(34) + ":1", 2_000)}}}}}'),
        hostile(f'"Action":"a:b",{numbered(chr(34) + "Sid" + chr(34) + ":1", 3_000)}'),
        '{"Statement":[' + numbered("{}", 8_000) + "]}",
        '{"Statement":[' + numbered('{"Effect":"Allow","Action":"a:#","Resource":"*","Sid":"a"}', 500) + "]}",
        '{"Statement":' + "[" * 30 + "]" * 30 + "}",
    ],
    ids=range(12),
)
def test_hostile_documents_take_little_time_and_have_few_findings(text: str) -> None:
    assert len(text) <= 32_768
    start = perf_counter()
    findings = check(text, PolicyKind.IDENTITY)
    assert perf_counter() - start < 5
    assert len(findings) <= 300


@given(DOCUMENTS, KINDS)
@settings(max_examples=50, deadline=None)
def test_bytes_are_judged_like_their_text(document: dict[str, Any], kind: PolicyKind) -> None:
    text = json.dumps(document)
    assert validate(text.encode(), kind=kind) == validate(text, kind=kind)
