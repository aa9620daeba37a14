"""The page on which a person sees which applications have access in her name, and takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.account.own_applications import ConnectedApplication
from ostiary.domain.sessions.model import SessionLevel
from ostiary.kit.texts import Text
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.scopes import meanings_of
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_REVOKE = f"{PATHS.own_applications}/revoke"
_DONE = Text("Its access is taken back. It has to ask you again.")


@dataclass(frozen=True, slots=True)
class ApplicationView:
    client_id: str
    name: str
    gets: Sequence[str]
    places: int
    since: datetime
    last_used_at: datetime | None
    agreed_at: datetime | None


def show_applications(visit: Visit) -> Answer:
    connected = visit.rooms.own.applications.connected(visit.person)
    page = visit.render(
        "account_applications.html",
        person=visit.person.person,
        applications=[_view(visit, one) for one in connected],
        revoke_action=_REVOKE,
        notice=visit.say(_DONE) if visit.query.get("done") == "revoked" else None,
    )
    return Answer(page)


def revoke(visit: Visit) -> Answer:
    visit.rooms.own.applications.revoke(visit.person, visit.form.get("client_id", ""))
    return go_to(f"{PATHS.own_applications}?done=revoked")


def _view(visit: Visit, one: ConnectedApplication) -> ApplicationView:
    return ApplicationView(
        client_id=one.client_id,
        name=one.name,
        gets=meanings_of(visit, one.scopes),
        places=one.places,
        since=one.since,
        last_used_at=one.last_used_at,
        agreed_at=one.agreed_at,
    )


ROUTES = (
    Route("GET", PATHS.own_applications, show_applications, SessionLevel.FULL, "ostiary:ListOwnApplications"),
    Route("POST", _REVOKE, revoke, SessionLevel.FULL, "ostiary:RevokeOwnApplication"),
)
