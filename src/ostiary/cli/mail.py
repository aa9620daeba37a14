"""`ostiary mail`: does mail from here arrive?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.app.mail import MailSettings, make_postman, read_mail_settings
from ostiary.app.settings import SettingsRefused
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS, issuer_of
from ostiary.domain.directory.people import check_email
from ostiary.domain.mail.errors import Undeliverable
from ostiary.domain.mail.model import MailKind, Message, Recipient
from ostiary.kit import ids
from ostiary.kit.clock import iso
from ostiary.protocols.texts.choice import LANGUAGES

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Mail that the server sends.")


@app.callback()
def mails() -> None:
    """Mail that the server sends."""


@app.command("test")
def send_test_mail(
    address: Annotated[str, typer.Argument(help="Where to send it.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    language: Annotated[str, typer.Option(help=f"One of {', '.join(LANGUAGES)}.")] = LANGUAGES[0],
    *,
    as_json: AsJson = False,
) -> None:
    """Send one test mail now, with the settings that `serve` would use, and say what is wrong."""
    try:
        with open_house(DataDirectory(data)) as house:
            settings = read_mail_settings(house.directory, development=True)
            sent_by = _send(house, settings, Recipient(check_email(address), language))
    except Undeliverable as failure:
        fail(str(failure), as_json=as_json)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json:
        write_json({"address": address, "accepted_by": sent_by})
        return
    write_text(f"`{sent_by}` took a mail for {address}: look whether it arrives, and whether as spam")


def _send(house: House, settings: MailSettings, recipient: Recipient) -> str:
    postman = make_postman(settings, organization=house.organization_name, issuer=issuer_of(house))
    if postman is None or settings.server is None:
        raise SettingsRefused(f"no mail server is configured: set `smtp_url` in {house.directory.settings_file}")
    now = house.clock.now()
    with postman.round() as carrier:
        carrier.carry(Message(ids.uuid7(), MailKind.TEST, recipient, {"at": iso(now)}, now))
    return f"{settings.server.host}:{settings.server.port}"
