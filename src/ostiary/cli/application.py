"""`ostiary application`: give an application its secret, once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.cli.output import AsJson, fail, note, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.applications.client_secrets import ClientSecrets
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import iso

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Credentials of applications.")


@app.callback()
def applications() -> None:
    """Credentials of applications."""


@app.command("secret")
def application_secret(
    client_id: Annotated[str, typer.Argument(help="The application's client id.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    days: Annotated[int, typer.Option(min=1, max=365, help="How long the secret is good.")] = 90,
    *,
    as_json: AsJson = False,
) -> None:
    """Make a new client secret and print it once; the one before it stays good until its own end."""
    life = timedelta(days=days)
    try:
        with open_house(DataDirectory(data)) as house:
            secrets = ClientSecrets(transactions=house.database, authorizer=house.authorizer, clock=house.clock)
            expires_at = house.clock.now() + life
            made = secrets.rotate(operator(house.organization.account), client_id, life=life)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json:
        write_json({"client_id": client_id, "client_secret": made.reveal(), "expires_at": iso(expires_at)})
        return
    note(f"The secret of {client_id}, shown this once, good until {iso(expires_at)}:")
    write_text(made.reveal())
