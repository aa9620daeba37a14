"""Which commands are there?"""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from ostiary.cli import (
    access_key,
    application,
    audit,
    break_glass,
    mail,
    output,
    person,
    policy,
    policy_why,
    recovery,
    signin,
)
from ostiary.cli.apply import apply_organization
from ostiary.cli.backup import backup, restore
from ostiary.cli.credentials import credentials
from ostiary.cli.doctor import doctor
from ostiary.cli.init import init
from ostiary.cli.login import login, logout, whoami
from ostiary.cli.password_cost import password_cost
from ostiary.cli.refusals import describe_system_failure
from ostiary.cli.serve import serve
from ostiary.storage.refusal import DATABASE_FAILURES, describe_failure

app = typer.Typer(
    name="ostiary",
    help="One self-hosted server for the identities of people and workloads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        output.write_text(f"ostiary {version('ostiary')}")
        raise typer.Exit


@app.callback()
def main_options(
    *,
    _version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True)] = False,
) -> None:
    """Options that stand before the command."""


app.command()(init)
app.command()(serve)
app.command()(login)
app.command()(logout)
app.command()(whoami)
app.command()(credentials)
app.command("apply")(apply_organization)
app.command()(doctor)
app.command()(backup)
app.command()(restore)
app.command("password-cost")(password_cost)
person.app.command("recover")(recovery.recover_person)
app.add_typer(person.app, name="person")
app.add_typer(signin.app, name="signin")
app.add_typer(break_glass.app, name="break-glass")
app.add_typer(application.app, name="application")
app.add_typer(access_key.app, name="access-key")
app.add_typer(audit.app, name="audit")
app.add_typer(mail.app, name="mail")
policy.app.command("why")(policy_why.why)
app.add_typer(policy.app, name="policy")


def main() -> None:
    os.umask(0o077)  # whatever a command makes (database, backup, key) is nobody else's to read
    as_json = "--json" in sys.argv[1:]  # asked here, because an option that is wrong keeps the others from being read
    try:
        sys.exit(app(standalone_mode=False) if as_json else app())
    except DATABASE_FAILURES as failure:
        _refuse(f"the database cannot be used: {describe_failure(failure)}", as_json=as_json)
    except OSError as failure:
        _refuse(describe_system_failure(failure), as_json=as_json)
    except TyperException as failure:
        _refuse(str(failure) or "there is no such command: see `ostiary --help`", as_json=as_json)


def _refuse(reason: str, *, as_json: bool) -> NoReturn:
    try:
        output.fail(reason, as_json=as_json)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
