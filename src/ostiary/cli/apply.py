"""`ostiary apply`: make the organization what a file says."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.app.organization.document import Document, DocumentRefused
from ostiary.app.organization.execution import Applied, apply, plan_only
from ostiary.app.organization.plan import Action, Change, Plan
from ostiary.app.organization.reading import read_file
from ostiary.app.organization.remarks import remarks_on
from ostiary.cli.output import AsJson, fail, progress, write_json, write_text
from ostiary.cli.policy_report import describe_finding
from ostiary.cli.refusals import REFUSALS, invitations_of
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import iso

_SIGNS = {Action.CREATE: ("+", "green"), Action.CHANGE: ("~", "yellow"), Action.DELETE: ("-", "red")}


def apply_organization(
    file: Annotated[Path, typer.Argument(help="Organization file, TOML: docs/organization.md.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    *,
    only_plan: Annotated[bool, typer.Option("--plan", help="Show the difference and change nothing.")] = False,
    invite: Annotated[bool, typer.Option("--invite", help="Print an enrolment link for each new person.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show how the file differs from what is kept, and make it so in one transaction."""
    try:
        with progress(quiet=as_json) as step:
            step("file", 0, 1)
            document = read_file(file)
            step("file", 1, 1)
            with open_house(DataDirectory(data)) as house:
                applied = _run(house, document, only_plan=only_plan, invite=invite)
    except DocumentRefused as refused:
        _fail_with_problems(refused, as_json=as_json)
    except OSError as failure:
        fail(f"`{file}` cannot be read: {failure.strerror or failure}", as_json=as_json)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json:
        write_json(_as_json(applied, applied_now=not only_plan))
    else:
        _show(applied, applied_now=not only_plan)


def _run(house: House, document: Document, *, only_plan: bool, invite: bool) -> Applied:
    keyring = house.remembered.keys.value.keyring
    if only_plan:
        return Applied(plan_only(house.database, document, clock=house.clock, keyring=keyring))
    return apply(
        house.database,
        document,
        caller=operator(house.organization.account),
        clock=house.clock,
        invitations=invitations_of(house) if invite else None,
        keyring=keyring,
    )


def _fail_with_problems(refused: DocumentRefused, *, as_json: bool) -> NoReturn:
    if as_json:
        problems = [{"line": problem.line, "text": problem.text} for problem in refused.problems]
        write_json({"error": str(refused), "problems": problems})
        raise typer.Exit(2)
    fail(f"nothing was changed\n{refused}")


def _as_json(applied: Applied, *, applied_now: bool) -> dict[str, object]:
    invited = [
        {"user_name": one.person.user_name, "link": one.link.reveal(), "expires_at": iso(one.expires_at)}
        for one in applied.invitations
    ]
    changed = applied_now and bool(applied.plan.changes)
    findings = [
        {
            "kind": change.kind,
            "name": change.label,
            "field": one.field,
            "findingType": one.finding.type.value,
            "issueCode": one.finding.code,
            "findingDetails": one.finding.details,
        }
        for change in applied.plan.changes
        for one in remarks_on(change)
    ]
    told = {**applied.plan.as_json(), "applied": changed, "findings": findings}
    return {**told, "ended": list(applied.ended), "invitations": invited}


def _show(applied: Applied, *, applied_now: bool) -> None:
    if not applied.plan.changes:
        write_text("nothing to change")
        return
    _show_plan(applied.plan)
    if not applied_now:
        write_text("planned only: nothing was changed")
        return
    write_text(f"applied {_counted(applied.plan)}")
    for one in applied.invitations:
        write_text(f"{one.person.user_name} enrols once, until {iso(one.expires_at)}, at")
        write_text(f"  {one.link.reveal()}")


def _show_plan(plan: Plan) -> None:
    console = Console(highlight=False, soft_wrap=True)
    for change in plan.changes:
        sign, colour = _SIGNS[change.action]
        console.print(Text(f"{sign} {change.kind} {change.label}", style=f"bold {colour}"))
        for line in _field_lines(change):
            console.print(Text(f"    {line}", style=colour if change.action is Action.CHANGE else "dim"))
        for one in remarks_on(change):
            console.print(Text(f"    ! {one.field}: {describe_finding(one.finding)}", style="bold red"))


def _field_lines(change: Change) -> list[str]:
    if change.action is Action.CREATE:
        return [f"{field.name}: {field.after}" for field in change.fields if field.name != "name"]
    return [f"{field.name}: {field.before or '(none)'} -> {field.after or '(none)'}" for field in change.fields]


def _counted(plan: Plan) -> str:
    counts = {action: sum(change.action is action for change in plan.changes) for action in Action}
    words = {Action.CREATE: "created", Action.CHANGE: "changed", Action.DELETE: "deleted"}
    return ", ".join(f"{count} {words[action]}" for action, count in counts.items() if count)
