"""Where values stand in a policy's text, and how paths name them."""

from __future__ import annotations

import json
from contextlib import suppress
from time import process_time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ostiary.policy import PolicyError, parse_policy
from ostiary.policy.language.document import read_json
from ostiary.policy.validation.json_tree import MAX_DEPTH, Refusal
from ostiary.policy.validation.source import (
    Index,
    Key,
    Kind,
    Node,
    Place,
    Position,
    SourceError,
    Value,
    locate,
    read_source,
    statement_span,
)

DOCUMENT = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Sid": "é😀", "Effect": "Allow"},
    {
      "Condition": {
        "StringEquals": {"aws:PrincipalTag/a.b": ["x", "y"], "aws:PrincipalTag/a": "z", "c[0]": ["w"]}
      }
    }
  ]
}"""


def written(path: str, document: str = DOCUMENT) -> str:
    span, _ = locate(read_source(document), path)
    return document[span.start.offset : span.end.offset]


def test_lines_count_from_one_and_columns_and_offsets_from_zero_in_characters() -> None:
    statement = read_source(DOCUMENT).child("Statement")
    assert statement is not None
    first = statement.child(0)
    assert first is not None
    effect = first.child("Effect")
    assert effect is not None
    assert effect.span.start == Position(4, 28, DOCUMENT.index('"Allow"'))
    assert effect.span.end == Position(4, 35, DOCUMENT.index('"Allow"') + 7)
    assert statement.child(2) is None
    assert statement.child("x") is None


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Version", '"2012-10-17"'),
        ("Statement[0].Effect", '"Allow"'),
        ("Statement[1].Condition.StringEquals.aws:PrincipalTag/a.b", '["x", "y"]'),
        ("Statement[1].Condition.StringEquals.aws:PrincipalTag/a.b[1]", '"y"'),
        ("Statement[1].Condition.StringEquals.aws:PrincipalTag/a", '"z"'),
        ("Statement[1].Condition.StringEquals.c[0]", '["w"]'),
        ("Statement[1].Condition.StringEquals.c[0][0]", '"w"'),
    ],
)
def test_a_path_names_a_value_also_when_names_hold_dots_slashes_and_brackets(path: str, expected: str) -> None:
    assert written(path) == expected


@pytest.mark.parametrize(
    ("path", "around"),
    [("Statement[0].Action", "Statement[0]"), ("Statement[7].Action", "Statement"), ("Nothing", ""), ("", "")],
)
def test_a_path_to_what_is_missing_names_the_value_around_it(path: str, around: str) -> None:
    assert written(path) == written(around)


def test_a_path_has_the_elements_of_aws() -> None:
    _, path = locate(read_source(DOCUMENT), "Statement[1].Condition.StringEquals.aws:PrincipalTag/a.b[1]")
    assert path == (
        Value("Statement"),
        Index(1),
        Value("Condition"),
        Value("StringEquals"),
        Value("aws:PrincipalTag/a.b"),
        Index(1),
    )
    assert [element.as_json() for element in path[:2]] == [{"value": "Statement"}, {"index": 1}]


def test_a_statement_that_stands_alone_is_the_first_one() -> None:
    document = '{"Statement": {"Effect": "Deny"}}'
    span, path = locate(read_source(document), "Statement[0].Effect")
    assert document[span.start.offset : span.end.offset] == '"Deny"'
    assert path == (Value("Statement"), Value("Effect"))
    assert statement_span(document, 0).start.offset == document.index('{"Effect"')


def test_a_name_that_an_error_cut_short_is_found() -> None:
    key = "aws:PrincipalTag/" + "x" * 200
    document = json.dumps(
        {"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": {"Bool": {key: "maybe"}}}}
    )
    with pytest.raises(PolicyError) as refused:
        parse_policy(document, policy_id="p")
    assert written(refused.value.path, document) == '"maybe"'


def test_statement_spans_enclose_the_statements() -> None:
    for index in range(2):
        span = statement_span(DOCUMENT, index)
        assert json.loads(DOCUMENT[span.start.offset : span.end.offset])
    with pytest.raises(IndexError):
        statement_span(DOCUMENT, 2)


def test_the_place_of_a_name_is_the_name() -> None:
    root = Place(read_source(DOCUMENT))
    location = root.key(root.node.members[1])
    assert location.path == (Key("Statement"),)
    assert DOCUMENT[location.span.start.offset : location.span.end.offset] == '"Statement"'


def test_a_part_of_a_text_is_exact_unless_it_is_written_with_escapes() -> None:
    document = '["ab${x}", "\\u0061b${x}"]'
    plain, escaped = Place(read_source(document)).items()
    span = plain.part(2, 4).span
    assert document[span.start.offset : span.end.offset] == "${x}"
    assert escaped.part(2, 4).span == escaped.node.span


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 0),
        ('{"a": 1,\n "b": }', 2, 6),
        ('{"a": 1}\n x', 2, 1),
        ('{"a" 1}', 1, 5),
        ('{"a": 1 "b": 2}', 1, 8),
        ("[1, ", 1, 4),
        ("[1 2]", 1, 3),
        ("{a: 1}", 1, 1),
        ('["a\nb"]', 1, 3),
        ('["abc]', 1, 1),
        ("[01]", 1, 2),
        ("[NaN]", 1, 1),
        ("\ufeff{}", 1, 0),
        ("[1,]", 1, 3),
        ('{"a": 1,}', 1, 8),
    ],
)
def test_invalid_json_has_a_position(text: str, line: int, column: int) -> None:
    with pytest.raises(SourceError) as refused:
        read_source(text)
    assert refused.value.refusal is Refusal.SYNTAX
    assert (refused.value.position.line, refused.value.position.column) == (line, column)
    assert refused.value.message[0].islower() or refused.value.message[0] == "`"


@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":'])
def test_depth_is_bounded_without_recursion(opening: str) -> None:
    with pytest.raises(SourceError) as refused:
        read_source(opening * 10_000 if len(opening) < 3 else opening * 5_000)
    assert refused.value.refusal is Refusal.DEPTH
    assert read_source("[" * MAX_DEPTH + "]" * MAX_DEPTH).kind is Kind.ARRAY


def test_size_is_bounded() -> None:
    with pytest.raises(SourceError) as refused:
        read_source(" " * 32_769)
    assert refused.value.refusal is Refusal.SIZE


@pytest.mark.parametrize(
    "document",
    [
        "[" + "1," * 16_000 + "1]",
        '["' + "\\u0061" * 5_000 + '"]',
        "\n" * 32_000 + "[]",
        '"' + "x" * 32_000,
        "{" + ",".join(f'"{number}":0' for number in range(3_000)) + "}",
    ],
)
def test_reading_takes_linear_time(document: str) -> None:
    start = process_time()
    with suppress(SourceError):
        read_source(document)
    assert process_time() - start < 1


def test_locating_is_bounded_whatever_the_names_are() -> None:
    inner = '"x"'
    for _ in range(20):
        inner = f'{{"a": {inner}, "a.a": "y"}}'
    start = process_time()
    locate(read_source(inner), ".".join("a" * 60))
    assert process_time() - start < 1


def plain(node: Node) -> object:
    match node.kind:
        case Kind.OBJECT:
            return {member.name: plain(member.value) for member in node.members}
        case Kind.ARRAY:
            return [plain(item) for item in node.items]
        case Kind.STRING:
            return node.text
        case _:
            return json.loads(node.text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
        max_leaves=12,
    ),
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
)
@settings(max_examples=100, deadline=None)
def test_values_are_those_of_json(value: object, indent: int | str | None, ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert plain(read_source(text)) == value


@given(st.text(alphabet='[]{}",:\\ntrue0-1.eE \nu\x01é', max_size=25))
@example('{"a":1,"a":2}')
@example("-")
@example("1.")
@example('"\\ud800"')
@settings(max_examples=400, deadline=None)
def test_what_the_language_reads_as_json_is_read_here_and_nothing_else(text: str) -> None:
    try:
        read_json(text)
    except PolicyError:
        with pytest.raises(SourceError):
            read_source(text)
    else:
        assert read_source(text).span.end.offset <= len(text)
