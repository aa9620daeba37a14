"""The pages on which a person sees what happened with her account, and takes a copy of all that is kept about her."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.audit.event import Event
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.sessions.model import SessionLevel
from ostiary.kit.texts import Text
from ostiary.kit.user_agents import device_of
from ostiary.protocols.http.refusals import MalformedRequest
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_NOT_ME = f"{PATHS.activity}/not-me"
_MAX_DIGITS = 18
_OUTCOMES: Mapping[Outcome, Text] = {Outcome.DENIED: Text("Refused"), Outcome.FAILED: Text("Failed")}
_SENTENCES: Mapping[EventName, Text] = {
    EventName.INVITE_PERSON: Text("Somebody invited"),
    EventName.REDEEM_ENROLMENT_LINK: Text("Enrolment link opened"),
    EventName.SET_PASSWORD: Text("Password set"),
    EventName.REGISTER_FACTOR: Text("Way to sign in added"),
    EventName.REMOVE_FACTOR: Text("Way to sign in removed"),
    EventName.RENAME_FACTOR: Text("Way to sign in renamed"),
    EventName.CHECK_PASSWORD: Text("The right password was typed"),
    EventName.SIGN_IN: Text("Signed in"),
    EventName.SIGN_OUT: Text("Signed out"),
    EventName.STRENGTHEN_SESSION: Text("Confirmed that it was you"),
    EventName.END_BROWSER_SESSION: Text("Session ended"),
    EventName.THROTTLE_GUESSING: Text("Slowed down after wrong attempts"),
    EventName.GET_ROLE_CREDENTIALS: Text("Credentials for a role"),
    EventName.UPDATE_PROFILE: Text("Profile changed"),
    EventName.MAKE_RECOVERY_CODES: Text("Recovery codes made"),
    EventName.USE_RECOVERY_CODE: Text("Recovery code used"),
    EventName.SEND_CODE: Text("Code sent by mail"),
    EventName.START_RECOVERY: Text("Recovery started"),
    EventName.FINISH_RECOVERY: Text("Recovery finished"),
    EventName.DISOWN_SIGN_IN: Text("Reported: this was not you"),
    EventName.REGISTER_PERSON: Text("Account made"),
    EventName.ACCEPT_TERMS: Text("Terms accepted"),
    EventName.DOWNLOAD_OWN_DATA: Text("Your data downloaded"),
    EventName.ASSESS_RISK: Text("Unusual sign-in"),
    EventName.AUTHORIZE_APPLICATION: Text("Signed in to an application"),
    EventName.APPROVE_DEVICE: Text("Device signed in"),
    EventName.DENY_DEVICE: Text("Device refused"),
    EventName.GIVE_CONSENT: Text("Agreed to an application's access"),
    EventName.WITHDRAW_CONSENT: Text("Took back an application's access"),
}
_WHEN_REFUSED: Mapping[EventName, Text] = {
    EventName.CHECK_PASSWORD: Text("A wrong password was typed"),
    EventName.SIGN_IN: Text("Sign-in"),
    EventName.ASSESS_RISK: Text("Sign-in stopped as too risky"),
}


@dataclass(frozen=True, slots=True)
class EventView:
    """`outcome` is empty when all went well."""

    at: datetime
    what: str
    outcome: str
    device: str
    source_ip: str
    about: str


def show_activity(visit: Visit) -> Answer:
    page = visit.rooms.own.events.page(visit.person, before=_before(visit))
    older = f"{PATHS.activity}?before={page.older}" if page.older is not None else None
    shown = visit.render(
        "account_activity.html",
        person=visit.person.person,
        events=[_view(visit, event) for event in page.events],
        older=older,
        newest="before" not in visit.query,
        not_me_action=_NOT_ME,
    )
    return Answer(shown)


def disown(visit: Visit) -> Answer:
    """On to the page that a notice leads to."""
    return go_to(visit.rooms.own.disowning.link(visit.person).reveal())


def show_data(visit: Visit) -> Answer:
    may_delete = visit.rooms.recovery.deletion.is_open_to(visit.person)
    person = visit.person.person
    return Answer(visit.render("account_data.html", person=person, action=PATHS.own_data, may_delete=may_delete))


def download_data(visit: Visit) -> Answer:
    headers = {"Content-Disposition": 'attachment; filename="account.json"'}
    return Answer(file=visit.rooms.own.data.download(visit.person), media_type="application/json", headers=headers)


def _before(visit: Visit) -> int | None:
    text = visit.query.get("before")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        raise MalformedRequest(Text("`before` must be a number as the page itself links to"))
    return int(text)


def _view(visit: Visit, event: Event) -> EventView:
    outcome = _OUTCOMES.get(event.outcome)
    return EventView(
        at=event.at,
        what=visit.say(_sentence(event)),
        outcome=visit.say(outcome) if outcome is not None else "",
        device=visit.say(device_of(event.user_agent)) if event.user_agent else "",
        source_ip=event.source_ip,
        about=_about(event),
    )


def _sentence(event: Event) -> str:
    if event.outcome is not Outcome.SUCCESS and event.name in _WHEN_REFUSED:
        return _WHEN_REFUSED[event.name]
    return _SENTENCES.get(event.name, event.name.value)


def _about(event: Event) -> str:
    """The name of what was changed, or of the application; details never hold a secret."""
    for key in ("newName", "factorName", "application", "clientId"):
        value = event.details.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


ROUTES = (
    Route("GET", PATHS.activity, show_activity, SessionLevel.FULL, "ostiary:LookupOwnEvents"),
    Route("POST", _NOT_ME, disown, SessionLevel.FULL, "ostiary:EndOwnSession"),
    Route("GET", PATHS.own_data, show_data, SessionLevel.FULL, "ostiary:DownloadOwnData"),
    Route("POST", PATHS.own_data, download_data, SessionLevel.FULL, "ostiary:DownloadOwnData", fresh=True),
)
