"""The page on which a person agrees that an application learns about her, where its registration asks for that."""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.applications.model import Application, ApplicationKind
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.tokens.errors import ConsentRefused
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import CONSENT, find_return_to, with_decline
from ostiary.protocols.web.scopes import meanings_of
from ostiary.protocols.web.visit import Answer, Route, Visit

_ACTION = "ostiary:GiveConsent"


@dataclass(frozen=True, slots=True)
class _Asked:
    application: Application
    scopes: tuple[str, ...]
    return_to: str


def show_consent(visit: Visit) -> Answer:
    asked = _asked(visit)
    client_id, scope = asked.application.client_id, " ".join(asked.scopes)
    page = visit.render(
        "consent.html",
        application=asked.application,
        display_name=visit.person.person.display_name,
        gets=meanings_of(visit, asked.scopes),
        fields={"return_to": asked.return_to, "client_id": client_id, "scope": scope},
        action=CONSENT,
    )
    return Answer(page)


def take_consent(visit: Visit) -> Answer:
    asked = _asked(visit)
    if visit.form.get("agree") != "yes":
        return _go_on(visit, with_decline(asked.return_to))
    here = visit.person
    visit.rooms.authorization.agree(here.caller, here.person, asked.application, asked.scopes)
    return _go_on(visit, asked.return_to)


def _go_on(visit: Visit, return_to: str) -> Answer:
    """As after signing in: the form's navigation must end before the chain leads to the application's address."""
    page = visit.render("continue.html", continue_url=return_to)
    return Answer(page, headers={"Refresh": f"0; url={return_to}"})


def _asked(visit: Visit) -> _Asked:
    """Raises ConsentRefused for what no application of ours could have asked."""
    given = visit.form or visit.query
    registered = visit.rooms.applications.value.registered(given.get("client_id", ""))
    return_to = find_return_to(given.get("return_to"))
    scopes = tuple(dict.fromkeys(given.get("scope", "").split()))
    if registered is None or return_to is None or not scopes:
        raise ConsentRefused(Text("this page belongs to an application's request: begin there again"))
    application = registered.application
    if application.kind is ApplicationKind.MACHINE or not set(scopes) <= set(application.scopes):
        raise ConsentRefused(Text("this page belongs to an application's request: begin there again"))
    return _Asked(application, scopes, return_to)


ROUTES = (
    Route("GET", CONSENT, show_consent, SessionLevel.FULL, _ACTION),
    Route("POST", CONSENT, take_consent, SessionLevel.FULL, _ACTION),
)
