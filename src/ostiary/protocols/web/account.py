"""The pages on which a person sees what is kept about her, and ends her sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit, go_to

_END_OTHERS = f"{PATHS.sessions}/end-others"
_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class SessionView:
    id: str
    source_ip: str
    user_agent_summary: str
    created_at: datetime
    last_seen_at: datetime
    current: bool
    end_action: str


def show_account(visit: Visit) -> Answer:
    person = visit.person.person
    view = visit.rooms.account.view(visit.person)
    page = visit.render(
        "account.html",
        person=person,
        user_name=person.user_name,
        email=person.email,
        groups=person.groups,
        attributes=view.attributes,
        factors=view.factors,
    )
    return Answer(page)


def show_sessions(visit: Visit) -> Answer:
    sessions = [_session_view(session, visit) for session in visit.rooms.sessions.living(visit.person)]
    page = visit.render(
        "account_sessions.html", person=visit.person.person, sessions=sessions, end_others_action=_END_OTHERS
    )
    return Answer(page)


def end_session(visit: Visit) -> Answer:
    """Ending the session of this very browser is signing out."""
    ended = visit.path["session_id"]
    visit.rooms.sessions.end(visit.person, ended)
    if ended == visit.person.session.session_id:
        return go_to(PATHS.signin, cookie=Keep.FORGET)
    return go_to(PATHS.sessions)


def end_other_sessions(visit: Visit) -> Answer:
    visit.rooms.sessions.end_others(visit.person)
    return go_to(PATHS.sessions)


def summary_of(user_agent: str) -> str:
    """`Firefox on Linux`: what the browser says of itself, which is no proof of anything."""
    browser = next((name for sign, name in _BROWSERS if sign in user_agent), "A browser")
    system = next((name for sign, name in _SYSTEMS if sign in user_agent), "")
    return f"{browser} on {system}" if system else browser


def _session_view(session: BrowserSession, visit: Visit) -> SessionView:
    return SessionView(
        id=session.session_id,
        source_ip=session.source_ip,
        user_agent_summary=summary_of(session.user_agent),
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        current=session.session_id == visit.person.session.session_id,
        end_action=f"{PATHS.sessions}/{session.session_id}/end",
    )


ROUTES = (
    Route("GET", PATHS.account, show_account, SessionLevel.FULL, "ostiary:ViewAccount"),
    Route("GET", PATHS.sessions, show_sessions, SessionLevel.FULL, "ostiary:ListOwnSessions"),
    Route("POST", _END_OTHERS, end_other_sessions, SessionLevel.FULL, "ostiary:EndOwnSession"),
    Route("POST", PATHS.sessions + "/{session_id}/end", end_session, SessionLevel.FULL, "ostiary:EndOwnSession"),
)
