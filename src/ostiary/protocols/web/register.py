"""The pages on which a consumer makes an account, accepts terms, and ends the account again."""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.recovery.errors import DeletionRefused, RegistrationInvalid, TermsChanged
from ostiary.domain.recovery.registration import LINK_PATH, Application, OpenDirectory, Registrations
from ostiary.domain.sessions.model import SessionLevel
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import find_return_to, with_return_to
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit, go_to

_REGISTER, _TERMS, _DELETE = "/register", "/terms", f"{PATHS.account}/delete"
_ENROLMENT = "/enroll"
_CHANGED = Text("The terms changed a moment ago: read the new ones, and accept them again.")
_NOT_ACCEPTED = Text("Accept the terms to go on.")


def show_directories(visit: Visit) -> Answer:
    """Where there is one place to register, straight there."""
    directories = _service(visit).directories()
    if len(directories) == 1:
        return go_to(f"{_REGISTER}/{directories[0].name}")
    if not directories:
        _service(visit).directory("")
    return Answer(visit.render("register_where.html", directories=directories, register=_REGISTER))


def show_form(visit: Visit) -> Answer:
    return Answer(_form(visit, _service(visit).directory(visit.path["directory"]), []))


def register(visit: Visit) -> Answer:
    """The same page whether the address is taken or not."""
    where = _service(visit).directory(visit.path["directory"])
    # Only these fields: whatever else a form says of groups, attributes or a status is not read.
    application = Application(
        email=visit.form.get("email", ""),
        display_name=visit.form.get("display_name", ""),
        accepted_terms=visit.form.get("terms", ""),
        language=visit.language,
    )
    try:
        _service(visit).ask(where.name, application, visit.origin)
    except RegistrationInvalid as invalid:
        return Answer(_form(visit, where, invalid.problems), status=400)
    except TermsChanged:
        return Answer(_form(visit, where, [_CHANGED]), status=409)
    return Answer(visit.render("register_sent.html"))


def show_link(visit: Visit) -> Answer:
    token = visit.path["token"]
    email = _service(visit).look(token)
    return Answer(visit.render("register_link.html", action=f"{LINK_PATH}/{token}", email=email))


def redeem_link(visit: Visit) -> Answer:
    opened = _service(visit).redeem(visit.path["token"], visit.origin)
    return go_to(_ENROLMENT, session=opened.token)


def show_terms(visit: Visit) -> Answer:
    if not visit.person.rules.terms_version:
        return go_to(_return_to(visit) or PATHS.portal)
    return Answer(_terms_page(visit))


def accept_terms(visit: Visit) -> Answer:
    version = visit.form.get("terms", "")
    try:
        visit.rooms.recovery.terms.accept(visit.person, version)
    except TermsChanged:
        return Answer(_terms_page(visit, error=_CHANGED if version else _NOT_ACCEPTED), status=409)
    return go_to(_return_to(visit) or PATHS.portal)


def show_deletion(visit: Visit) -> Answer:
    return Answer(_deletion_page(visit))


def delete_account(visit: Visit) -> Answer:
    try:
        visit.rooms.recovery.deletion.delete(visit.person, visit.form.get("username", ""))
    except DeletionRefused as refused:
        return Answer(_deletion_page(visit, error=sentence(visit.say(refused.client_text))), status=400)
    return Answer(visit.render("account_deleted.html"), cookie=Keep.FORGET)


def _form(visit: Visit, where: OpenDirectory, problems: Sequence[Text]) -> str:
    return visit.render(
        "register_invited.html" if where.by_invitation else "register.html",
        where=where,
        action=f"{_REGISTER}/{where.name}",
        email=visit.form.get("email", ""),
        display_name=visit.form.get("display_name", ""),
        problems=list(problems),
    )


def _terms_page(visit: Visit, *, error: Text | None = None) -> str:
    rules = visit.person.rules
    return visit.render(
        "terms.html",
        person=visit.person.person,
        action=with_return_to(_TERMS, _return_to(visit)),
        terms_url=rules.terms_url,
        terms_version=rules.terms_version,
        error=error,
    )


def _deletion_page(visit: Visit, *, error: str | None = None) -> str:
    may = visit.rooms.recovery.deletion.is_open_to(visit.person)
    return visit.render("account_delete.html", person=visit.person.person, may_delete=may, action=_DELETE, error=error)


def _return_to(visit: Visit) -> str | None:
    return find_return_to(visit.query.get("return_to"))


def _service(visit: Visit) -> Registrations:
    return visit.rooms.recovery.registrations


ROUTES = (
    Route("GET", _REGISTER, show_directories, None),
    Route("GET", _REGISTER + "/{directory}", show_form, None),
    Route("POST", _REGISTER + "/{directory}", register, None),
    Route("GET", LINK_PATH + "/{token}", show_link, None),
    Route("POST", LINK_PATH + "/{token}", redeem_link, None),
    Route("GET", _TERMS, show_terms, SessionLevel.FULL, "ostiary:AcceptTerms", before_terms=True),
    Route("POST", _TERMS, accept_terms, SessionLevel.FULL, "ostiary:AcceptTerms", before_terms=True),
    Route("GET", _DELETE, show_deletion, SessionLevel.FULL, "ostiary:DeleteOwnAccount", fresh=True),
    Route("POST", _DELETE, delete_account, SessionLevel.FULL, "ostiary:DeleteOwnAccount", fresh=True),
)
