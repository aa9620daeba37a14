"""The pages on which a person sees with what she signs in, names it, removes it, and adds an authenticator app."""

from __future__ import annotations

from collections.abc import Mapping

import segno
from markupsafe import Markup

from ostiary.domain.account.errors import LastFactor, TooManyFactors
from ostiary.domain.account.own_factors import MAX_AUTHENTICATORS
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.credentials.errors import InvalidFactorName
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused
from ostiary.domain.signin_policy.model import Factor
from ostiary.kit.texts import Text
from ostiary.protocols.web.errors import STATUSES, sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.passkey import accepted_signal
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_FACTOR = PATHS.factors + "/{factor_id}"
_AUTHENTICATORS = "/account/authenticators"
_DONE: Mapping[str, Text] = {
    "renamed": Text("The name is changed."),
    "removed": Text("It is removed, and you are signed out everywhere else."),
    "authenticator": Text("Your authenticator app is ready: its codes work from now on."),
    "passkey": Text("Your passkey is ready: you can sign in with it from now on."),
    "password": Text("Your password is changed, and you are signed out everywhere else."),
    "password-removed": Text("Your password is removed, and you are signed out everywhere else."),
}


def show_factors(visit: Visit) -> Answer:
    ways = visit.rooms.own.ways.view(visit.person)
    page = visit.render(
        "account_factors.html",
        person=visit.person.person,
        ways=ways,
        may_add_passkey=Factor.PASSKEY in ways.allowed,
        may_add_authenticator=Factor.TOTP in ways.allowed and len(ways.authenticators) < MAX_AUTHENTICATORS,
        may_have_password=Factor.PASSWORD in ways.allowed,
        signal=accepted_signal(visit),
        notice=visit.say(_DONE.get(visit.query.get("done", ""), "")),
    )
    return Answer(page)


def show_rename(visit: Visit) -> Answer:
    return Answer(_rename_page(visit, visit.rooms.own.factors.name_of(visit.person, visit.path["factor_id"])))


def rename(visit: Visit) -> Answer:
    name = visit.form.get("name", "")
    try:
        visit.rooms.own.factors.rename(visit.person, visit.path["factor_id"], name)
    except InvalidFactorName as refused:
        return _refused(_rename_page(visit, name, error=_said(visit, refused)), refused)
    return go_to(f"{PATHS.factors}?done=renamed")


def show_removal(visit: Visit) -> Answer:
    return Answer(_removal_page(visit))


def remove(visit: Visit) -> Answer:
    try:
        removed = visit.rooms.own.factors.remove(visit.person, visit.path["factor_id"])
    except LastFactor as refused:
        return _refused(_removal_page(visit, error=_said(visit, refused)), refused)
    return go_to(f"{PATHS.factors}?done=removed", session=removed.opened.token)


def show_new_authenticator(visit: Visit) -> Answer:
    return Answer(_new_page(visit, visit.say(Text("Authenticator app"))))


def start_authenticator(visit: Visit) -> Answer:
    name = visit.form.get("name", "")
    try:
        factor_id = visit.rooms.own.factors.start_authenticator(visit.person, name)
    except (InvalidFactorName, TooManyFactors) as refused:
        return _refused(_new_page(visit, name, error=_said(visit, refused)), refused)
    return go_to(f"{_AUTHENTICATORS}/{factor_id}")


def show_authenticator(visit: Visit) -> Answer:
    return Answer(_authenticator_page(visit))


def confirm_authenticator(visit: Visit) -> Answer:
    try:
        visit.rooms.own.factors.confirm_authenticator(visit.person, visit.path["factor_id"], visit.form.get("code", ""))
    except CodeRefused as refused:
        error = visit.say(
            Text("That code is wrong: type the one that the app shows now, and check the clock of your phone.")
        )
        return _refused(_authenticator_page(visit, error=error), refused)
    return go_to(f"{PATHS.factors}?done=authenticator")


def _rename_page(visit: Visit, name: str, *, error: str | None = None) -> str:
    action = f"{PATHS.factors}/{visit.path['factor_id']}/rename"
    person = visit.person.person
    return visit.render("account_factor_rename.html", person=person, factor_name=name, action=action, error=error)


def _removal_page(visit: Visit, *, error: str | None = None) -> str:
    factor_id = visit.path["factor_id"]
    return visit.render(
        "account_factor_remove.html",
        person=visit.person.person,
        factor_name=visit.rooms.own.factors.name_of(visit.person, factor_id),
        action=f"{PATHS.factors}/{factor_id}/remove",
        error=error,
    )


def _new_page(visit: Visit, name: str, *, error: str | None = None) -> str:
    action, person = PATHS.new_authenticator, visit.person.person
    return visit.render("account_authenticator_new.html", person=person, factor_name=name, action=action, error=error)


def _authenticator_page(visit: Visit, *, error: str | None = None) -> str:
    factor_id = visit.path["factor_id"]
    provisioning = visit.rooms.own.factors.provisioning(visit.person, factor_id)
    return visit.render(
        "account_authenticator.html",
        person=visit.person.person,
        qr_svg=_qr(provisioning.uri.reveal()),
        secret_text=provisioning.key.reveal(),
        action=f"{_AUTHENTICATORS}/{factor_id}",
        error=error,
    )


def _refused(page: str, error: DomainError) -> Answer:
    return Answer(page, status=STATUSES[type(error)])


def _said(visit: Visit, error: DomainError) -> str:
    return sentence(visit.say(error.client_text))


def _qr(uri: str) -> Markup:
    svg = segno.make(uri, micro=False).svg_inline(omitsize=True)
    return Markup(svg)  # noqa: S704 - a picture that segno drew; what is in it cannot be markup


_FULL, _ADD = SessionLevel.FULL, "ostiary:AddOwnFactor"
ROUTES = (
    Route("GET", PATHS.factors, show_factors, _FULL, "ostiary:ListOwnFactors"),
    Route("GET", f"{_FACTOR}/rename", show_rename, _FULL, "ostiary:RenameOwnFactor", fresh=True),
    Route("POST", f"{_FACTOR}/rename", rename, _FULL, "ostiary:RenameOwnFactor", fresh=True),
    Route("GET", f"{_FACTOR}/remove", show_removal, _FULL, "ostiary:RemoveOwnFactor", fresh=True),
    Route("POST", f"{_FACTOR}/remove", remove, _FULL, "ostiary:RemoveOwnFactor", fresh=True),
    Route("GET", PATHS.new_authenticator, show_new_authenticator, _FULL, _ADD, fresh=True),
    Route("POST", PATHS.new_authenticator, start_authenticator, _FULL, _ADD, fresh=True),
    Route("GET", _AUTHENTICATORS + "/{factor_id}", show_authenticator, _FULL, _ADD, fresh=True),
    Route("POST", _AUTHENTICATORS + "/{factor_id}", confirm_authenticator, _FULL, _ADD, fresh=True),
)
