"""The pages through which an enrolment link leads: a passkey, or a password and an authenticator; done.

The link's token is in the path, for it must come by mail and work without script. It is worth something once and for
three days; no log of ours holds a path, and `Referrer-Policy: same-origin` keeps it from other sites. Looking at the
page does not use the link up; sending its form does.
"""

from __future__ import annotations

from collections.abc import Sequence

import segno
from markupsafe import Markup

from ostiary.domain.credentials.errors import PasswordUnacceptable
from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeyUnacceptable
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.enrolment import Way, rules_for
from ostiary.domain.signin.errors import CodeRefused, NotSignedIn, PasswordsDiffer
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import with_return_to
from ostiary.protocols.http.same_origin import csrf_token
from ostiary.protocols.web.arrived import ENROLMENT, go_on, return_to_of
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.passkey import creation_form
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_PASSKEY = f"{ENROLMENT}/passkey"
_PASSWORD = f"{ENROLMENT}/password"
_AUTHENTICATOR = f"{ENROLMENT}/authenticator"
_BEGIN_AUTHENTICATOR = f"{_AUTHENTICATOR}/begin"


def show_link(visit: Visit) -> Answer:
    token = visit.path["token"]
    welcome = visit.rooms.enrolment.look(token)
    wants_password = Way.PASSKEY not in welcome.ways or visit.query.get("with") == "password"
    if Way.PASSWORD in welcome.ways and wants_password:
        return Answer(_password_page(visit, welcome.person, welcome.rules, [], action=f"{ENROLMENT}/{token}"))
    options = visit.rooms.enrolment.link_passkey_options(token, visit.csrf)
    page = visit.render(
        "enroll_start.html",
        person=welcome.person,
        is_new=_is_new(welcome.person),
        first=True,
        passkey=creation_form(visit, f"{ENROLMENT}/{token}", options),
        password_url=f"{ENROLMENT}/{token}?with=password" if Way.PASSWORD in welcome.ways else "",
        alone=welcome.password_suffices,
        authenticator_action="",
        others=Way.PASSWORD in welcome.ways,
    )
    return Answer(page)


def redeem_link(visit: Visit) -> Answer:
    """From here on the link is used up, and the session goes on, also when what was sent was not good enough."""
    visit.rooms.enrolment.look(visit.path["token"])
    opened = visit.rooms.enrolment.redeem(visit.path["token"], visit.origin)
    visit.rooms.signin.remember_language(opened, visit.language)  # before the first notice is written to her
    enrolling = visit.rooms.current.at_level(opened.token.reveal(), visit.origin, SessionLevel.ENROLMENT)
    if "credential" in visit.form:
        return _add_passkey(visit, enrolling, came_with=opened)
    return _set_password(visit, enrolling, came_with=opened)


def show_ways(visit: Visit) -> Answer:
    """What is missing to somebody who came by a link, or by a proof that her rules do not take for enough."""
    ways = visit.rooms.enrolment.ways(visit.person)
    if ways == (Way.PASSWORD,):
        return go_to(_onward(visit, _PASSWORD))
    return Answer(_ways_page(visit, visit.person))


def take_passkey(visit: Visit) -> Answer:
    return _add_passkey(visit, visit.person)


def show_password(visit: Visit) -> Answer:
    here = visit.person
    if Way.PASSWORD not in visit.rooms.enrolment.ways(here):
        return go_to(_onward(visit, ENROLMENT))
    return Answer(_password_page(visit, here.person, rules_for(here.rules), [], action=_onward(visit, _PASSWORD)))


def take_password(visit: Visit) -> Answer:
    if Way.PASSWORD not in visit.rooms.enrolment.ways(visit.person):
        return go_to(_onward(visit, ENROLMENT))
    return _set_password(visit, visit.person)


def begin_authenticator(visit: Visit) -> Answer:
    try:
        visit.rooms.enrolment.begin_authenticator(visit.person)
    except NotSignedIn:
        return go_to(_onward(visit, ENROLMENT))
    return go_to(_onward(visit, _AUTHENTICATOR))


def show_authenticator(visit: Visit) -> Answer:
    try:
        return Answer(_authenticator_page(visit))
    except NotSignedIn:
        return go_to(_onward(visit, ENROLMENT))


def take_authenticator(visit: Visit) -> Answer:
    try:
        opened = visit.rooms.enrolment.confirm(visit.person, visit.form.get("code", ""), visit.origin)
    except CodeRefused:
        wrong = Text("That code is wrong: type the one that the app shows now, and check the clock of your phone.")
        return Answer(_authenticator_page(visit, error=visit.say(wrong)), status=400)
    return _done(visit, opened, Way.AUTHENTICATOR)


def _add_passkey(visit: Visit, enrolling: SignedIn, *, came_with: Opened | None = None) -> Answer:
    credential = visit.form.get("credential", "")
    try:
        opened = visit.rooms.enrolment.add_passkey(enrolling, credential, visit.csrf, visit.origin)
    except (PasskeyRefused, PasskeyUnacceptable) as refused:
        page = _ways_page(visit, enrolling, error=sentence(visit.say(refused.client_text)))
        return Answer(page, status=400, session=came_with.token if came_with else None)
    return _done(visit, opened, Way.PASSKEY)


def _set_password(visit: Visit, enrolling: SignedIn, *, came_with: Opened | None = None) -> Answer:
    new, repeated = visit.form.get("new_password", ""), visit.form.get("repeat_password", "")
    try:
        opened = visit.rooms.enrolment.set_password(enrolling, new, repeated, visit.origin)
    except (PasswordUnacceptable, PasswordsDiffer) as refused:
        differ = Text("The two passwords differ")
        problems = refused.problems if isinstance(refused, PasswordUnacceptable) else [differ]
        csrf = csrf_token(enrolling.session.csrf_key)
        rules, action = rules_for(enrolling.rules), _onward(visit, _PASSWORD)
        page = _password_page(visit, enrolling.person, rules, problems, action=action, csrf=csrf)
        return Answer(page, status=400, session=came_with.token if came_with else None)
    if opened.session.level is SessionLevel.ENROLMENT:
        return go_to(_onward(visit, _AUTHENTICATOR), session=opened.token)
    return go_on(visit, opened, return_to_of(visit))


def _done(visit: Visit, opened: Opened, way: Way) -> Answer:
    """She is in, unless her rules ask for more still."""
    if opened.session.level is not SessionLevel.FULL:
        return go_on(visit, opened, return_to_of(visit))
    onward = return_to_of(visit) or PATHS.portal
    page = visit.render("enroll_done.html", portal_url=onward, way=way.value, recovery_codes=PATHS.recovery_codes)
    return Answer(page, session=opened.token)


def _ways_page(visit: Visit, enrolling: SignedIn, *, error: str | None = None) -> str:
    csrf = csrf_token(enrolling.session.csrf_key)
    ways = visit.rooms.enrolment.ways(enrolling)
    # The page that comes belongs to the session, also when the request came by the link before there was one.
    options = visit.rooms.enrolment.passkey_options(enrolling, csrf)
    return visit.render(
        "enroll_start.html",
        person=enrolling.person,
        is_new=_is_new(enrolling.person),
        first=not enrolling.session.methods,
        passkey=creation_form(visit, _onward(visit, _PASSKEY), options) if Way.PASSKEY in ways else None,
        password_url=_onward(visit, _PASSWORD) if Way.PASSWORD in ways else "",
        alone=enrolling.rules.password_suffices,
        authenticator_action=_onward(visit, _BEGIN_AUTHENTICATOR) if Way.AUTHENTICATOR in ways else "",
        others=len(ways) > 1,
        csrf=csrf,
        error=error,
    )


def _password_page(
    visit: Visit, person: Person, rules: Sequence[str], problems: Sequence[str], *, action: str, csrf: str = ""
) -> str:
    return visit.render(
        "enroll_password.html",
        person=person,
        is_new=_is_new(person),
        rules=rules,
        errors=problems,
        action=action,
        csrf=csrf or visit.csrf,
    )


def _authenticator_page(visit: Visit, *, error: str | None = None) -> str:
    provisioning = visit.rooms.enrolment.provisioning(visit.person)
    return visit.render(
        "enroll_totp.html",
        qr_svg=_qr(provisioning.uri.reveal()),
        secret_text=provisioning.key.reveal(),
        action=_onward(visit, _AUTHENTICATOR),
        error=error,
    )


def _is_new(person: Person) -> bool:
    """Whether she is greeted: somebody who recovers has been here before."""
    return person.status is PersonStatus.INVITED


def _qr(uri: str) -> Markup:
    svg = segno.make(uri, micro=False).svg_inline(omitsize=True)
    return Markup(svg)  # noqa: S704 - a picture that segno drew; what is in it cannot be markup


def _onward(visit: Visit, path: str) -> str:
    return with_return_to(path, return_to_of(visit))


_LEVEL = SessionLevel.ENROLMENT
ROUTES = (
    Route("GET", ENROLMENT, show_ways, _LEVEL),
    Route("POST", _PASSKEY, take_passkey, _LEVEL),
    Route("GET", _PASSWORD, show_password, _LEVEL),
    Route("POST", _PASSWORD, take_password, _LEVEL),
    Route("POST", _BEGIN_AUTHENTICATOR, begin_authenticator, _LEVEL),
    Route("GET", _AUTHENTICATOR, show_authenticator, _LEVEL),
    Route("POST", _AUTHENTICATOR, take_authenticator, _LEVEL),
    Route("GET", ENROLMENT + "/{token}", show_link, None),
    Route("POST", ENROLMENT + "/{token}", redeem_link, None),
)
