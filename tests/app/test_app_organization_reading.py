from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ostiary.app.organization.document import SECTIONS, Document, DocumentRefused, PersonEntry, RoleEntry
from ostiary.app.organization.lines import key_lines
from ostiary.app.organization.reading import MAX_BYTES, read_document

EXAMPLE = Path(__file__).parents[2] / "examples/organization.toml"


def read(text: str | bytes) -> Document:
    content = text if isinstance(text, bytes) else text.encode()
    return read_document(content, file="org.toml", folder=Path())


def problems(text: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(DocumentRefused) as refused:
        read(text)
    return [(problem.line, problem.text) for problem in refused.value.problems]


def test_the_example_is_an_organization_file() -> None:
    document = read(EXAMPLE.read_bytes())
    assert [one.entry.user_name for one in document.declared("person", PersonEntry)] == ["ana", "bo", "chi"]


def test_an_unknown_key_is_refused_with_its_line() -> None:
    found = problems('[[group]]\nname = "a"\nowner = "b"\npurpose = "c"\n\ncolour = "red"\n')
    assert found[0][0] == 6
    assert "unknown key `colour`" in found[0][1]


def test_an_unknown_section_is_refused_with_its_line() -> None:
    assert problems("\n\n[[groups]]\n")[0] == (3, problems("\n\n[[groups]]\n")[0][1])
    assert "`groups` is not a section" in problems("[[groups]]\n")[0][1]


def test_every_problem_is_listed_in_the_order_of_the_file() -> None:
    text = """
[[group]]
name = "a"

[[person]]
user_name = 5
groups = "a"

[[workload]]
name = "w"
owner = "a"
purpose = "p"
"""
    found = problems(text)
    assert [line for line, _ in found] == [2, 2, 6, 7, 9]
    assert "`expires` is missing" in found[-1][1]


def test_the_text_of_a_refusal_names_file_and_line() -> None:
    with pytest.raises(DocumentRefused, match=r"^org\.toml:1: `purpose` is missing in \[\[group\]\]$"):
        read('[[group]]\nname = "a"\nowner = "b"')


def test_a_syntax_error_has_its_line() -> None:
    assert problems('[[group]]\nname = "a"\nowner = = 5\n')[0][0] == 3
    assert problems('[[group]]\nname = """a\n')[0][0] == 3


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('person = [\n  {user_name = "a"},\n  {user_name = "b",\tx = 1},\n]\n', 3),
        ('[[person]]\nuser_name = "a"\n[person.attributes]\nteam = 1.5\n', 3),
        ('[[person]]\n\'user_name\' = "a"\n"x\\u0079z" = 1\n', 3),
        ('[[person]]\nuser_name = """\na\n# no comment ] } = """\nxyz = 1\n', 5),
        ('[[role]]\nname = "r"\n[[role]]\nname = "s"\ntrust_policy = "{}"\n[role.xyz.Statement]\n', 6),
        ('organization.name = "x"\norganization.xyz = "y"\n', 2),
        ('[[group]]\r\nname = "a"\r\nowner = "b"\r\npurpose = "c"\r\nxyz = 1\r\n', 5),
    ],
)
def test_lines_are_found_in_every_spelling_of_toml(text: str, line: int) -> None:
    assert line in [found for found, _ in problems(text)]


def test_a_date_means_its_first_moment_in_utc_and_text_is_no_date() -> None:
    base = '[[workload]]\nname = "w"\nowner = "o"\npurpose = "p"\nexpires = '
    entry: Any = read(base + "2027-01-31").sections["workload"][0].entry
    assert entry.expires.isoformat() == "2027-01-31T00:00:00+00:00"
    entry = read(base + "2027-01-31T10:00:00+02:00").sections["workload"][0].entry
    assert entry.expires.isoformat() == "2027-01-31T08:00:00+00:00"
    assert "without quotes" in problems(base + '"2027-01-31"')[0][1]
    assert "out of range" in problems(base + "0001-01-01T00:00:00+23:00")[0][1]
    assert problems(base + "07:32:00")[0][0] == 5


def test_a_policy_may_be_json_text_or_a_table() -> None:
    text = '[[role]]\nname = "r"\ntrust_policy = "{}"\n[role.policies.a]\nVersion = "2012-10-17"\n'
    entry = read(text).declared("role", RoleEntry)[0].entry
    assert entry.trust_policy == "{}"
    assert entry.policies == {"a": {"Version": "2012-10-17"}}


def test_control_characters_and_nul_are_refused() -> None:
    assert problems('[[group]]\nname = "a"\nowner = "b\\u0000"\npurpose = "c"\n')[0][0] == 3
    assert problems('[[secret]]\nname = "a"\ndescription = "b\\u0000"\n')[0][0] == 3
    assert problems('[[secret]]\nname = "a"\ntags = {"a\\u0000" = "b"}\n')[0][0] == 3


def test_there_is_one_organization() -> None:
    assert read('[organization]\nname = "a"\n').speaks_of("organization")
    assert problems('[[organization]]\nname = "a"\n[[organization]]\nname = "b"\n')[0][0] == 3


def test_an_empty_list_speaks_of_its_kind() -> None:
    assert read("application = []\n").speaks_of("application")
    assert not read("").speaks_of("application")


def test_a_file_that_is_too_large_or_too_deep_is_refused() -> None:
    assert "larger" in problems(b"#" * (MAX_BYTES + 1))[0][1]
    assert "deep" in problems("a = " + "[" * 20_000)[0][1]
    assert "UTF-8" in problems(b"# ok\n\xff")[0][1]


def lines_of_problems(content: bytes) -> list[int]:
    """None for a file that is read; any other exception fails the test."""
    try:
        read(content)
    except DocumentRefused as refused:
        return [problem.line for problem in refused.problems] or [0]
    return []


toml_like = st.text(
    st.sampled_from(list("[]{}=,.#\"'\\\n\r\t 0159aeuxT:-_+")) | st.characters(codec="utf-8"), max_size=80
)
fragments = st.lists(
    st.sampled_from(
        [
            *(f"[[{name}]]" for name in SECTIONS),
            "[person.attributes]",
            "name = ",
            "user_name = ",
            "groups = ",
            "expires = ",
            '"a"',
            "'''",
            '"""',
            "[",
            "]",
            "{",
            "}",
            "\n",
            "= 1",
            "nan",
            "2027-01-01",
            "1e999",
            "0x1",
            "\\u0000",
            "true",
            ",",
        ]
    )
    | toml_like,
    max_size=25,
).map("".join)


@given(fragments | toml_like)
@example('[[person]]\nuser_name = "\\uD800"')
@example("a" * 5000 + " = " + "9" * 5000)
@settings(max_examples=400, deadline=None)
def test_junk_is_read_or_refused_and_nothing_else(text: str) -> None:
    assert all(line >= 1 for line in lines_of_problems(text.encode("utf-8", "surrogatepass")))


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_bytes_are_read_or_refused_and_nothing_else(content: bytes) -> None:
    assert all(line >= 1 for line in lines_of_problems(content))


values = st.recursive(
    st.sampled_from(['"a # ] }"', "'x'", "1", "true", '"""\n\n"""', "'''\n]'''", "2027-01-01"]),
    lambda inner: st.lists(inner, max_size=3).map(lambda items: "[\n" + ",\n".join(items) + "]"),
    max_leaves=6,
)


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), values), unique_by=lambda pair: pair[0], max_size=6))
@settings(max_examples=150, deadline=None)
def test_the_line_of_a_key_is_where_it_stands(pairs: list[tuple[str, str]]) -> None:
    text, expected = "", {}
    for table in range(2):
        text += "[[t]]\n"
        for key, value in pairs:
            expected["t", table, key] = text.count("\n") + 1
            text += f"{key} = {value} # comment\n"
    tomllib.loads(text)
    lines = key_lines(text)
    assert {place: lines[place] for place in expected} == expected
