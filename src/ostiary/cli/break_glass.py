"""`ostiary break-glass`: make the sealed account for emergencies, and see whether its envelopes still open it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.app.initialization import ADMINISTRATORS
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.refusals import REFUSALS, issuer_of
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.domain.signin.break_glass import BreakGlass, Envelope, Sealed
from ostiary.domain.signin.errors import SignInRefused
from ostiary.kit import ids

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The sealed account for emergencies.")
Data = Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")]
_SUFFIX = "abcdefghjkmnpqrstvwxyz23456789"


@app.command("seal")
def seal(
    data: Data,
    user_name: Annotated[str, typer.Argument(help="Its name; without one, a name that nobody guesses.")] = "",
    group: Annotated[list[str] | None, typer.Option(help="What it is a member of; repeatable.")] = None,
    *,
    two_people: Annotated[bool, typer.Option(help="Two envelopes, neither of which opens it alone.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make the account, or new envelopes for it: print them once, for paper."""
    name = user_name or f"break-glass-{ids.random_text(_SUFFIX, 8)}"
    try:
        with open_house(DataDirectory(data)) as house:
            sealed = break_glass_of(house).seal(
                operator(house.organization.account),
                name,
                groups=tuple(group or [ADMINISTRATORS]),
                two_people=two_people,
            )
            issuer = issuer_of(house)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json:
        write_json(_shown(sealed))
    else:
        _write_envelopes(sealed, issuer)


@app.command("test")
def test(
    user_name: Annotated[str, typer.Argument(help="Its name.")],
    data: Data,
) -> None:
    """Try the envelopes without opening the account; asks for password and code, and the trail records it."""
    password = typer.prompt("Password (first envelope, a hyphen, second envelope)", hide_input=True, err=True)
    code = typer.prompt("Code of the authenticator", err=True)
    try:
        with open_house(DataDirectory(data)) as house:
            person = break_glass_of(house).rehearse(
                operator(house.organization.account), user_name, password=password, code=code
            )
    except SignInRefused as refused:
        fail(f"the envelopes do not open the account: {refused.operator_text}")
    except REFUSALS as failure:
        fail(str(failure))
    write_text(f"the envelopes open {person.user_name}; it was not opened, and the seal holds")


def break_glass_of(house: House) -> BreakGlass:
    return BreakGlass(
        transactions=house.database,
        hashing=PasswordHashing(keys=house.remembered.keys),
        authenticators=Authenticators(keys=house.remembered.keys),
        last_use=house.last_use,
        clock=house.clock,
    )


def _shown(sealed: Sealed) -> Mapping[str, Any]:
    envelopes = []
    for envelope in sealed.envelopes:
        shown = {"number": envelope.number, "password": envelope.password.reveal()}
        if envelope.authenticator is not None:
            shown |= {"uri": envelope.authenticator.uri.reveal(), "key": envelope.authenticator.key.reveal()}
        envelopes.append(shown)
    return {"user_name": sealed.person.user_name, "groups": list(sealed.person.groups), "envelopes": envelopes}


def _write_envelopes(sealed: Sealed, issuer: str) -> None:
    many = len(sealed.envelopes)
    for envelope in sealed.envelopes:
        write_text(f"--- envelope {envelope.number} of {many} " + "-" * 40)
        write_text(f"Emergency account at {issuer}/signin")
        write_text(f"User name   {sealed.person.user_name}")
        part = "Password" if many == 1 else f"Password, part {envelope.number} of {many} (joined by a hyphen)"
        write_text(f"{part}\n            {envelope.password.reveal()}")
        _write_authenticator(envelope)
        write_text("Each use is recorded, and every administrator gets a mail. Seal it again after use.\n")
    write_text("Print it, close the envelopes, keep them apart. Nothing of this is shown again.")


def _write_authenticator(envelope: Envelope) -> None:
    if envelope.authenticator is not None:
        write_text("Authenticator key, for any authenticator app on the day")
        write_text(f"            {envelope.authenticator.key.reveal()}")
