"""How does a code-scanning tool read findings? SARIF 2.1.0.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ostiary.cli.policy_report import CheckedFile, write_ascii_json
from ostiary.policy.validation.findings import Finding, FindingType, Location

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "warning",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "note",
}


def write_sarif(checked: Sequence[CheckedFile]) -> None:
    codes = sorted({found.code for one in checked for found in one.findings})
    links = {found.code: found.learn_more for one in checked for found in one.findings}
    results = [_result(found, one, codes) for one in checked for found in one.findings]
    driver = {
        "name": "Ostiary",
        "version": version("ostiary"),
        "rules": [{"id": code, "name": code, "helpUri": links[code]} for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "invocations": [_invocation(checked)],
    }
    write_ascii_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _invocation(checked: Sequence[CheckedFile]) -> dict[str, Any]:
    unreadable = [one for one in checked if one.unreadable]
    return {
        "executionSuccessful": not unreadable,
        "toolExecutionNotifications": [
            {
                "level": "error",
                "message": {"text": f"the file cannot be read: {one.unreadable}"},
                "locations": [{"physicalLocation": {"artifactLocation": {"uri": _uri(one.name)}}}],
            }
            for one in unreadable
        ],
    }


def _result(found: Finding, checked: CheckedFile, codes: Sequence[str]) -> dict[str, Any]:
    first, *others = found.locations
    result = {
        "ruleId": found.code,
        "ruleIndex": codes.index(found.code),
        "level": _LEVELS[found.type],
        "message": {"text": found.details},
        "locations": [_location(first, checked)],
        "properties": {"findingType": found.type.value},
    }
    if others:
        result["relatedLocations"] = [_location(other, checked) for other in others]
    return result


def _location(location: Location, checked: CheckedFile) -> dict[str, Any]:
    start, end = location.span.start, location.span.end
    region = {
        "startLine": start.line,
        "startColumn": start.column + 1,
        "endLine": end.line,
        "endColumn": end.column + 1,
        "charOffset": start.offset,
        "charLength": end.offset - start.offset,
    }
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(checked.name)}, "region": region}}


def _uri(name: str) -> str:
    path = Path(name)
    if name == "-":
        return "stdin"
    return path.as_uri() if path.is_absolute() else quote(os.fsencode(path))
