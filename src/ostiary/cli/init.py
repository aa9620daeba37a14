"""`ostiary init`: make the data directory and the first administrator's enrolment link."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.initialization import FirstAdministrator, initialize
from ostiary.app.settings import DEFAULT_LISTEN, check_issuer, database_url, remember
from ostiary.cli.output import AsJson, describe_system_failure, fail, progress, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.kit.clock import SystemClock


def init(
    data: Annotated[Path, typer.Option("--data", help="Directory to make.")],
    name: Annotated[str, typer.Option("--name", help="The organization's name.")] = "My organization",
    administrator: Annotated[str, typer.Option(help="User name of the first administrator.")] = "administrator",
    email: Annotated[str, typer.Option(help="Her e-mail address.")] = "",
    issuer: Annotated[str, typer.Option(help="Address of the server, such as https://id.example.org.")] = "",
    url: Annotated[str, typer.Option("--database-url", help="PostgreSQL instead of the embedded database.")] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Make a data directory (database, root key) and print the first administrator's one-time enrolment link."""
    directory = DataDirectory(data)
    address = (issuer or f"http://{DEFAULT_LISTEN}").rstrip("/")
    first = FirstAdministrator(user_name=administrator, display_name=administrator.title(), email=email)
    try:
        check_issuer(address)
        with progress(quiet=as_json) as step:
            made = initialize(
                directory,
                name=name,
                administrator=first,
                database_url=database_url(directory, url),
                issuer=address,
                clock=SystemClock(),
                step=step,
            )
        remember(directory, database_url=url, issuer=issuer and address)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    except OSError as failure:
        fail(describe_system_failure(failure), as_json=as_json)
    link = made.invitation.link.reveal()
    if as_json:
        write_json(
            {
                "organization": made.organization,
                "account": made.account,
                "administrator": made.invitation.person.user_name,
                "enrolment_link": link,
                "enrolment_path": link.removeprefix(address),
                "verifier_key": made.verifier_key,
                "data": str(directory.path),
            }
        )
        return
    write_text(f"Organization `{made.organization}` with account {made.account} is in {directory.path}")
    write_text(f"The root key is {directory.root_key_file}: keep a copy of it apart from every backup of the database")
    write_text("")
    write_text(f"Next:  ostiary serve --data {directory.path}")
    write_text(f"Then the first administrator, `{made.invitation.person.user_name}`, enrols once within three days at")
    write_text(f"  {link}")
