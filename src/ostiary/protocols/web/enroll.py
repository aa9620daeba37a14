"""The pages through which an enrolment link leads: password, authenticator, done.

The link's token is in the path, for it must come by mail and work without script. It is worth something once and for
three days; no log of ours holds a path, and `Referrer-Policy: same-origin` keeps it from other sites. Looking at the
page does not use the link up; sending its form does.
"""

from __future__ import annotations

import segno
from markupsafe import Markup

from ostiary.domain.credentials.errors import PasswordUnacceptable
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.enrolment import rules_for
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer
from ostiary.protocols.http.same_origin import csrf_token
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_PASSWORD = "/enroll/password"  # noqa: S105 - a path
_AUTHENTICATOR = "/enroll/authenticator"


def show_link(visit: Visit) -> Answer:
    token = visit.path["token"]
    welcome = visit.rooms.enrolment.look(token)
    page = visit.render(
        "enroll_password.html",
        person=welcome.person,
        rules=welcome.rules,
        errors=[],
        action=f"/enroll/{token}",
    )
    return Answer(page)


def redeem_link(visit: Visit) -> Answer:
    """From here on the link is used up, and the session goes on, also when the password was not good enough."""
    visit.rooms.enrolment.look(visit.path["token"])
    opened = visit.rooms.enrolment.redeem(visit.path["token"], visit.origin)
    enrolling = visit.rooms.current.at_level(opened.token.reveal(), visit.origin, SessionLevel.ENROLMENT)
    return _set_password(visit, enrolling, came_with=opened)


def show_password(visit: Visit) -> Answer:
    return Answer(_password_page(visit, visit.person, []))


def take_password(visit: Visit) -> Answer:
    return _set_password(visit, visit.person)


def show_authenticator(visit: Visit) -> Answer:
    try:
        return Answer(_authenticator_page(visit))
    except NotSignedIn:
        return go_to(_PASSWORD)


def take_authenticator(visit: Visit) -> Answer:
    try:
        opened = visit.rooms.enrolment.confirm(visit.person, visit.form.get("code", ""), visit.origin)
    except CodeRefused:
        error = "That code is wrong: type the one that the app shows now, and check the clock of your phone."
        return Answer(_authenticator_page(visit, error=error), status=400)
    return Answer(visit.render("enroll_done.html", portal_url=PATHS.portal), session=opened.token)


def _set_password(visit: Visit, enrolling: SignedIn, *, came_with: Opened | None = None) -> Answer:
    new, repeated = visit.form.get("new_password", ""), visit.form.get("repeat_password", "")
    try:
        opened = visit.rooms.enrolment.set_password(enrolling, new, repeated, visit.origin)
    except (PasswordUnacceptable, PasswordsDiffer) as refused:
        problems = refused.problems if isinstance(refused, PasswordUnacceptable) else ["The two passwords differ"]
        page = _password_page(visit, enrolling, problems)
        return Answer(page, status=400, session=came_with.token if came_with else None)
    done = opened.session.level is SessionLevel.FULL
    return go_to(PATHS.portal if done else _AUTHENTICATOR, session=opened.token)


def _password_page(visit: Visit, enrolling: SignedIn, problems: list[str] | tuple[str, ...]) -> str:
    return visit.render(
        "enroll_password.html",
        person=enrolling.person,
        rules=rules_for(enrolling.rules),
        errors=problems,
        action=_PASSWORD,
        csrf=csrf_token(enrolling.session.csrf_key),
    )


def _authenticator_page(visit: Visit, *, error: str | None = None) -> str:
    provisioning = visit.rooms.enrolment.provisioning(visit.person)
    return visit.render(
        "enroll_totp.html",
        qr_svg=_qr(provisioning.uri.reveal()),
        secret_text=provisioning.key.reveal(),
        action=_AUTHENTICATOR,
        error=error,
    )


def _qr(uri: str) -> Markup:
    svg = segno.make(uri, micro=False).svg_inline(omitsize=True)
    return Markup(svg)  # noqa: S704 - a picture that segno drew; what is in it cannot be markup


ROUTES = (
    Route("GET", "/enroll/{token}", show_link, None),
    Route("POST", "/enroll/{token}", redeem_link, None),
    Route("GET", _PASSWORD, show_password, SessionLevel.ENROLMENT),
    Route("POST", _PASSWORD, take_password, SessionLevel.ENROLMENT),
    Route("GET", _AUTHENTICATOR, show_authenticator, SessionLevel.ENROLMENT),
    Route("POST", _AUTHENTICATOR, take_authenticator, SessionLevel.ENROLMENT),
)
