"""The pages' part in passkeys: the forms that other pages include, what they send, and the page that adds one."""

from __future__ import annotations

import json
from dataclasses import dataclass

from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeyUnacceptable
from ostiary.domain.credentials.passkeys import user_handle_of
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import SignInRefused
from ostiary.kit.crypto.jose_form import encode_base64url
from ostiary.kit.texts import Text
from ostiary.protocols.http.return_to import CONFIRM, with_return_to
from ostiary.protocols.web.arrived import go_back, go_on, return_to_of
from ostiary.protocols.web.errors import sentence
from ostiary.protocols.web.pages import PATHS
from ostiary.protocols.web.visit import Answer, Route, Visit, go_to

_SIGN_IN = f"{PATHS.signin}/passkey"
_OPTIONS = f"{_SIGN_IN}/options"
_SECOND = f"{PATHS.signin}/code/passkey"
_CONFIRM = f"{CONFIRM}/passkey"


@dataclass(frozen=True, slots=True)
class PasskeyForm:
    """What `_passkey.html` shows. `refresh`: where newer options come from, for a page that waits for autofill."""

    action: str
    kind: str
    origin: str
    options: str
    label: Text
    refresh: str = ""
    quiet: bool = False


def sign_in_form(visit: Visit, return_to: str | None) -> PasskeyForm | None:
    """For whoever comes: the same for everybody. None where passkeys cannot be."""
    label = Text("Sign in with a passkey")
    options = visit.rooms.passkeys.sign_in.options(visit.csrf)
    return _form(visit, with_return_to(_SIGN_IN, return_to), "get", options, label, refresh=_OPTIONS)


def second_step_form(visit: Visit, return_to: str | None) -> PasskeyForm | None:
    """For who gave her password; None when she has no passkey."""
    options = visit.rooms.passkeys.sign_in.second_step_options(visit.person, visit.csrf)
    return _form(visit, with_return_to(_SECOND, return_to), "get", options, Text("Use your passkey"))


def confirm_form(visit: Visit, return_to: str | None) -> PasskeyForm | None:
    """For who is signed in and must be sure again; None when she has no passkey."""
    options = visit.rooms.passkeys.sign_in.step_up_options(visit.person, visit.csrf)
    return _form(visit, with_return_to(_CONFIRM, return_to), "get", options, Text("Use your passkey"))


def creation_form(visit: Visit, action: str, options: str | None) -> PasskeyForm | None:
    return _form(visit, action, "create", options, Text("Create a passkey"))


def proof_form(visit: Visit, action: str, options: str | None) -> PasskeyForm | None:
    """For a page of its own, such as recovery."""
    return _form(visit, action, "get", options, Text("Use your passkey"))


def accepted_signal(visit: Visit) -> str:
    """For `_passkey_signal.html`: which passkeys of hers are good, and what she is called. Empty where none can be."""
    services, person = visit.rooms.passkeys, visit.person.person
    if not services.passkeys.available:
        return ""
    of = {
        "rpId": services.passkeys.party.party_id,
        "userId": encode_base64url(user_handle_of(person.person_id)),
    }
    kept = [encode_base64url(one) for one in services.adding.credential_ids(person)]
    details = {**of, "name": person.user_name, "displayName": person.display_name}
    return json.dumps({"accepted": {**of, "allAcceptedCredentialIds": kept}, "details": details})


def refused_page(visit: Visit, refused: PasskeyRefused | SignInRefused, back: str) -> Answer:
    """One page whatever was wrong. The browser is told when nobody has the passkey, so that it forgets it."""
    unknown = refused.unknown if isinstance(refused, PasskeyRefused) else b""
    signal = ""
    if unknown:
        party_id = visit.rooms.passkeys.passkeys.party.party_id
        signal = json.dumps({"unknown": {"rpId": party_id, "credentialId": encode_base64url(unknown)}})
    return Answer(visit.render("passkey_refused.html", back=back, signal=signal), status=400)


def show_options(visit: Visit) -> Answer:
    """Newer ones, for a page that was open for long."""
    options = visit.rooms.passkeys.sign_in.options(visit.csrf)
    return Answer(options or "null", media_type="application/json")


def take_sign_in(visit: Visit) -> Answer:
    back = with_return_to(PATHS.signin, return_to_of(visit))
    try:
        opened = visit.rooms.passkeys.sign_in.sign_in(_credential(visit), visit.csrf, visit.origin)
    except (PasskeyRefused, SignInRefused) as refused:
        return refused_page(visit, refused, back)
    return _go_on(visit, opened)


def take_second_step(visit: Visit) -> Answer:
    back = with_return_to(f"{PATHS.signin}/code", return_to_of(visit))
    try:
        opened = visit.rooms.passkeys.sign_in.finish(visit.person, _credential(visit), visit.csrf, visit.origin)
    except (PasskeyRefused, SignInRefused) as refused:
        return refused_page(visit, refused, back)
    return _go_on(visit, opened)


def take_confirmation(visit: Visit) -> Answer:
    return_to = return_to_of(visit)
    try:
        opened = visit.rooms.passkeys.sign_in.confirm(visit.person, _credential(visit), visit.csrf, visit.origin)
    except (PasskeyRefused, SignInRefused) as refused:
        return refused_page(visit, refused, with_return_to(CONFIRM, return_to))
    return go_back(visit, opened, return_to, otherwise=PATHS.account)


def show_new(visit: Visit) -> Answer:
    return Answer(_new_page(visit))


def take_new(visit: Visit) -> Answer:
    try:
        visit.rooms.passkeys.adding.add_to_account(visit.person, _credential(visit), visit.csrf)
    except (PasskeyRefused, PasskeyUnacceptable) as refused:
        return Answer(_new_page(visit, error=sentence(visit.say(refused.client_text))), status=400)
    return go_to(f"{PATHS.factors}?done=passkey")


def _new_page(visit: Visit, *, error: str | None = None) -> str:
    here = visit.person
    options = visit.rooms.passkeys.adding.options(here.person, here.rules, visit.csrf)
    form = creation_form(visit, PATHS.new_passkey, options)
    return visit.render("account_passkey_new.html", person=here.person, passkey=form, error=error)


def _form(
    visit: Visit, action: str, kind: str, options: str | None, label: Text, *, refresh: str = ""
) -> PasskeyForm | None:
    if options is None:
        return None
    origin = visit.rooms.passkeys.passkeys.party.origin
    return PasskeyForm(action, kind, origin, options, label, refresh=refresh)


def _credential(visit: Visit) -> str:
    return visit.form.get("credential", "")


def _go_on(visit: Visit, opened: Opened) -> Answer:
    return go_on(visit, opened, return_to_of(visit))


ROUTES = (
    Route("GET", _OPTIONS, show_options, None),
    Route("POST", _SIGN_IN, take_sign_in, None),
    Route("POST", _SECOND, take_second_step, SessionLevel.FIRST_FACTOR),
    Route("POST", _CONFIRM, take_confirmation, SessionLevel.FULL, "ostiary:ConfirmIdentity", before_terms=True),
    Route("GET", PATHS.new_passkey, show_new, SessionLevel.FULL, "ostiary:AddOwnFactor", fresh=True),
    Route("POST", PATHS.new_passkey, take_new, SessionLevel.FULL, "ostiary:AddOwnFactor", fresh=True),
)
