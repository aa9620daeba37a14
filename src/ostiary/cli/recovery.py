"""`ostiary person recover`: void what somebody had who lost everything, together with a helper where there is one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.development import running_at
from ostiary.app.house import House, open_house
from ostiary.app.mail import read_mail_settings
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS, issuer_of
from ostiary.domain.recovery.assisted import AssistedRecovery, Collected
from ostiary.domain.recovery.helping import Helper
from ostiary.domain.recovery.model import RecoveryRequest
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import iso

UserName = Annotated[str, typer.Argument(help="Her user name.")]
Data = Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")]


def recover_person(
    user_name: UserName,
    data: Data,
    reason: Annotated[str, typer.Option(help="Why, and how it is known that it is she; it is kept in the trail.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Void all that somebody had who lost everything, and let her enrol anew.

    Where her directory names groups of helpers this makes a request, and a member of one of them must agree to it.
    """
    try:
        with open_house(DataDirectory(data)) as house:
            helper = Helper(operator(house.organization.account))
            done = _assisted(house).recover_alone(helper, user_name, reason)
            issuer = running_at(house.directory) or issuer_of(house)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if isinstance(done, Collected):
        _write_link(done, as_json=as_json)
    else:
        _write_request(done, issuer, as_json=as_json)


def _assisted(house: House) -> AssistedRecovery:
    from ostiary.app.wiring.people import people_of  # noqa: PLC0415 - all that pages need, for this command alone

    development = running_at(house.directory)
    mail = read_mail_settings(house.directory, development=True)  # `serve` checks what is for development only
    people = people_of(
        house,
        issuer=development or issuer_of(house),
        mailing=mail.mailing(development=development is not None),
        development=development is not None,
    )
    return people.recovery.assisted


def _write_link(done: Collected, *, as_json: bool) -> None:
    link = done.link.reveal()
    if as_json:
        write_json(
            {"user_name": done.person.user_name, "enrolment_link": link, "expires_at": iso(done.expires_at)},
        )
        return
    write_text(f"all that {done.person.user_name} had is void; she enrols once, until {iso(done.expires_at)}, at")
    write_text(f"  {link}")


def _write_request(request: RecoveryRequest, issuer: str, *, as_json: bool) -> None:
    if as_json:
        write_json({"request_id": request.request_id, "expires_at": iso(request.expires_at), "approved": False})
        return
    write_text(f"a helper of her directory must agree, until {iso(request.expires_at)}, at {issuer}/assist")
