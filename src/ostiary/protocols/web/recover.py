"""The pages on which somebody comes back in who cannot sign in, and the one on which she says that it was not her.

Links stand in the path as enrolment links do: looking at the page does not use one up, sending its form does.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostiary.domain.credentials.errors import PasswordUnacceptable
from ostiary.domain.credentials.one_time_links import NOT_ME_PATH
from ostiary.domain.credentials.passkey_errors import PasskeyRefused
from ostiary.domain.credentials.password_policy import describe
from ostiary.domain.recovery.asking import LINK_PATH
from ostiary.domain.recovery.deciding import NextStep
from ostiary.domain.recovery.services import RecoveryServices
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import CodeRefused, PasswordsDiffer
from ostiary.kit.texts import Text
from ostiary.protocols.web.passkey import proof_form, refused_page
from ostiary.protocols.web.visit import Answer, Keep, Route, Visit, go_to

_PROVE, _CHOOSE = f"{LINK_PATH}/prove", f"{LINK_PATH}/choose"
_CODE, _RECOVERY_CODE, _PASSKEY = f"{_PROVE}/code", f"{_PROVE}/recovery-code", f"{_PROVE}/passkey"
_PASSWORD, _ENROL = f"{_CHOOSE}/password", f"{_CHOOSE}/enrolment"
_ENROLMENT = "/enroll"
_CODE_WRONG = Text("That code is wrong: type the one that the app shows now, and check the clock of your phone.")
_RECOVERY_CODE_WRONG = Text("That recovery code is wrong, or it was used already.")


def show_asking(visit: Visit) -> Answer:
    return Answer(visit.render("recover.html", action=LINK_PATH))


def ask(visit: Visit) -> Answer:
    """One page for everybody: it does not tell whether a mail was sent."""
    _services(visit).links.ask(visit.form.get("username", ""), visit.origin)
    return Answer(visit.render("recover_sent.html"))


def show_link(visit: Visit) -> Answer:
    token = visit.path["token"]
    person = _services(visit).self_service.look(token)
    return Answer(visit.render("recover_link.html", action=f"{LINK_PATH}/{token}", person=person))


def redeem_link(visit: Visit) -> Answer:
    opened = _services(visit).self_service.redeem(visit.path["token"], visit.origin)
    return go_to(_PROVE, session=opened.token)


def show_proofs(visit: Visit) -> Answer:
    step = _services(visit).self_service.next_step(visit.person)
    if not step.must_prove:
        return go_to(_CHOOSE)
    return Answer(_proof_page(visit, step))


def prove_code(visit: Visit) -> Answer:
    service = _services(visit).self_service
    try:
        opened = service.prove_code(visit.person, visit.form.get("code", ""), visit.origin)
    except CodeRefused:
        return _again(visit, _CODE_WRONG)
    return go_to(_CHOOSE, session=opened.token)


def prove_recovery_code(visit: Visit) -> Answer:
    service = _services(visit).self_service
    try:
        opened = service.prove_recovery_code(visit.person, visit.form.get("recovery_code", ""), visit.origin)
    except CodeRefused:
        return _again(visit, _RECOVERY_CODE_WRONG)
    return go_to(_ENROLMENT, session=opened.token)


def prove_passkey(visit: Visit) -> Answer:
    service = _services(visit).self_service
    try:
        opened = service.prove_passkey(visit.person, visit.form.get("credential", ""), visit.origin)
    except PasskeyRefused as refused:
        return refused_page(visit, refused, back=_PROVE)
    return go_to(_CHOOSE, session=opened.token)


def show_choice(visit: Visit) -> Answer:
    step = _services(visit).self_service.next_step(visit.person)
    if step.must_prove:
        return go_to(_PROVE)
    return Answer(_choice_page(visit, step, []))


def take_password(visit: Visit) -> Answer:
    service = _services(visit).self_service
    new, repeated = visit.form.get("new_password", ""), visit.form.get("repeat_password", "")
    try:
        service.set_password(visit.person, new, repeated, visit.origin)
    except PasswordUnacceptable as refused:
        return Answer(_choice_page(visit, service.next_step(visit.person), refused.problems), status=400)
    except PasswordsDiffer:
        problems = [Text("The two passwords differ")]
        return Answer(_choice_page(visit, service.next_step(visit.person), problems), status=400)
    return Answer(visit.render("recover_done.html"), cookie=Keep.FORGET)


def begin_enrolment(visit: Visit) -> Answer:
    opened = _services(visit).self_service.enrol(visit.person, visit.origin)
    return go_to(_ENROLMENT, session=opened.token)


def show_not_me(visit: Visit) -> Answer:
    token = visit.path["token"]
    _services(visit).not_me.look(token)
    return Answer(visit.render("not_me.html", action=f"{NOT_ME_PATH}/{token}"))


def disown(visit: Visit) -> Answer:
    mailed = _services(visit).not_me.disown(visit.path["token"], visit.origin)
    return Answer(visit.render("not_me_done.html", mailed=mailed), cookie=Keep.FORGET)


def _again(visit: Visit, error: Text) -> Answer:
    step = _services(visit).self_service.next_step(visit.person)
    return Answer(_proof_page(visit, step, error=error), status=400)


def _proof_page(visit: Visit, step: NextStep, *, error: Text | None = None) -> str:
    return visit.render(
        "recover_prove.html",
        step_now=step,
        display_name=visit.person.person.display_name,
        code_action=_CODE,
        recovery_code_action=_RECOVERY_CODE,
        passkey=proof_form(visit, _PASSKEY, _services(visit).self_service.passkey_options(visit.person)),
        error=error,
    )


def _choice_page(visit: Visit, step: NextStep, problems: Sequence[str]) -> str:
    return visit.render(
        "recover_choose.html",
        step_now=step,
        person=visit.person.person,
        rules=describe(_services(visit).self_service.password_rules(visit.person)),
        problems=list(problems),
        password_action=_PASSWORD,
        enrol_action=_ENROL,
    )


def _services(visit: Visit) -> RecoveryServices:
    return visit.rooms.recovery


ROUTES = (
    Route("GET", LINK_PATH, show_asking, None),
    Route("POST", LINK_PATH, ask, None),
    Route("GET", _PROVE, show_proofs, SessionLevel.RECOVERY),
    Route("POST", _CODE, prove_code, SessionLevel.RECOVERY),
    Route("POST", _RECOVERY_CODE, prove_recovery_code, SessionLevel.RECOVERY),
    Route("POST", _PASSKEY, prove_passkey, SessionLevel.RECOVERY),
    Route("GET", _CHOOSE, show_choice, SessionLevel.RECOVERY),
    Route("POST", _PASSWORD, take_password, SessionLevel.RECOVERY),
    Route("POST", _ENROL, begin_enrolment, SessionLevel.RECOVERY),
    Route("GET", LINK_PATH + "/{token}", show_link, None),
    Route("POST", LINK_PATH + "/{token}", redeem_link, None),
    Route("GET", NOT_ME_PATH + "/{token}", show_not_me, None),
    Route("POST", NOT_ME_PATH + "/{token}", disown, None),
)
