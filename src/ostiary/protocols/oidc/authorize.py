"""How does a person who was sent here by an application get back to it with a code? RFC 6749 section 4.1, RFC 9207.

Errors go to the client only after client and redirect URI are verified; before that the person gets a page.
"""

from __future__ import annotations

from urllib.parse import urlencode

from falcon import Request, Response

from ostiary.domain.audit.caller import Door
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.domain.tokens.authorization import RequestedAuthorization
from ostiary.domain.tokens.errors import (
    AuthorizationRefused,
    ClientUnverified,
    InvalidAuthorizationRequest,
    LoginRequired,
)
from ostiary.domain.tokens.id_token import Hint, read_hint
from ostiary.domain.tokens.permissions import Operation
from ostiary.kit.crypto.jose import JoseError
from ostiary.protocols.http.client import origin_of
from ostiary.protocols.http.cookies import SESSION
from ostiary.protocols.http.errors import Failure
from ostiary.protocols.http.forms import read_form, read_query
from ostiary.protocols.http.refusals import RequestRefused
from ostiary.protocols.http.return_to import sign_in_path
from ostiary.protocols.oidc.authorization_request import (
    AnswerTo,
    AuthorizationRequest,
    Fields,
    find_answer_to,
    read_request,
)
from ostiary.protocols.oidc.errors import ERRORS, describable, log_refusal, wire_error
from ostiary.protocols.oidc.fresh_proof import find_asked_at, marked_query, plain_query
from ostiary.protocols.oidc.rooms import AUTHORIZE, OidcRooms

_SEE_OTHER = 303
# What the sign-in page accepts as the way back; longer requests are refused before anybody signs in for nothing.
_MAX_QUERY = 7500


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
            wanted = read_request(fields, answer_to, self._read_hint)
            person = self._person(request, wanted, fields)
            if person is None:
                self._ask_to_sign_in(response, wanted, fields)
                return
            _check_expected(person, wanted.hint)
            code = self._rooms.authorization.authorize(person.caller, person.person, _requested(wanted))
            self._answer(response, answer_to, {"code": code.reveal()})
        except AuthorizationRefused as refused:
            log_refusal(request, refused)
            self._answer(response, answer_to, _error(refused))

    def _person(self, request: Request, wanted: AuthorizationRequest, fields: Fields) -> SignedIn | None:
        """None when she must sign in, for the first time or anew."""
        try:
            token = SESSION.read(request, self._rooms.trust)
            found = self._rooms.current.signed_in(token, origin_of(request, Door.OIDC, self._rooms.trust))
        except NotSignedIn:
            return None
        now = self._rooms.clock.now()
        asked_at = find_asked_at(fields, now=now, key=self._rooms.keys.value.cookie_key)
        if wanted.wants_fresh_proof(found.session.authenticated_at, asked_at=asked_at, now=now):
            return None
        return found

    def _ask_to_sign_in(self, response: Response, wanted: AuthorizationRequest, fields: Fields) -> None:
        if "none" in wanted.prompts:
            raise LoginRequired("the person must sign in, and `prompt=none` forbids to ask")
        query = marked_query(fields, now=self._rooms.clock.now(), key=self._rooms.keys.value.cookie_key)
        if len(query) > _MAX_QUERY:
            raise InvalidAuthorizationRequest(f"the request has more than {_MAX_QUERY} characters")
        go_to(response, sign_in_path(f"{AUTHORIZE}?{query}"))

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


def _check_expected(person: SignedIn, hint: Hint | None) -> None:
    if hint is not None and hint.person_id != person.person.person_id:
        raise LoginRequired("another person is signed in than `id_token_hint` names")


def _requested(wanted: AuthorizationRequest) -> RequestedAuthorization:
    return RequestedAuthorization(
        application=wanted.answer_to.application,
        redirect_uri=wanted.answer_to.redirect_uri,
        scopes=wanted.scopes,
        code_challenge=wanted.code_challenge,
        nonce=wanted.nonce,
    )


def _error(refused: AuthorizationRefused) -> dict[str, str]:
    wire = wire_error(refused) or ERRORS[InvalidAuthorizationRequest]
    return {"error": wire.code, "error_description": describable(refused.client_text)}
