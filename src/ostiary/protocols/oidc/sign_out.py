"""How does an application sign a person out here, and where does she go then? RP-Initiated Logout 1.0.

Nobody is signed out by a link that anybody can make: without an ID token of this very session she is asked first.
"""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from falcon import Request, Response

from ostiary.domain.audit.caller import Door
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.domain.tokens.errors import SignOutUnverified
from ostiary.domain.tokens.permissions import Operation
from ostiary.domain.tokens.sign_out import SignOutRequest
from ostiary.protocols.http.cookies import SESSION
from ostiary.protocols.http.device import browser_origin
from ostiary.protocols.http.errors import Failure
from ostiary.protocols.http.forms import read_form, read_query
from ostiary.protocols.http.headers import content_security_policy
from ostiary.protocols.http.refusals import RequestRefused
from ostiary.protocols.http.same_origin import check_csrf, check_same_origin, csrf_token
from ostiary.protocols.oidc.authorize import go_to
from ostiary.protocols.oidc.errors import log_refusal
from ostiary.protocols.oidc.rooms import LOGOUT, OidcRooms
from ostiary.protocols.texts.choice import language_of


class SignOutEndpoint:
    operations = frozenset({Operation.LOGOUT})

    def __init__(self, rooms: OidcRooms) -> None:
        self._rooms = rooms

    def on_get(self, request: Request, response: Response) -> None:
        try:
            asked = self._rooms.sign_out_requests.check(read_query(request))
            person = self._person(request)
            if person is None:
                self._go_on(request, response, asked)
            elif asked.is_about(person_id=person.person.person_id, session_id=person.session.session_id):
                self._sign_out(request, response, person, asked)
            else:
                self._ask(request, response, person, asked)
        except RequestRefused as refused:
            self._rooms.write_page(request, response, Failure(refused.status, refused.client_text))
        except SignOutUnverified as refused:
            log_refusal(request, refused)
            self._rooms.write_page(request, response, Failure(400, refused.client_text))

    def on_post(self, request: Request, response: Response) -> None:
        """Our own question's answer; or an application's form, which comes without our cookie and is asked by GET."""
        try:
            fields = read_form(request)
            asked = self._rooms.sign_out_requests.check(fields)
            if "csrf" not in fields:
                # The ID token is not put into an address, so the person is asked.
                go_to(response, f"{LOGOUT}?{urlencode(_fields_of(asked))}")
                return
            check_same_origin(request, self._rooms.trust)
            person = self._person(request)
            if person is None:
                self._go_on(request, response, asked)
                return
            check_csrf(fields["csrf"], person.session.csrf_key)
            self._sign_out(request, response, person, asked)
        except RequestRefused as refused:
            self._rooms.write_page(request, response, Failure(refused.status, refused.client_text))
        except SignOutUnverified as refused:
            log_refusal(request, refused)
            self._rooms.write_page(request, response, Failure(400, refused.client_text))

    def _person(self, request: Request) -> SignedIn | None:
        try:
            token = SESSION.read(request, self._rooms.trust)
            return self._rooms.current.signed_in(token, browser_origin(request, Door.OIDC, self._rooms.trust))
        except NotSignedIn:
            return None

    def _sign_out(self, request: Request, response: Response, person: SignedIn, asked: SignOutRequest) -> None:
        self._rooms.sessions.sign_out(person)
        SESSION.forget(request, response, self._rooms.trust)
        self._go_on(request, response, asked)

    def _go_on(self, request: Request, response: Response, asked: SignOutRequest) -> None:
        if not asked.target:
            _write_page(response, self._rooms.render("signed_out.html", language=language_of(request)))
            return
        state = urlencode({"state": asked.state}) if asked.state else ""
        separator = ("&" if "?" in asked.target else "?") if state else ""
        go_to(response, f"{asked.target}{separator}{state}")

    def _ask(self, request: Request, response: Response, person: SignedIn, asked: SignOutRequest) -> None:
        page = self._rooms.render(
            "sign_out.html",
            language=language_of(request),
            action=LOGOUT,
            csrf=csrf_token(person.session.csrf_key),
            fields=_fields_of(asked),
            application=asked.application.name if asked.application is not None else "",
            display_name=person.person.display_name,
        )
        # The form's answer leads on to the application, which browsers allow only when the page's policy names it.
        response.set_header("Content-Security-Policy", content_security_policy(_form_targets(asked.target)))
        _write_page(response, page)


def _fields_of(asked: SignOutRequest) -> dict[str, str]:
    """What a verified request said, without the ID token."""
    if asked.application is None:
        return {}
    fields = {"client_id": asked.application.client_id}
    if asked.target:
        fields["post_logout_redirect_uri"] = asked.target
    if asked.state:
        fields["state"] = asked.state
    return fields


def _form_targets(target: str) -> list[str]:
    """The origin of a registered address; of a native application's own scheme, the scheme."""
    if not target:
        return []
    parts = urlsplit(target)
    return [f"{parts.scheme}://{parts.netloc}" if parts.netloc else f"{parts.scheme}:"]


def _write_page(response: Response, page: str) -> None:
    response.content_type = "text/html; charset=utf-8"
    response.text = page
