"""The pages on which a person comes in by a passkey, a password or a mailed code, and the one on which she leaves."""

from __future__ import annotations

from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import with_return_to
from ostiary.protocols.web.arrived import go_on, return_to_of
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.passkey import sign_in_form
from ostiary.protocols.web.upstream import ways_out
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit

_BY_MAIL = f"{PATHS.signin}/email"
_MAILED = f"{_BY_MAIL}/code"
_WRONG_CODE = Text("This code is not right, or not any more: type the newest one, or ask for another")


def show_signin(visit: Visit) -> Answer:
    return Answer(_signin_page(visit, username=""))


def take_password(visit: Visit) -> Answer:
    name, password = visit.form.get("username", ""), visit.form.get("password", "")
    try:
        opened = visit.rooms.signin.start(name, password, visit.origin)
    except SignInRefused as refused:
        return Answer(_signin_page(visit, username=name, error=sentence(visit.say(refused.client_text))), status=400)
    return go_on(visit, opened, return_to_of(visit))


def show_by_mail(visit: Visit) -> Answer:
    action = with_return_to(_BY_MAIL, return_to_of(visit))
    return Answer(visit.render("signin_email.html", action=action, signin=_signin_path(visit)))


def send_code(visit: Visit) -> Answer:
    """The same page whoever it is for."""
    typed = visit.form.get("username", "")
    visit.rooms.mail_codes.ask(typed, visit.csrf, visit.origin)
    return Answer(_mailed_page(visit, typed))


def take_mailed_code(visit: Visit) -> Answer:
    typed, code = visit.form.get("username", ""), visit.form.get("code", "")
    try:
        opened = visit.rooms.mail_codes.enter(typed, code, visit.csrf, visit.origin)
    except CodeRefused:
        return Answer(_mailed_page(visit, typed, error=_WRONG_CODE), status=400)
    return go_on(visit, opened, return_to_of(visit))


def sign_out(visit: Visit) -> Answer:
    visit.rooms.sessions.sign_out(visit.person)
    return Answer(visit.render("signed_out.html"), cookie=Keep.FORGET)


def _signin_page(visit: Visit, *, username: str, error: str | None = None) -> str:
    return_to = return_to_of(visit)
    return visit.render(
        "signin.html",
        action=_signin_path(visit),
        username=username,
        error=error,
        passkey=sign_in_form(visit, return_to),
        by_mail=with_return_to(_BY_MAIL, return_to) if visit.rooms.mail_codes.anywhere else None,
        upstream=ways_out(visit, return_to),
        registration=bool(visit.rooms.recovery.registrations.directories()),
    )


def _mailed_page(visit: Visit, typed: str, *, error: str | None = None) -> str:
    return_to = return_to_of(visit)
    return visit.render(
        "signin_email_code.html",
        action=with_return_to(_MAILED, return_to),
        again=with_return_to(_BY_MAIL, return_to),
        signin=_signin_path(visit),
        username=typed,
        error=error,
    )


def _signin_path(visit: Visit) -> str:
    return with_return_to(PATHS.signin, return_to_of(visit))


ROUTES = (
    Route("GET", PATHS.signin, show_signin, None),
    Route("POST", PATHS.signin, take_password, None),
    Route("GET", _BY_MAIL, show_by_mail, None),
    Route("POST", _BY_MAIL, send_code, None),
    Route("POST", _MAILED, take_mailed_code, None),
    Route("POST", PATHS.signout, sign_out, SessionLevel.FULL, "ostiary:SignOut", before_terms=True),
)
