"""The pages on which two helpers let somebody in again who lost everything. Only for those who may help."""

from __future__ import annotations

from ostiary.domain.access.errors import denied
from ostiary.domain.recovery.assisted import ASSIST_PATH, AssistedRecovery
from ostiary.domain.recovery.errors import HelpInvalid, HelpRefused
from ostiary.domain.recovery.helping import Helper
from ostiary.domain.sessions.model import SessionLevel
from ostiary.kit.texts import Text
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_ACTION = "ostiary:AssistRecovery"
_ONE = ASSIST_PATH + "/{request_id}"


def show_requests(visit: Visit) -> Answer:
    return Answer(_page(visit))


def start(visit: Visit) -> Answer:
    service, helper = _helping(visit)
    try:
        service.start(helper, visit.form.get("username", ""), visit.form.get("reason", ""))
    except (HelpRefused, HelpInvalid) as refused:
        return Answer(_page(visit, error=sentence(visit.say(refused.client_text))), status=400)
    return go_to(ASSIST_PATH)


def approve(visit: Visit) -> Answer:
    service, helper = _helping(visit)
    approved = service.approve(helper, visit.path["request_id"])
    return Answer(visit.render("assist_approved.html", person=visit.person.person, approved=approved))


def refuse(visit: Visit) -> Answer:
    service, helper = _helping(visit)
    service.refuse(helper, visit.path["request_id"])
    return go_to(ASSIST_PATH)


def collect(visit: Visit) -> Answer:
    service, helper = _helping(visit)
    collected = service.collect(helper, visit.path["request_id"])
    return Answer(visit.render("assist_link.html", person=visit.person.person, collected=collected))


def _helping(visit: Visit) -> tuple[AssistedRecovery, Helper]:
    """Raises AccessDenied for whoever may help nobody."""
    service, helper = visit.rooms.recovery.assisted, Helper.of(visit.person)
    if not service.may_help(helper):
        raise denied(Text("you are in no group that helps people back in"))
    return service, helper


def _page(visit: Visit, *, error: str | None = None) -> str:
    service, helper = _helping(visit)
    return visit.render(
        "assist.html",
        person=visit.person.person,
        requests=service.requests(helper),
        start_action=ASSIST_PATH,
        typed_name=visit.form.get("username", "") if error else "",
        typed_reason=visit.form.get("reason", "") if error else "",
        error=error,
    )


ROUTES = (
    Route("GET", ASSIST_PATH, show_requests, SessionLevel.FULL, _ACTION),
    Route("POST", ASSIST_PATH, start, SessionLevel.FULL, _ACTION, fresh=True),
    Route("POST", f"{_ONE}/approve", approve, SessionLevel.FULL, _ACTION, fresh=True, page=ASSIST_PATH),
    Route("POST", f"{_ONE}/refuse", refuse, SessionLevel.FULL, _ACTION),
    Route("POST", f"{_ONE}/link", collect, SessionLevel.FULL, _ACTION, fresh=True, page=ASSIST_PATH),
)
