"""How does a person who was sent here by an application get back to it with a code? RFC 6749 section 4.1, RFC 9207.

Errors go to the client only after client and redirect URI are verified; before that the person gets a page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import urlencode

from falcon import Request, Response

from ostiary.domain.audit.caller import Door
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn, TermsOutstanding
from ostiary.domain.tokens.admission import NOTHING, Demand
from ostiary.domain.tokens.authorization import RequestedAuthorization
from ostiary.domain.tokens.errors import (
    AuthorizationRefused,
    ClientUnverified,
    ConsentNeeded,
    ConsentRefused,
    InvalidAuthorizationRequest,
    LoginRequired,
    ProofNeeded,
)
from ostiary.domain.tokens.id_token import Hint, read_hint
from ostiary.domain.tokens.permissions import Operation
from ostiary.kit.crypto.jose import JoseError
from ostiary.kit.redaction import Secret
from ostiary.protocols.http.cookies import SESSION
from ostiary.protocols.http.device import browser_origin
from ostiary.protocols.http.errors import Failure
from ostiary.protocols.http.forms import read_form, read_query
from ostiary.protocols.http.refusals import RequestRefused
from ostiary.protocols.http.return_to import DECLINED, confirm_path, consent_path, sign_in_path, terms_path
from ostiary.protocols.oidc.authorization_request import (
    AnswerTo,
    AuthorizationRequest,
    Fields,
    find_answer_to,
    read_request,
)
from ostiary.protocols.oidc.errors import ERRORS, describable, log_refusal, wire_error
from ostiary.protocols.oidc.fresh_proof import Asked, find_asked_at, marked_query, plain_query
from ostiary.protocols.oidc.rooms import AUTHORIZE, OidcRooms

_SEE_OTHER = 303
# What the sign-in page accepts as the way back; longer requests are refused before anybody signs in for nothing.
_MAX_QUERY = 7500


@dataclass(frozen=True, slots=True)
class _Asking:
    """A request that was read, with when each page was asked for by it."""

    wanted: AuthorizationRequest
    fields: Fields
    asked_at: Mapping[Asked, datetime | None]
    now: datetime

    def has_proved(self, person: SignedIn) -> bool:
        """Whether she proved something since this request asked her to."""
        asked_at = self.asked_at[Asked.PROOF]
        return asked_at is not None and person.session.authenticated_at > asked_at


class AuthorizationEndpoint:
    operations = frozenset({Operation.AUTHORIZE})

    def __init__(self, rooms: OidcRooms) -> None:
        self._rooms = rooms

    def on_get(self, request: Request, response: Response) -> None:
        try:
            self._authorize(request, response, read_query(request))
        except RequestRefused as refused:
            self._rooms.write_page(request, response, Failure(refused.status, refused.client_text))
        except ClientUnverified as refused:
            log_refusal(request, refused)
            self._rooms.write_page(request, response, Failure(400, refused.client_text))

    def on_post(self, request: Request, response: Response) -> None:
        """OpenID Connect Core 1.0 section 3.1.2.1. Another site's form comes without our cookie; its GET has it."""
        try:
            fields = read_form(request)
            find_answer_to(fields, self._rooms.applications.value)
            go_to(response, f"{AUTHORIZE}?{plain_query(fields)}")
        except RequestRefused as refused:
            self._rooms.write_page(request, response, Failure(refused.status, refused.client_text))
        except ClientUnverified as refused:
            log_refusal(request, refused)
            self._rooms.write_page(request, response, Failure(400, refused.client_text))

    def _authorize(self, request: Request, response: Response, fields: Fields) -> None:
        answer_to = find_answer_to(fields, self._rooms.applications.value)
        try:
            asking = self._read(fields, answer_to)
            if DECLINED in fields:
                raise ConsentRefused("the person did not agree")
            try:
                person = self._person(request, asking)
            except TermsOutstanding:
                self._send_to(response, asking, Asked.CONSENT, terms_path)
                return
            if person is None:
                self._send_to(response, asking, Asked.SIGN_IN, sign_in_path)
                return
            _check_expected(person, asking.wanted)
            self._go_on(response, asking, person)
        except AuthorizationRefused as refused:
            log_refusal(request, refused)
            self._answer(response, answer_to, _error(refused))

    def _read(self, fields: Fields, answer_to: AnswerTo) -> _Asking:
        wanted = read_request(fields, answer_to, self._read_hint)
        now, key = self._rooms.clock.now(), self._rooms.keys.value.cookie_key
        asked_at = {asked: find_asked_at(fields, asked, now=now, key=key) for asked in Asked}
        return _Asking(wanted, fields, asked_at, now)

    def _person(self, request: Request, asking: _Asking) -> SignedIn | None:
        """None when she must sign in, for the first time or anew. Raises TermsOutstanding."""
        try:
            token = SESSION.read(request, self._rooms.trust)
            found = self._rooms.current.signed_in(token, browser_origin(request, Door.OIDC, self._rooms.trust))
        except TermsOutstanding:
            raise
        except NotSignedIn:
            return None
        asked_at = asking.asked_at[Asked.SIGN_IN]
        return None if asking.wanted.wants_fresh_proof(found, asked_at=asked_at, now=asking.now) else found

    def _go_on(self, response: Response, asking: _Asking, person: SignedIn) -> None:
        """To the application with a code, or to the page where the person does first what is missing."""
        try:
            code = self._code(asking, person)
        except ProofNeeded as needed:
            self._check_may_ask(asking, person, needed)
            self._send_to(response, asking, Asked.PROOF, partial(confirm_path, need=needed.level.value))
        except ConsentNeeded:
            if "none" in asking.wanted.prompts:
                raise
            self._send_to(response, asking, Asked.CONSENT, partial(consent_path, asked=_consent_of(asking)))
        else:
            self._answer(response, asking.wanted.answer_to, {"code": code.reveal()})

    def _code(self, asking: _Asking, person: SignedIn) -> Secret:
        """What the application would only like is let go where it cannot be had."""
        authorization, demand = self._rooms.authorization, asking.wanted.asked.demand
        try:
            return authorization.authorize(person.caller, person.person, _requested(asking, demand))
        except ProofNeeded as needed:
            if not needed.voluntary or self._is_worth_asking(asking, person, needed):
                raise
            return authorization.authorize(person.caller, person.person, _requested(asking, NOTHING))

    def _is_worth_asking(self, asking: _Asking, person: SignedIn, needed: ProofNeeded) -> bool:
        if "none" in asking.wanted.prompts or asking.has_proved(person):
            return False
        return self._rooms.authorization.could_prove(person.person, needed.level)

    def _check_may_ask(self, asking: _Asking, person: SignedIn, needed: ProofNeeded) -> None:
        """Raises LoginRequired, or the need itself when she was asked and what she proved was not enough."""
        if "none" in asking.wanted.prompts:
            raise LoginRequired("the person must prove more, and `prompt=none` forbids to ask")
        if asking.has_proved(person):
            raise needed

    def _send_to(self, response: Response, asking: _Asking, asked: Asked, path: Callable[[str], str]) -> None:
        """To a page that comes back with this very request, marked with when it asked."""
        if "none" in asking.wanted.prompts:
            raise LoginRequired("the person must sign in, and `prompt=none` forbids to ask")
        query = marked_query(asking.fields, asked, now=asking.now, key=self._rooms.keys.value.cookie_key)
        if len(query) > _MAX_QUERY:
            raise InvalidAuthorizationRequest(f"the request has more than {_MAX_QUERY} characters")
        go_to(response, path(f"{AUTHORIZE}?{query}"))

    def _answer(self, response: Response, answer_to: AnswerTo, parameters: dict[str, str]) -> None:
        """With `iss`, so that a client of several servers knows who answers (RFC 9207)."""
        state = {"state": answer_to.state} if answer_to.state else {}
        query = urlencode({**parameters, **state, "iss": self._rooms.issuer})
        separator = "&" if "?" in answer_to.redirect_uri else "?"
        response.set_header("Referrer-Policy", "no-referrer")
        go_to(response, f"{answer_to.redirect_uri}{separator}{query}")

    def _read_hint(self, token: str) -> Hint:
        try:
            return read_hint(token, self._rooms.own_keys.verification(), issuer=self._rooms.issuer)
        except JoseError as refused:
            raise InvalidAuthorizationRequest(
                "`id_token_hint` is not one of our ID tokens", operator_text=refused.operator
            ) from None


def go_to(response: Response, address: str) -> None:
    """303, which makes every browser ask with GET and without the form (RFC 9700 section 4.12)."""
    response.status = _SEE_OTHER
    response.set_header("Location", address)
    response.set_header("Cache-Control", "no-store")


def _check_expected(person: SignedIn, wanted: AuthorizationRequest) -> None:
    if wanted.hint is not None and person.person.person_id != wanted.hint.person_id:
        raise LoginRequired("another person is signed in than `id_token_hint` names")
    if wanted.asked.subject not in {"", person.person.person_id}:
        raise LoginRequired("another person is signed in than `claims` names")


def _requested(asking: _Asking, demand: Demand) -> RequestedAuthorization:
    wanted = asking.wanted
    ask_again = asking.asked_at[Asked.CONSENT] or asking.now if "consent" in wanted.prompts else None
    return RequestedAuthorization(
        application=wanted.answer_to.application,
        redirect_uri=wanted.answer_to.redirect_uri,
        scopes=wanted.scopes,
        code_challenge=wanted.code_challenge,
        nonce=wanted.nonce,
        demand=demand,
        ask_again=ask_again,
    )


def _consent_of(asking: _Asking) -> Mapping[str, str]:
    """What the page of consent must know."""
    wanted = asking.wanted
    return {"client_id": wanted.answer_to.application.client_id, "scope": " ".join(wanted.scopes)}


def _error(refused: AuthorizationRefused) -> dict[str, str]:
    wire = wire_error(refused) or ERRORS[InvalidAuthorizationRequest]
    return {"error": wire.code, "error_description": describable(refused.client_text)}
