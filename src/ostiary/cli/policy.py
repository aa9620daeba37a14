"""`ostiary policy check`: is a policy sound? For people, for CI, and for tools that read SARIF.

Needs no server and no data directory.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ostiary.cli.output import REFUSED, AsJson, describe_system_failure, fail, note
from ostiary.cli.policy_report import CheckedFile, describe_counts, visible, write_for_people, write_json_report
from ostiary.cli.policy_sarif import write_sarif
from ostiary.cli.policy_why import why
from ostiary.policy.language.document import MAX_DOCUMENT_BYTES
from ostiary.policy.model import PolicyKind
from ostiary.policy.validation.findings import FindingType, validate

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Check policies and explain decisions.")
FOUND = 1  # exit status of a check that found something; 2 means that a file could not be read
_STDIN = "-"


class FailOn(StrEnum):
    """The mildest type of finding that ends the command with status 1."""

    ERROR = "error"
    SECURITY_WARNING = "security-warning"
    WARNING = "warning"
    SUGGESTION = "suggestion"
    NEVER = "never"


@app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Policies as JSON; `-` is standard input.")],
    kind: Annotated[PolicyKind, typer.Option(help="What the policies are for.")] = PolicyKind.IDENTITY,
    fail_on: Annotated[FailOn, typer.Option(help="The mildest type of finding to end with 1 for.")] = FailOn.WARNING,
    *,
    as_json: AsJson = False,
    as_sarif: Annotated[bool, typer.Option("--sarif", help="Answer with SARIF 2.1.0, for code scanning.")] = False,
) -> None:
    """Find what is wrong, dangerous or needless in policies.

    Ends with 1 for a finding of the type that --fail-on names, or a worse one; with 2 when a file cannot be read.
    """
    if as_json and as_sarif:
        fail("--json and --sarif are two answers: ask for one", as_json=True)
    checked = [_check(file, kind) for file in files]
    if as_sarif:
        write_sarif(checked)
    elif as_json:
        write_json_report(checked, kind)
    else:
        write_for_people(checked)
        note(describe_counts(checked))
    raise typer.Exit(_status(checked, fail_on))


def _check(file: Path, kind: PolicyKind) -> CheckedFile:
    if file.suffix.lower() == ".toml":
        return _unreadable(file, f"`{file}`: is not a policy; `ostiary apply --plan` reads the organization's file")
    try:
        document = _read(file)
    except OSError as failure:
        return _unreadable(file, describe_system_failure(failure))
    return CheckedFile(str(file), document.decode("utf-8", "replace"), tuple(validate(document, kind=kind)))


def _unreadable(file: Path, why: str) -> CheckedFile:
    reason = visible(why)
    note(f"cannot be read: {reason}")
    return CheckedFile(str(file), "", (), reason)


def _read(file: Path) -> bytes:
    """No more than tells that it is too much."""
    if str(file) == _STDIN:
        return sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
    with file.open("rb") as opened:
        return opened.read(MAX_DOCUMENT_BYTES + 1)


def _status(checked: Sequence[CheckedFile], fail_on: FailOn) -> int:
    if any(one.unreadable for one in checked):
        return REFUSED
    types = list(FindingType)
    failing = set() if fail_on is FailOn.NEVER else set(types[: list(FailOn).index(fail_on) + 1])
    return FOUND if any(found.type in failing for one in checked for found in one.findings) else 0


app.command("why")(why)
