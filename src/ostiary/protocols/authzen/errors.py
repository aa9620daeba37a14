"""Which wire error does each error of the house become? Authorization API 1.0, section 10.1.1; RFC 6750 section 3.

An error is a status and one sentence of text. It tells that a question was not answered, and nothing of any decision.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from falcon import Request, Response

from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.audit.errors import DomainError, FactsConflict, UnstorableText
from ostiary.domain.tokens.errors import AccessTokenInvalid
from ostiary.protocols.http.client import request_id
from ostiary.protocols.http.errors import Failure

log = logging.getLogger(__name__)

STATUSES: Mapping[type[DomainError], int] = {
    AccessTokenInvalid: 401,
    AccessDenied: 403,
    UnstorableText: 400,
    FactsConflict: 503,
}
CHALLENGE = 'Bearer realm="ostiary"'
_REQUEST_ID = "X-Request-ID"
_FIT_FOR_ECHO = re.compile(r"[\x20-\x7e]{1,256}")


def status_of(error: DomainError) -> int | None:
    return next((STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES), None)


def write_error(request: Request, response: Response, error: DomainError) -> None:
    """Raises the error again when it is not in the table: then it is not the client's."""
    status = status_of(error)
    if status is None:
        raise error
    log.info("request %s: %s: %s", request_id(request), type(error).__name__, error.operator_text)
    if isinstance(error, AccessTokenInvalid):
        response.set_header("WWW-Authenticate", f'{CHALLENGE}, error="invalid_token"')
    write_failure(request, response, Failure(status, error.client_text))


def write_failure(request: Request, response: Response, failure: Failure) -> None:
    """A `FailureWriter`, also for what no endpoint finished: wrong method, body too large, a fault of ours."""
    echo_request_id(request, response)
    response.status = failure.status
    response.content_type = "text/plain; charset=utf-8"
    response.set_header("Cache-Control", "no-store")
    response.text = failure.text


def client_request_id(request: Request) -> str:
    """The application's own id for its request; empty when it has none or one that is not fit for a header."""
    given = request.get_header(_REQUEST_ID) or ""
    return given if _FIT_FOR_ECHO.fullmatch(given) else ""


def echo_request_id(request: Request, response: Response) -> None:
    """The specification wants the application's id in the answer; the trail goes by ours and keeps both."""
    given = client_request_id(request)
    if given:
        response.set_header(_REQUEST_ID, given)
