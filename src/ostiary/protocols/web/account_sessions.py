"""The page on which a person sees where she is signed in, and ends it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.kit.texts import Text
from ostiary.kit.user_agents import device_of
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit, go_to

_END_OTHERS = f"{PATHS.sessions}/end-others"
_END_ALL = f"{PATHS.sessions}/end-all"
_END = "ostiary:EndOwnSession"
_DONE: Mapping[str, Text] = {
    "ended": Text("That session has ended."),
    "others": Text("You are signed out everywhere else."),
}
# RFC 8176 names; `user` and `mfa` say how, not what.
_PROOFS: Mapping[str, Text] = {
    "pwd": Text("password"),
    "otp": Text("authenticator app"),
    "hwk": Text("passkey"),
    "swk": Text("passkey"),
    "email": Text("code by mail"),
    "rc": Text("recovery code"),
}


@dataclass(frozen=True, slots=True)
class SessionView:
    id: str
    device: str
    source_ip: str
    place: str
    proofs: Sequence[str]
    created_at: datetime
    last_seen_at: datetime
    current: bool
    end_action: str


def show_sessions(visit: Visit) -> Answer:
    page = visit.render(
        "account_sessions.html",
        person=visit.person.person,
        sessions=[_view(session, visit) for session in visit.rooms.sessions.living(visit.person)],
        end_others_action=_END_OTHERS,
        end_all_action=_END_ALL,
        notice=visit.say(_DONE.get(visit.query.get("done", ""), "")),
    )
    return Answer(page)


def end_session(visit: Visit) -> Answer:
    """Ending the session of this very browser is signing out."""
    ended = visit.path["session_id"]
    visit.rooms.sessions.end(visit.person, ended)
    if ended == visit.person.session.session_id:
        return go_to(PATHS.signin, cookie=Keep.FORGET)
    return go_to(f"{PATHS.sessions}?done=ended")


def end_other_sessions(visit: Visit) -> Answer:
    visit.rooms.sessions.end_others(visit.person)
    return go_to(f"{PATHS.sessions}?done=others")


def end_all_sessions(visit: Visit) -> Answer:
    visit.rooms.sessions.end_all(visit.person)
    return go_to(PATHS.signin, cookie=Keep.FORGET)


def _view(session: BrowserSession, visit: Visit) -> SessionView:
    proofs = dict.fromkeys(_PROOFS[method] for method in session.methods if method in _PROOFS)
    return SessionView(
        id=session.session_id,
        device=visit.say(device_of(session.user_agent)),
        source_ip=session.source_ip,
        place=session.place,
        proofs=[visit.say(proof) for proof in proofs],
        created_at=session.created_at,
        last_seen_at=session.last_seen_at,
        current=session.session_id == visit.person.session.session_id,
        end_action=f"{PATHS.sessions}/{session.session_id}/end",
    )


ROUTES = (
    Route("GET", PATHS.sessions, show_sessions, SessionLevel.FULL, "ostiary:ListOwnSessions"),
    Route("POST", _END_OTHERS, end_other_sessions, SessionLevel.FULL, _END),
    Route("POST", _END_ALL, end_all_sessions, SessionLevel.FULL, _END),
    Route("POST", PATHS.sessions + "/{session_id}/end", end_session, SessionLevel.FULL, _END),
)
