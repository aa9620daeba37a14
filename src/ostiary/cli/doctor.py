"""`ostiary doctor`: what would fail in an emergency, and can be mended today?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.doctor import Health, examine
from ostiary.app.house import open_house
from ostiary.cli.break_glass import break_glass_of
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS

_MARKS: Final = {Health.GOOD: "ok", Health.WARNING: "warning", Health.FAILURE: "FAILED"}


def doctor(
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Look at what must work when nothing else does. Ends with 1 when something failed."""
    try:
        with open_house(DataDirectory(data)) as house:
            found = examine(house, break_glass_of(house))
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json:
        checks = [{"check": one.check, "health": one.health.value, "text": one.text} for one in found]
        write_json({"checks": checks})
    else:
        for one in found:
            write_text(f"{_MARKS[one.health]:<8} {one.check}: {one.text}")
    if any(one.health is Health.FAILURE for one in found):
        raise typer.Exit(1)
