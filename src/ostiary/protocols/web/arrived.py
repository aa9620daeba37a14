"""Where does a browser go after a step of signing in? To the next step, to enrolment, or to what she came for."""

from __future__ import annotations

from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.protocols.http.return_to import find_return_to, with_return_to
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Visit, go_to

SECOND_STEP = f"{PATHS.signin}/code"
ENROLMENT = "/enroll"


def return_to_of(visit: Visit) -> str | None:
    return find_return_to(visit.query.get("return_to"))


def go_on(visit: Visit, opened: Opened, return_to: str | None) -> Answer:
    """After any proof: the session that came of it says where to; `return_to` is one that was found."""
    match opened.session.level:
        case SessionLevel.FIRST_FACTOR:
            return go_to(with_return_to(SECOND_STEP, return_to), session=opened.token)
        case SessionLevel.FULL:
            visit.rooms.signin.remember_language(opened, visit.language)
            return go_back(visit, opened, return_to, otherwise=PATHS.portal)
        case _:
            return go_to(with_return_to(ENROLMENT, return_to), session=opened.token)


def go_back(visit: Visit, opened: Opened, return_to: str | None, *, otherwise: str) -> Answer:
    """To the application or page that sent her here."""
    if return_to is None:
        return go_to(otherwise, session=opened.token)
    # A redirect would do, but browsers hold every redirect after a form to the page's form-action, also the client's
    # own address at the end of the chain. A page that goes on by itself ends the form's navigation first.
    page = visit.render("continue.html", continue_url=return_to)
    return Answer(page, session=opened.token, headers={"Refresh": f"0; url={return_to}"})
