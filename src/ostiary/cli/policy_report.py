"""How are findings shown: like a compiler's for people, or as JSON with the member names of AWS's ValidatePolicy?

INVARIANT: nothing of a document, nor its file's name, reaches a terminal unescaped: either could steer it. Nor does it
steer a pipeline, whose runner reads commands in what is printed: `::name::` where a line begins, `##[name]` anywhere.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from ostiary.policy.model import PolicyKind
from ostiary.policy.validation.findings import Finding, FindingType, Location

_NAMES = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "security-warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "suggestion",
}
_COLOURS = {
    FindingType.ERROR: typer.colors.RED,
    FindingType.SECURITY_WARNING: typer.colors.MAGENTA,
    FindingType.WARNING: typer.colors.YELLOW,
    FindingType.SUGGESTION: typer.colors.CYAN,
}
_SHOWN_WIDTH = 100
_BEFORE_CARET = 40


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """`unreadable` says why there is no text."""

    name: str
    text: str
    findings: tuple[Finding, ...]
    unreadable: str = ""


def visible(text: str) -> str:
    """The text with everything that steers a terminal or a pipeline written out."""
    shown = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
    return shown.replace("##", "#\\x23")


def write_for_people(checked: Sequence[CheckedFile]) -> None:
    coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for one in checked:
        lines = one.text.split("\n")
        for found in one.findings:
            _write("\n".join((_headline(one.name, found, coloured=coloured), *_excerpt(lines, found.locations[0]))))


def write_json_report(checked: Sequence[CheckedFile], kind: PolicyKind) -> None:
    files = [
        {"file": one.name, "error": one.unreadable or None, "findings": [_as_json(found) for found in one.findings]}
        for one in checked
    ]
    write_ascii_json({"kind": kind.value, "files": files, "counts": {type_.value: n for type_, n in count(checked)}})


def write_ascii_json(answer: Mapping[str, Any]) -> None:
    """JSON in which every character beyond printable ASCII is escaped; of file names, what is not unicode as well."""
    sys.stdout.write(json.dumps(answer, indent=2).replace("\x7f", "\\u007f").replace("##", "#\\u0023") + "\n")


def count(checked: Sequence[CheckedFile]) -> list[tuple[FindingType, int]]:
    found = Counter(found.type for one in checked for found in one.findings)
    return [(type_, found[type_]) for type_ in FindingType]


def describe_counts(checked: Sequence[CheckedFile]) -> str:
    """Such as `2 files checked: 1 error, 3 warnings`; what cannot be read is not checked."""
    found = [f"{number} {_NAMES[type_]}{'s' if number > 1 else ''}" for type_, number in count(checked) if number]
    read = sum(not one.unreadable for one in checked)
    files = f"{read} file{'' if read == 1 else 's'} checked"
    unread = f", {len(checked) - read} not" if read < len(checked) else ""
    return f"{files}{unread}: {', '.join(found) or 'nothing found'}" if read else f"{files}{unread}"


def describe_finding(found: Finding) -> str:
    """On one line, without a place."""
    return f"{_NAMES[found.type]}[{found.code}] {visible(found.details)}"


def _headline(name: str, found: Finding, *, coloured: bool) -> str:
    start = found.locations[0].span.start
    label = f"{_NAMES[found.type]}[{found.code}]"
    if coloured:
        label = typer.style(label, fg=_COLOURS[found.type], bold=True)
    # Compilers and editors count columns from 1.
    file = f"./{visible(name)}" if name.lstrip().startswith("::") else visible(name)
    return f"{file}:{start.line}:{start.column + 1}: {label} {visible(found.details)}"


def _excerpt(lines: Sequence[str], location: Location) -> tuple[str, ...]:
    """The line with a caret under the place, cut to a window around it; each character keeps its width of one."""
    start, end = location.span.start, location.span.end
    line = lines[start.line - 1].rstrip("\r") if start.line <= len(lines) else ""
    if not line.strip():
        return ()
    first = max(0, start.column - _BEFORE_CARET)
    shown = "".join(one if one.isprintable() else "?" for one in line[first : first + _SHOWN_WIDTH])
    shown = shown.replace("##", "#?")
    last = end.column if end.line == start.line else len(line)
    marked = max(1, min(last, first + len(shown)) - start.column)
    return f"  | {shown}", f"  | {' ' * (start.column - first)}{'^' * marked}"


def _as_json(found: Finding) -> dict[str, Any]:
    return {
        "findingType": found.type.value,
        "issueCode": found.code,
        "findingDetails": found.details,
        "learnMoreLink": found.learn_more,
        "locations": [
            {"path": [element.as_json() for element in location.path], "span": _span(location)}
            for location in found.locations
        ],
    }


def _span(location: Location) -> dict[str, dict[str, int]]:
    ends = {"start": location.span.start, "end": location.span.end}
    return {name: {"line": at.line, "column": at.column, "offset": at.offset} for name, at in ends.items()}


def _write(text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding) + "\n")
