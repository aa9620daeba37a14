"""The pages on which a person changes, gets or gives up her password, and gets recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.account.errors import LastFactor, PasswordWrong, UnknownFactor
from ostiary.domain.account.own_password import password_rules
from ostiary.domain.credentials.errors import PasswordUnacceptable, PasswordUncheckable
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import PasswordsDiffer
from ostiary.kit.texts import Text
from ostiary.protocols.web.errors import STATUSES, sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_REMOVE = f"{PATHS.password}/remove"


def show_password(visit: Visit) -> Answer:
    return Answer(_page(visit, []))


def take_password(visit: Visit) -> Answer:
    try:
        opened = _put(visit)
    except PasswordWrong:
        return _problem(visit, [Text("That is not your present password")], 400, field="present-password")
    except PasswordsDiffer:
        return _problem(visit, [Text("The two passwords differ")], 400)
    except PasswordUnacceptable as refused:
        return _problem(visit, refused.problems, 400)
    except PasswordUncheckable as refused:
        return _problem(visit, [refused.client_text], STATUSES[PasswordUncheckable])
    return go_to(f"{PATHS.factors}?done=password", session=opened.token)


def show_removal(visit: Visit) -> Answer:
    return Answer(_removal_page(visit))


def remove_password(visit: Visit) -> Answer:
    try:
        opened = visit.rooms.own.password.remove(visit.person)
    except LastFactor as refused:
        error = sentence(visit.say(refused.client_text))
        return Answer(_removal_page(visit, error=error), status=STATUSES[LastFactor])
    return go_to(f"{PATHS.factors}?done=password-removed", session=opened.token)


def show_codes(visit: Visit) -> Answer:
    left = visit.rooms.own.recovery_codes.left(visit.person)
    page = visit.render(
        "account_recovery_codes.html", person=visit.person.person, left=left, action=PATHS.recovery_codes
    )
    return Answer(page)


def make_codes(visit: Visit) -> Answer:
    """Shown in the answer itself: they are nowhere else."""
    codes = [code.reveal() for code in visit.rooms.own.recovery_codes.make(visit.person)]
    person = visit.person.person
    page = visit.render(
        "account_recovery_codes_new.html",
        person=person,
        user_name=person.user_name,
        codes=codes,
        made_at=visit.rooms.clock.now(),
    )
    return Answer(page)


def _put(visit: Visit) -> Opened:
    own, form = visit.rooms.own.password, visit.form
    new, repeated = form.get("new_password", ""), form.get("repeat_password", "")
    # What she has decides, not what the form leaves out: a form without a present password changes none.
    if own.exists(visit.person):
        return own.change(visit.person, form.get("present_password", ""), new, repeated)
    return own.add(visit.person, new, repeated)


def _problem(visit: Visit, problems: Sequence[str], status: int, *, field: str = "new-password") -> Answer:
    return Answer(_page(visit, problems, field), status=status)


def _page(visit: Visit, problems: Sequence[str], field: str = "") -> str:
    return visit.render(
        "account_password.html",
        person=visit.person.person,
        rules=password_rules(visit.person),
        has_password=visit.rooms.own.password.exists(visit.person),
        problems=[visit.say(problem) for problem in problems],
        wrong_field=field,
        action=PATHS.password,
    )


def _removal_page(visit: Visit, *, error: str | None = None) -> str:
    if not visit.rooms.own.password.exists(visit.person):
        raise UnknownFactor
    name = visit.say(Text("Password"))
    return visit.render(
        "account_factor_remove.html", person=visit.person.person, factor_name=name, action=_REMOVE, error=error
    )


_FULL, _CHANGE, _CODES = SessionLevel.FULL, "ostiary:ChangeOwnPassword", "ostiary:MakeRecoveryCodes"
ROUTES = (
    Route("GET", PATHS.password, show_password, _FULL, _CHANGE, fresh=True),
    Route("POST", PATHS.password, take_password, _FULL, _CHANGE, fresh=True),
    Route("GET", _REMOVE, show_removal, _FULL, "ostiary:RemoveOwnFactor", fresh=True),
    Route("POST", _REMOVE, remove_password, _FULL, "ostiary:RemoveOwnFactor", fresh=True),
    Route("GET", PATHS.recovery_codes, show_codes, _FULL, _CODES, fresh=True),
    Route("POST", PATHS.recovery_codes, make_codes, _FULL, _CODES, fresh=True),
)
