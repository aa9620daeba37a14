"""The page on which somebody who is signed in proves once more that it is her, before something that matters."""

from __future__ import annotations

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import ConfirmationRefused
from ostiary.protocols.http.return_to import CONFIRM, with_return_to
from ostiary.protocols.web.arrived import go_back, return_to_of
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.passkey import confirm_form
from ostiary.protocols.web.visit import Answer, Route, Visit

_ACTION = "ostiary:ConfirmIdentity"


def show_confirm(visit: Visit) -> Answer:
    return Answer(_page(visit))


def take_confirm(visit: Visit) -> Answer:
    password, code = visit.form.get("password", ""), visit.form.get("code", "")
    try:
        opened = visit.rooms.step_up.confirm(visit.person, password, code, visit.origin)
    except ConfirmationRefused as refused:
        return Answer(_page(visit, error=sentence(visit.say(refused.client_text))), status=400)
    return go_back(visit, opened, return_to_of(visit), otherwise=PATHS.account)


def _page(visit: Visit, *, error: str | None = None) -> str:
    return_to, need = return_to_of(visit), visit.query.get("need", "")
    only_passkey = need == AssuranceLevel.PHISHING_RESISTANT.value
    asks = visit.rooms.step_up.asks_for(visit.person)
    return visit.render(
        "signin_confirm.html",
        action=with_return_to(CONFIRM, return_to),
        username=visit.person.person.user_name,
        passkey=confirm_form(visit, return_to) if asks.passkey else None,
        password=asks.password and not only_passkey,
        code=asks.code,
        only_passkey=only_passkey,
        back=PATHS.account,
        error=error,
    )


ROUTES = (
    Route("GET", CONFIRM, show_confirm, SessionLevel.FULL, _ACTION, before_terms=True),
    Route("POST", CONFIRM, take_confirm, SessionLevel.FULL, _ACTION, before_terms=True),
)
