"""`ostiary person`: let somebody in by a one-time link, or end all that she has."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import typer

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.cli.output import AsJson, fail, write_json, write_text
from ostiary.cli.recovery import Data, UserName, recover_person
from ostiary.cli.refusals import REFUSALS, invitations_of
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.errors import InvalidPerson, UnknownPerson
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.directory.people import check_user_name, find_user_name
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.domain.signin.invitation import Invitee
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.kit.clock import iso
from ostiary.storage.transaction import Transaction

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Invite people, and end their access.")


@app.command("invite")
def invite_person(
    user_name: UserName,
    data: Data,
    display_name: Annotated[str, typer.Option(help="How she is called on pages.")] = "",
    email: Annotated[str, typer.Option(help="Her e-mail address.")] = "",
    directory: Annotated[str, typer.Option(help="Population of a new person.")] = "workforce",
    group: Annotated[list[str] | None, typer.Option(help="Group to be a member of; repeatable.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print a one-time enrolment link, for a new person or for one who lost her credentials."""
    invitee = Invitee(
        user_name=user_name,
        directory=directory,
        display_name=display_name,
        email=email,
        groups=tuple(group) if group else None,
    )
    try:
        with open_house(DataDirectory(data)) as house:
            _check_groups(house, invitee.groups or ())
            _check_not_enrolled(house, user_name)
            invitation = invitations_of(house).invite(operator(house.organization.account), invitee)
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    person, link = invitation.person, invitation.link.reveal()
    if as_json:
        write_json(
            {
                "user_name": person.user_name,
                "person_id": person.person_id,
                "status": person.status.value,
                "groups": list(person.groups),
                "enrolment_link": link,
                "expires_at": iso(invitation.expires_at),
            }
        )
        return
    write_text(f"{person.user_name} enrols once, until {iso(invitation.expires_at)}, at")
    write_text(f"  {link}")


@app.command("disable")
def disable_person(user_name: UserName, data: Data, *, as_json: AsJson = False) -> None:
    """End all sessions, tokens and links of a person, and let her in no more."""
    try:
        with open_house(DataDirectory(data)) as house:
            now = house.clock.now()
            person, ended = house.database.write(lambda tx: _disable(tx, house, check_user_name(user_name), now))
    except REFUSALS as failure:
        fail(str(failure), as_json=as_json)
    if as_json:
        write_json({"user_name": person.user_name, "status": person.status.value, "ended_sessions": ended})
        return
    write_text(f"{person.user_name} is disabled; {ended} browser sessions ended, and all tokens and role sessions")


def _check_not_enrolled(house: House, user_name: str) -> None:
    """An invitation voids what somebody has: where helpers are named, one of them must agree to that."""
    name = find_user_name(user_name)
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name(name) if name is not None else None
    if person is None or person.status is not PersonStatus.ACTIVE:
        return
    if house.remembered.signin_policies.value.rules_for(person).recovery_approvers:
        raise InvalidPerson(
            f"`{person.user_name}` has enrolled, and her directory names helpers: use `ostiary person recover`"
        )


def _check_groups(house: House, groups: tuple[str, ...]) -> None:
    with house.database.read() as tx:
        known = {group.name for group in tx.directory.groups()}
    for group in groups:
        if group not in known:
            raise InvalidPerson(f"there is no group `{group[:100]}`: known are {', '.join(sorted(known))}")


def _disable(tx: Transaction, house: House, user_name: str, now: datetime) -> tuple[Person, int]:
    """Also for somebody who is disabled already: whatever she still has ends."""
    person = tx.directory.person_by_user_name(user_name)
    if person is None:
        raise UnknownPerson(f"there is no person `{user_name}`")
    tx.directory.set_person_status(person.person_id, PersonStatus.DISABLED)
    ended = end_everything_of(tx, person.person_id, now)
    details: dict[str, str | int | bool | list[str]] = {
        "changed": [f"person {user_name}: status"],
        "ended": [f"person {person.person_id}"],
    }
    caller = operator(house.organization.account)
    tx.audit.append(event_of(caller, EventName.APPLY_ORGANIZATION, at=now, resources=[person.arn], details=details))
    return replace(person, status=PersonStatus.DISABLED), ended


app.command("recover")(recover_person)
