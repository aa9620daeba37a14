"""Does docs/policy.md tell the truth? Every policy in it is read, and every answer in it is decided."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from ostiary.policy import (
    ContextValue,
    Decision,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    decide,
    decide_assume,
    parse_policy,
)
from ostiary.policy.language.operators import OPERATORS
from ostiary.policy.validation.findings import FindingType, validate
from policy.condition_key_tables import DOCUMENT, tables, written

_TEXT = DOCUMENT.read_text(encoding="utf-8")
_ACCOUNT = "123456789012"
_SECRETS = f"arn:aws:secretsmanager:eu-west-1:{_ACCOUNT}:secret:"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/target"
_EVERYTHING = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_FULL_ACCESS = _EVERYTHING.replace('"Action"', '"Principal": "*", "Action"')
_EXAMPLES_AT_LEAST = 30
_LINES = re.MULTILINE | re.DOTALL
_BLOCK = re.compile(
    r"^```json (?P<kind>\S+)\n(?P<text>.*?)^```$|^(?P<table>(?:\|[^\n]*\|\n)+)|^#+ (?P<title>[^\n]*)$", _LINES
)
_CELL = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Example:
    title: str
    policies: tuple[tuple[PolicyKind, str], ...]
    row: dict[str, str]


def _table(text: str) -> list[dict[str, str]]:
    header, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines())
    return [dict(zip(header, row, strict=True)) for row in rows]


def _examples() -> Iterator[Example]:
    """Each row that has an answer, with the policies that stand between the last such table and its own."""
    title, policies, closed = "", list[tuple[PolicyKind, str]](), False
    for found in _BLOCK.finditer(_TEXT):
        if found["title"]:
            title, policies = found["title"], []
        elif found["kind"]:
            policies, closed = [*(() if closed else policies), (PolicyKind(found["kind"]), found["text"])], False
        else:
            rows = _table(found["table"])
            if "answer" in rows[0]:
                closed = True
                yield from (Example(title, tuple(policies), row) for row in rows)


def _tables_of(section: str) -> list[list[dict[str, str]]]:
    [text] = re.findall(rf"^#+ {re.escape(section)}\n(.*?)(?=^#+ |\Z)", _TEXT, _LINES)
    return [_table(table) for table in re.findall(r"^(?:\|.*\|\n)+", text, re.MULTILINE)]


def _code(cell: str) -> list[str]:
    return _CELL.findall(cell)


_EXAMPLES = list(_examples())
_CALLERS = {_code(row["name"])[0]: row for row in _tables_of("Examples")[0]}


_MISTAKES = re.findall(r"^### (.*)$", _TEXT.partition("## Mistakes\n")[2].partition("\n## ")[0], re.MULTILINE)


def _titled_policies() -> Iterator[tuple[str, PolicyKind, str]]:
    title = ""
    for found in _BLOCK.finditer(_TEXT):
        title = found["title"] or title
        if found["kind"]:
            yield title, PolicyKind(found["kind"]), found["text"]


def _principal(name: str) -> Principal:
    row = _CALLERS[name]
    kind, arn, role = PrincipalKind(row["kind"]), "".join(_code(row["ARN"])), "".join(_code(row["role"]))
    account = None if kind in {PrincipalKind.FEDERATED, PrincipalKind.ANONYMOUS} else arn.split(":")[4]
    return Principal(arn, account, kind, role or None)


def _context(cell: str) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {}
    for text in _code(cell):
        key, _, value = text.partition("=")
        context[key] = tuple(value[1:-1].split(", ")) if value.startswith("[") else value
    return context


def _request(example: Example, *, to_assume: bool) -> Request:
    cells = {name: "".join(_code(cell)) for name, cell in example.row.items() if name != "context"}
    action = cells.get("action") or ("sts:AssumeRole" if to_assume else "GetSecretValue")
    resource = cells.get("resource") or (_ROLE if to_assume else "payments/db-AbCdEf")
    return Request(
        _principal(cells.get("caller", "anna")),
        action if ":" in action else f"secretsmanager:{action}",
        resource if resource.startswith("arn:") else _SECRETS + resource,
        _ACCOUNT,
        _context(example.row.get("context", "")),
    )


def _decided(example: Example) -> Decision:
    shown: dict[PolicyKind, list[Policy]] = {kind: [] for kind in PolicyKind}
    for number, (kind, text) in enumerate(example.policies):
        shown[kind].append(parse_policy(text, policy_id=f"example-{number}", kind=kind))
    full = parse_policy(_FULL_ACCESS, policy_id="full", kind=PolicyKind.RESOURCE_CONTROL)
    in_force = PolicySet(
        identity=shown[PolicyKind.IDENTITY] or [parse_policy(_EVERYTHING, policy_id="everything")],
        resource=next(iter(shown[PolicyKind.RESOURCE]), None),
        boundary=next(iter(shown[PolicyKind.BOUNDARY]), None),
        session=shown[PolicyKind.SESSION] or None,
        service_controls=[[one] for one in shown[PolicyKind.SERVICE_CONTROL]],
        resource_controls=[[full, one] for one in shown[PolicyKind.RESOURCE_CONTROL]],
    )
    for trust in shown[PolicyKind.TRUST]:
        return decide_assume(_request(example, to_assume=True), trust, in_force)
    return decide(_request(example, to_assume=False), in_force)


@pytest.mark.parametrize("example", _EXAMPLES, ids=lambda example: f"{example.title}: {list(example.row.values())}")
def test_an_example_is_decided_as_the_document_says(example: Example) -> None:
    answer, _, layer = example.row["answer"].partition(" ")
    decision = _decided(example)
    assert answer in {"allowed", "denied"}
    assert decision.allowed is (answer == "allowed"), decision
    assert not layer or f"({decision.layer})" == layer, decision


def test_every_policy_of_the_document_is_read() -> None:
    for _, kind, text in _titled_policies():
        assert parse_policy(text, policy_id="example", kind=kind).statements
    assert _TEXT.count("```json") == len(list(_titled_policies()))


def test_no_policy_of_the_document_has_an_error_and_no_good_example_a_warning() -> None:
    for title, kind, text in _titled_policies():
        found = {finding.type for finding in validate(text, kind=kind)}
        bad = {FindingType.ERROR} if title in _MISTAKES else {*FindingType} - {FindingType.SUGGESTION}
        assert not found & bad, title


def test_the_findings_that_the_document_speaks_of_are_found() -> None:
    for title in _MISTAKES:
        [prose] = re.findall(rf"^### {re.escape(title)}\n(.*?)^```", _TEXT, _LINES)
        found = {
            finding.code
            for of, kind, text in _titled_policies()
            if of == title
            for finding in validate(text, kind=kind)
        }
        assert set(re.findall(r"`([A-Z]+_[A-Z_]+)`", prose)) <= found


def test_there_are_many_examples_and_each_is_answered_in_both_ways() -> None:
    titles = {example.title for example in _EXAMPLES}
    assert len(titles) >= _EXAMPLES_AT_LEAST
    for title in titles:
        answers = {one.row["answer"].partition(" ")[0] for one in _EXAMPLES if one.title == title}
        assert answers == {"allowed", "denied"} or "only denies" in title, title


def test_every_operator_is_documented() -> None:
    [text] = re.findall(r"^### Condition operators\n(.*?)^##", _TEXT, _LINES)
    documented = {name for name in _code(text) if re.fullmatch(r"[A-Z]\w+", name)}
    assert {*OPERATORS, "Null"} <= documented


def test_every_condition_key_is_documented_as_the_registry_knows_it() -> None:
    assert written() == tables(), "run tests/policy/condition_key_tables.py"


def test_what_the_document_says_can_be_imported_is_there() -> None:
    names = [name for row in _tables_of("As a Python library")[0] for name in _code(row["import"])]
    assert names
    for name in names:
        module, _, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(module), function)), name


def test_the_library_example_runs_and_prints_what_the_document_says() -> None:
    [(code, printed)] = re.findall(r"^```python\n(.*?)^```\n+It prints:\n+```text\n(.*?)^```", _TEXT, _LINES)
    lines: list[str] = []
    names: dict[str, object] = {"print": lambda *values: lines.append(" ".join(map(str, values)))}
    exec(compile(code, "docs/policy.md", "exec"), names)  # noqa: S102 - the document's own example is what is tested
    assert "\n".join(lines) == printed.strip()
