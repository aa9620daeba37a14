"""The page of the second step: every option that she has, and all of them without script but passkeys."""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.deciding import Option
from ostiary.domain.signin.errors import CodeRefused, SignInRefused
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import with_return_to
from ostiary.protocols.web.arrived import SECOND_STEP, go_on, return_to_of
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.passkey import second_step_form
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_RECOVERY = f"{SECOND_STEP}/recovery"
_MAILED = f"{SECOND_STEP}/email"
_SEND = f"{SECOND_STEP}/email/send"
_TYPED = (Option.TOTP, Option.EMAIL_CODE, Option.RECOVERY_CODE)
_ACTIONS = {Option.TOTP: SECOND_STEP, Option.RECOVERY_CODE: _RECOVERY, Option.EMAIL_CODE: _MAILED}
_NOT_LIKE_THIS = Text("You cannot sign in like this: begin again, or ask your administrator")
_WRONG = {
    Option.RECOVERY_CODE: Text("This is none of your recovery codes, or it was used already"),
    Option.EMAIL_CODE: Text("This code is not right, or not any more: type the newest one, or ask for another"),
}


def show_options(visit: Visit) -> Answer:
    return Answer(_page(visit, _wanted(visit.query.get("by", ""))))


def take_code(visit: Visit) -> Answer:
    return _take(visit, Option.TOTP)


def take_recovery_code(visit: Visit) -> Answer:
    return _take(visit, Option.RECOVERY_CODE)


def take_mailed_code(visit: Visit) -> Answer:
    return _take(visit, Option.EMAIL_CODE)


def send_code(visit: Visit) -> Answer:
    try:
        visit.rooms.mail_codes.ask_second(visit.person, visit.origin)
    except (CodeRefused, SignInRefused):
        return Answer(_page(visit, None, error=_NOT_LIKE_THIS), status=400)
    return go_to(_with(with_return_to(SECOND_STEP, return_to_of(visit)), f"by={Option.EMAIL_CODE}&sent=yes"))


def _take(visit: Visit, option: Option) -> Answer:
    code = visit.form.get("code", "")
    try:
        if option is Option.RECOVERY_CODE:
            opened, left = visit.rooms.signin.finish_with_recovery_code(visit.token, code, visit.origin)
            if opened.session.level is SessionLevel.FULL:
                visit.rooms.signin.remember_language(opened, visit.language)
                page = visit.render("recovery_code_used.html", left=left, continue_url=return_to_of(visit) or "/")
                return Answer(page, session=opened.token)
        elif option is Option.EMAIL_CODE:
            opened = visit.rooms.mail_codes.finish(visit.token, code, visit.origin)
        else:
            opened = visit.rooms.signin.finish(visit.token, code, visit.origin)
    except CodeRefused as refused:
        error = _WRONG.get(option, sentence(visit.say(refused.client_text)))
        return Answer(_page(visit, option, error=error), status=400)
    except SignInRefused:
        return Answer(_page(visit, option, error=_NOT_LIKE_THIS), status=400)
    return go_on(visit, opened, return_to_of(visit))


def _page(visit: Visit, wanted: Option | None, *, error: str | None = None) -> str:
    options, return_to = visit.rooms.signin.options(visit.person), return_to_of(visit)
    typed = [option for option in _TYPED if option in options]
    shown = wanted if wanted in typed else next(iter(typed), None)
    # A passkey and a recovery code at once would make her look for the paper first.
    with_passkey = Option.PASSKEY in options and (wanted is None or not typed)
    if with_passkey and wanted is None and shown is not Option.TOTP:
        shown = None
    here = with_return_to(SECOND_STEP, return_to)
    return visit.render(
        "signin_second.html",
        display_name=visit.person.person.display_name,
        email=_hinted(visit.person.person.email),
        passkey=second_step_form(visit, return_to) if with_passkey else None,
        shown=shown,
        others=_others(here, options, typed, shown, with_passkey=with_passkey),
        action=with_return_to(_ACTIONS[shown], return_to) if shown is not None else "",
        send=with_return_to(_SEND, return_to),
        sent=visit.query.get("sent") == "yes" or error is not None,
        error=error,
    )


def _others(
    here: str, options: frozenset[Option], typed: Sequence[Option], shown: Option | None, *, with_passkey: bool
) -> list[tuple[str, Option]]:
    others = [(_with(here, f"by={option}"), option) for option in typed if option is not shown]
    if Option.PASSKEY in options and not with_passkey:
        others.insert(0, (here, Option.PASSKEY))
    return others


def _with(path: str, query: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{query}"


def _wanted(by: str) -> Option | None:
    return next((option for option in _TYPED if option == by), None)


def _hinted(email: str) -> str:
    """Enough to know one's own address by, not to learn another's."""
    name, at, domain = email.partition("@")
    return f"{name[:1]}•••{at}{domain}" if at else ""


ROUTES = (
    Route("GET", SECOND_STEP, show_options, SessionLevel.FIRST_FACTOR),
    Route("POST", SECOND_STEP, take_code, SessionLevel.FIRST_FACTOR),
    Route("POST", _RECOVERY, take_recovery_code, SessionLevel.FIRST_FACTOR),
    Route("POST", _MAILED, take_mailed_code, SessionLevel.FIRST_FACTOR),
    Route("POST", _SEND, send_code, SessionLevel.FIRST_FACTOR),
)
