"""`ostiary backup` and `ostiary restore`: one file with everything but the root key, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.app.restoration import Restoration, Restored, RestoreRefused
from ostiary.app.settings import database_url
from ostiary.cli.output import AsJson, Step, fail, note, progress, write_json, write_text
from ostiary.cli.refusals import REFUSALS
from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import SystemClock
from ostiary.storage.backup import back_up

_LATER = "everybody signs in anew, and every machine asks for new credentials"


def backup(
    file: Annotated[Path, typer.Argument(help="New file to write.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory that `ostiary init` made.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Write a consistent copy of everything that is kept, while the server runs; the root key is not in it."""
    try:
        with open_house(DataDirectory(data)) as house, progress(quiet=as_json) as step:
            _write(house, file, step)
        size = file.stat().st_size
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    except OSError as failure:
        fail(_wording(failure, file), as_json=as_json)
    if as_json:
        write_json({"file": str(file), "bytes": size})
        return
    write_text(f"{file} holds everything but the root key ({size} bytes): keep that key apart from it")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `ostiary backup` wrote.")],
    data: Annotated[Path, typer.Option("--data", help="Data directory with the root key; its database is replaced.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Also over another account or another history.")] = False,
    as_json: AsJson = False,
) -> None:
    """Verify a backup, then replace everything that is kept by it, in one transaction."""
    directory = DataDirectory(data)
    try:
        with progress(quiet=as_json) as step:
            url = database_url(directory)
            restoration = Restoration(directory, url=url, clock=SystemClock(), step=step)
            if not yes and restoration.holds_something():
                _ask(data, as_json=as_json)
            done = restoration.restore(file, force=force)
    except (*REFUSALS, RestoreRefused) as failure:
        fail(f"nothing was replaced: {failure}", as_json=as_json)
    except OSError as failure:
        fail(_wording(failure, file), as_json=as_json)
    _tell(done, as_json=as_json)


def _write(house: House, file: Path, step: Step) -> None:
    """The event is durable before a byte leaves, and is itself in the backup."""
    if file.exists():
        raise FileExistsError(f"`{file}` exists: choose another name")
    caller, details = operator(house.organization.account), {"file": str(file)}
    house.database.record(event_of(caller, EventName.BACK_UP, at=house.clock.now(), details=details))
    try:
        _seal(house)
        back_up(house.database, file, step)
    except Exception as failure:
        house.database.record(
            event_of(
                caller,
                EventName.BACK_UP,
                at=house.clock.now(),
                outcome=Outcome.FAILED,
                error_code=type(failure).__name__,
                details=details,
            )
        )
        raise


def _seal(house: House) -> None:
    """What no running server has sealed yet could be changed in the file unseen."""
    try:
        house.sealer.seal()
    except TrailDamaged as damage:
        note(f"the trail is damaged, and the backup holds it as it is: {damage}")


def _ask(data: Path, *, as_json: bool) -> None:
    question = f"Everything in the database of {data} will be replaced, and {_LATER}. Go on?"
    if not sys.stdin.isatty():
        fail("this would replace a database that holds an organization: give --yes", as_json=as_json)
    if not typer.confirm(question, err=True):
        fail("nothing was replaced", as_json=as_json)


def _tell(done: Restored, *, as_json: bool) -> None:
    if as_json:
        write_json(
            {
                "organization": done.organization.name,
                "account": done.organization.account,
                "records": done.records,
                "lost_records": done.lost,
                "carried_over": done.carried,
            }
        )
        return
    write_text(f"restored `{done.organization.name}` (account {done.organization.account}), {done.records} records")
    write_text(f"{_LATER}; open invitations are void: `ostiary person invite` gives new links")
    if done.lost:
        note(f"{done.lost} records of the replaced trail are not in the backup; the trail tells that it was restored")
    if not done.carried:
        note("who was disabled, and what was deleted, after the backup was made is back: apply your organization file")


def _wording(failure: OSError, file: Path) -> str:
    if isinstance(failure, FileExistsError):
        return str(failure) if failure.errno is None else f"`{failure.filename or file}` exists: choose another name"
    return f"`{failure.filename or file}`: {failure.strerror or failure}"
