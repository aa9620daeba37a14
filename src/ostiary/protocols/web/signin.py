"""The pages on which an enrolled person comes in, and the one on which she leaves."""

from __future__ import annotations

from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
from ostiary.protocols.http.return_to import find_return_to, with_return_to
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit, go_to

_CODE = f"{PATHS.signin}/code"


def show_signin(visit: Visit) -> Answer:
    return Answer(_signin_page(visit, username=""))


def take_password(visit: Visit) -> Answer:
    name, password = visit.form.get("username", ""), visit.form.get("password", "")
    try:
        opened = visit.rooms.signin.start(name, password, visit.origin)
    except SignInRefused as refused:
        return Answer(_signin_page(visit, username=name, error=_sentence(refused.client_text)), status=400)
    return go_to(with_return_to(_CODE, _return_to(visit)), session=opened.token)


def show_code(visit: Visit) -> Answer:
    return Answer(_code_page(visit))


def take_code(visit: Visit) -> Answer:
    try:
        opened = visit.rooms.signin.finish(visit.token, visit.form.get("code", ""), visit.origin)
    except CodeRefused as refused:
        return Answer(_code_page(visit, error=_sentence(refused.client_text)), status=400)
    return _go_on(visit, opened)


def sign_out(visit: Visit) -> Answer:
    visit.rooms.sessions.sign_out(visit.person)
    return Answer(visit.render("signed_out.html"), cookie=Keep.FORGET)


def _go_on(visit: Visit, opened: Opened) -> Answer:
    if opened.session.level is SessionLevel.ENROLMENT:
        return go_to("/enroll/password", session=opened.token)
    return_to = _return_to(visit)
    if return_to is None:
        return go_to(PATHS.portal, session=opened.token)
    # A redirect would do, but browsers hold every redirect after a form to the page's form-action, also the client's
    # own address at the end of the chain. A page that goes on by itself ends the form's navigation first.
    page = visit.render("continue.html", continue_url=return_to)
    return Answer(page, session=opened.token, headers={"Refresh": f"0; url={return_to}"})


def _signin_page(visit: Visit, *, username: str, error: str | None = None) -> str:
    action = with_return_to(PATHS.signin, _return_to(visit))
    return visit.render("signin.html", action=action, username=username, error=error)


def _code_page(visit: Visit, *, error: str | None = None) -> str:
    action = with_return_to(_CODE, _return_to(visit))
    name = visit.person.person.display_name
    return visit.render("signin_code.html", action=action, display_name=name, error=error)


def _return_to(visit: Visit) -> str | None:
    return find_return_to(visit.query.get("return_to"))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


ROUTES = (
    Route("GET", PATHS.signin, show_signin, None),
    Route("POST", PATHS.signin, take_password, None),
    Route("GET", _CODE, show_code, SessionLevel.FIRST_FACTOR),
    Route("POST", _CODE, take_code, SessionLevel.FIRST_FACTOR),
    Route("POST", PATHS.signout, sign_out, SessionLevel.FULL, "ostiary:SignOut"),
)
