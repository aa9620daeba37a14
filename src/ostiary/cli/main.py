"""How does a command begin, and how does it end when nothing of it caught what went wrong?"""

from __future__ import annotations

import gc
import os
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from ostiary.cli import output
from ostiary.cli.commands import Commands

# Loading makes few circles: looking for them after every 700 objects would take a sixth of the time to begin.
_COLLECT_AFTER = (20_000, 50, 100)
app = typer.Typer(
    name="ostiary",
    cls=Commands,
    help="One self-hosted server for the identities of people and workloads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 - slow to load, and only this asks

        output.write_text(f"ostiary {version('ostiary')}")
        raise typer.Exit


@app.callback()
def main_options(
    *,
    _version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    gc.set_threshold(*_COLLECT_AFTER)
    os.umask(0o077)  # whatever a command makes (database, backup, key) is nobody else's to read
    as_json = "--json" in sys.argv[1:]  # asked here, because an option that is wrong keeps the others from being read
    try:
        sys.exit(app(standalone_mode=False) if as_json else app())
    except TyperException as failure:
        _refuse(str(failure) or "there is no such command: see `ostiary --help`", as_json=as_json)
    except OSError as failure:
        _refuse(output.describe_system_failure(failure), as_json=as_json)
    except Exception as failure:
        from ostiary.storage.refusal import DATABASE_FAILURES, describe_failure  # noqa: PLC0415 - not without need

        if not isinstance(failure, DATABASE_FAILURES):
            raise
        _refuse(f"the database cannot be used: {describe_failure(failure)}", as_json=as_json)


def _refuse(reason: str, *, as_json: bool) -> NoReturn:
    try:
        output.fail(reason, as_json=as_json)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
