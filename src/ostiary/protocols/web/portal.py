"""The access portal: which roles and applications are open to the person, and temporary credentials for a role."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from ostiary.domain.access.errors import denied
from ostiary.domain.access.index import AssignedRole
from ostiary.domain.directory.model import Person
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.sessions.role_session import TemporaryCredentials
from ostiary.kit.clock import iso
from ostiary.kit.texts import Text
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit

_CREDENTIALS = "/portal/credentials"


@dataclass(frozen=True, slots=True)
class RoleView:
    account_id: str
    account_name: str
    role_name: str
    description: str
    via_groups: Sequence[str]
    until: datetime | None
    credentials_action: str


def show_portal(visit: Visit) -> Answer:
    names = visit.rooms.account.account_names()
    roles = [_role_view(visit, assigned, names) for assigned in _assigned(visit)]
    applications = visit.rooms.account.applications(visit.person)
    return Answer(visit.render("portal.html", person=visit.person.person, roles=roles, applications=applications))


def issue_credentials(visit: Visit) -> Answer:
    person, now = visit.person, visit.rooms.clock.now()
    wanted = (visit.path["account"], visit.path["permission_set"])
    assigned = next((a for a in _assigned(visit) if (a.role.account, a.permission_set) == wanted), None)
    if assigned is None:
        raise denied(Text("this role is not open to you: ask the owner of a group that has it"))
    issued = visit.rooms.credentials.issue(person.caller, person.person, assigned.role.arn, now)
    names = visit.rooms.account.account_names()
    page = visit.render(
        "credentials.html",
        person=person.person,
        role_name=assigned.permission_set,
        account_name=names.get(assigned.role.account, assigned.role.account),
        expires_at=issued.expiration,
        env_text=_as_environment(issued, visit.rooms.issuer),
        json_text=_as_json(issued),
    )
    return Answer(page)


def _assigned(visit: Visit) -> Sequence[AssignedRole]:
    return visit.rooms.credentials.roles(visit.person.person, visit.rooms.clock.now())


def _role_view(visit: Visit, assigned: AssignedRole, names: dict[str, str]) -> RoleView:
    account = assigned.role.account
    return RoleView(
        account_id=account,
        account_name=names.get(account, account),
        role_name=assigned.permission_set,
        description=assigned.role.description,
        via_groups=_groups_that_give(visit, assigned),
        until=assigned.until,
        credentials_action=f"{_CREDENTIALS}/{account}/{assigned.permission_set}",
    )


def _groups_that_give(visit: Visit, assigned: AssignedRole) -> list[str]:
    person, now = visit.person.person, visit.rooms.clock.now()
    return [
        group
        for group in person.groups
        if any(one.role.arn == assigned.role.arn for one in visit.rooms.credentials.roles(_only(person, group), now))
    ]


def _only(person: Person, group: str) -> Person:
    return replace(person, groups=(group,))


def _as_environment(issued: TemporaryCredentials, issuer: str) -> str:
    values = {
        "AWS_ACCESS_KEY_ID": issued.access_key_id,
        "AWS_SECRET_ACCESS_KEY": issued.secret_access_key.reveal(),
        "AWS_SESSION_TOKEN": issued.session_token,
        "AWS_ENDPOINT_URL": f"{issuer}/aws",
    }
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in values.items())


def _as_json(issued: TemporaryCredentials) -> str:
    """The form that a credential process gives to AWS tools."""
    values = {
        "Version": 1,
        "AccessKeyId": issued.access_key_id,
        "SecretAccessKey": issued.secret_access_key.reveal(),
        "SessionToken": issued.session_token,
        "Expiration": iso(issued.expiration),
    }
    return msgspec.json.format(msgspec.json.encode(values), indent=2).decode()


ROUTES = (
    Route("GET", PATHS.portal, show_portal, SessionLevel.FULL, "ostiary:ViewPortal"),
    Route(
        "POST",
        _CREDENTIALS + "/{account}/{permission_set}",
        issue_credentials,
        SessionLevel.FULL,
        "ostiary:GetRoleCredentials",
    ),
)
