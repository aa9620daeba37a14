"""The first page of a person's account: what is kept about her, and how well her account is kept."""

from __future__ import annotations

from ostiary.domain.sessions.model import SessionLevel
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit


def show_account(visit: Visit) -> Answer:
    person = visit.person.person
    page = visit.render(
        "account.html",
        person=person,
        user_name=person.user_name,
        email=person.email,
        groups=person.groups,
        attributes=visit.rooms.account.attributes(visit.person),
        ways=visit.rooms.own.ways.view(visit.person),
        sessions=len(visit.rooms.sessions.living(visit.person)),
        applications=len(visit.rooms.own.applications.connected(visit.person)),
    )
    return Answer(page)


ROUTES = (Route("GET", PATHS.account, show_account, SessionLevel.FULL, "ostiary:ViewAccount"),)
