"""Which page does each error become? One table; what is not in it is a bug of ours and says nothing."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from falcon import Request, Response

from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.account.errors import (
    FactorNotAllowed,
    LastFactor,
    PasswordExists,
    PasswordWrong,
    PendingFactorGone,
    TooManyFactors,
    UnknownApplication,
    UnknownFactor,
)
from ostiary.domain.audit.errors import DomainError, FactsConflict, UnstorableText
from ostiary.domain.credentials.errors import (
    EnrolmentLinkInvalid,
    InvalidFactorName,
    LinkInvalid,
    PasswordUnacceptable,
    PasswordUncheckable,
    Throttled,
    TooBusy,
)
from ostiary.domain.credentials.passkey_errors import PasskeyRefused, PasskeysUnavailable, PasskeyUnacceptable
from ostiary.domain.federation.upstream_errors import UnknownUpstream, UpstreamRefused, UpstreamUnavailable
from ostiary.domain.recovery.errors import (
    AlreadyRegistered,
    DeletionRefused,
    HelpInvalid,
    HelpRefused,
    RegistrationInvalid,
    RegistrationUnavailable,
    RequestNotOpen,
    TermsChanged,
)
from ostiary.domain.sessions.errors import InvalidSessionRequest, SessionRevoked, SessionTooLarge
from ostiary.domain.signin.errors import (
    CodeRefused,
    ConfirmationRefused,
    NotSignedIn,
    PasswordsDiffer,
    SignInRefused,
    TermsOutstanding,
    UnknownSession,
)
from ostiary.domain.tokens.errors import ApplicationForbidden, ConsentRefused, DeviceCodeUnknown, ProofNeeded
from ostiary.kit.texts import Text
from ostiary.protocols.http.client import request_id
from ostiary.protocols.http.errors import Failure, FailureWriter, write_plain
from ostiary.protocols.http.return_to import DEVICE_PAGE, confirm_path, sign_in_path, terms_path
from ostiary.protocols.texts.catalogue import say
from ostiary.protocols.texts.choice import LANGUAGES, language_of
from ostiary.protocols.web import pages
from ostiary.protocols.web.rooms import WebRooms

log = logging.getLogger(__name__)

STATUSES: Mapping[type[DomainError], int] = {
    AccessDenied: 403,
    AlreadyRegistered: 409,
    ApplicationForbidden: 403,
    CodeRefused: 400,
    ConfirmationRefused: 400,
    ConsentRefused: 400,
    DeletionRefused: 400,
    DeviceCodeUnknown: 404,
    EnrolmentLinkInvalid: 410,
    FactorNotAllowed: 403,
    FactsConflict: 409,
    HelpInvalid: 400,
    HelpRefused: 403,
    InvalidFactorName: 400,
    InvalidSessionRequest: 400,
    LastFactor: 409,
    LinkInvalid: 410,
    NotSignedIn: 303,
    PasswordExists: 409,
    PasskeyRefused: 400,
    PasskeyUnacceptable: 400,
    PasskeysUnavailable: 404,
    PasswordUnacceptable: 400,
    PasswordUncheckable: 503,
    PasswordWrong: 400,
    PasswordsDiffer: 400,
    PendingFactorGone: 410,
    ProofNeeded: 303,
    RegistrationInvalid: 400,
    RegistrationUnavailable: 404,
    RequestNotOpen: 409,
    SessionRevoked: 303,
    SessionTooLarge: 400,
    SignInRefused: 400,
    TermsChanged: 409,
    TermsOutstanding: 303,
    Throttled: 429,
    TooBusy: 503,
    TooManyFactors: 409,
    UnknownApplication: 404,
    UnknownFactor: 404,
    UnknownSession: 404,
    UnknownUpstream: 404,
    UnstorableText: 400,
    UpstreamRefused: 400,
    UpstreamUnavailable: 503,
}
_TITLES = {
    400: Text("This cannot be done"),
    403: Text("This is not open to you"),
    404: Text("There is nothing here"),
    405: Text("This is not possible here"),
    409: Text("This cannot be done"),
    410: Text("This is over"),
    500: Text("Something went wrong"),
    503: Text("Please try again shortly"),
}

_UNSPOKEN = Text("The reason is given in English:")


def write_domain_error(rooms: WebRooms, request: Request, response: Response, error: DomainError) -> None:
    """Raises the error again when it is not in the table: then it is not the visitor's."""
    status = next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), None)
    if status is None:
        raise error
    log.info("request %s: %s", request_id(request), error.operator_text)
    match error:
        case TermsOutstanding():
            response.status = 303
            response.location = terms_path(request.relative_uri if request.method == "GET" else "")
        case NotSignedIn() | SessionRevoked():
            response.status = 303
            response.location = sign_in_path(request.relative_uri if request.method == "GET" else "")
        case ProofNeeded():
            back = request.relative_uri if request.method == "GET" else DEVICE_PAGE
            response.status = 303
            response.location = confirm_path(back, error.level.value)
        case Throttled():
            response.set_header("Retry-After", str(error.retry_after))
            _write(response, status, _render(rooms, request, "throttled.html", retry_after_seconds=error.retry_after))
        case LinkInvalid():
            _write(response, status, _render(rooms, request, "one_time_link_invalid.html"))
        case EnrolmentLinkInvalid():
            _write(response, status, _render(rooms, request, "link_invalid.html"))
        case _:
            write_failure(rooms, request, response, Failure(status, error.client_text))


def failure_writer(rooms: WebRooms) -> FailureWriter:
    """For the handlers that catch what no page caught."""

    def write(request: Request, response: Response, failure: Failure) -> None:
        try:
            write_failure(rooms, request, response, failure)
        except Exception:
            # The page itself needs what may be broken; the answer must not.
            log.exception("request %s: the error page failed", request_id(request))
            write_plain(request, response, failure)

    return write


def write_failure(rooms: WebRooms, request: Request, response: Response, failure: Failure) -> None:
    language = language_of(request)
    title = say(_TITLES.get(failure.status, failure.phrase), language)
    said = say(failure.text, language)
    spoken = language == LANGUAGES[0] or said != failure.text
    # What only operators and programs are told in English: the page says so much in her language, and that beside it.
    message = sentence(said) if spoken else say(_UNSPOKEN, language)
    detail = None if spoken else sentence(said)
    page = _render(
        rooms, request, "error.html", title=title, message=message, detail=detail, request_id=request_id(request)
    )
    _write(response, failure.status, page)


def sentence(text: str) -> str:
    """Error texts have no capital and no full stop; on a page they do."""
    return f"{text[:1].upper()}{text[1:]}."


def _render(rooms: WebRooms, request: Request, template: str, **context: object) -> str:
    common: dict[str, object] = {"organization": rooms.organization(), "development": rooms.development, "csrf": ""}
    return pages.render(template, language=language_of(request), **(common | context))


def _write(response: Response, status: int, page: str) -> None:
    response.status = status
    response.content_type = "text/html; charset=utf-8"
    response.text = page
