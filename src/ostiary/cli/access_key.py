"""`ostiary access-key`: a long-term key for a machine that cannot do without; a finding all the same."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.credentials.access_keys import AccessKeys
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import iso

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Long-term access keys of IAM users.")


@app.callback()
def access_keys() -> None:
    """Long-term access keys of IAM users."""


@app.command("create")
def create_access_key(
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    user: Annotated[str, typer.Option(help="Name of the IAM user.")],
    reason: Annotated[str, typer.Option(help="Why temporary credentials do not do.")],
    days: Annotated[int, typer.Option(min=1, max=365, help="How long the key is good.")],
    account: Annotated[str, typer.Option(help="Account of the user; the organization's first when none.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Make an access key and print its secret once."""
    try:
        with open_house(DataDirectory(data)) as house:
            caller = operator(house.organization.account)
            expires_at = house.clock.now() + timedelta(days=days)
            keys = AccessKeys(transactions=house.database, keys=house.remembered.keys, clock=house.clock)
            made = keys.create(
                caller, account=account or caller.account, user_name=user, reason=reason, expires_at=expires_at
            )
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    secret = made.secret_access_key.reveal()
    if as_json:
        write_json(
            {
                "user_name": user,
                "access_key_id": made.access_key_id,
                "secret_access_key": secret,
                "expires_at": iso(expires_at),
            }
        )
        return
    write_text(f"export AWS_ACCESS_KEY_ID={made.access_key_id}")
    write_text(f"export AWS_SECRET_ACCESS_KEY={secret}")
