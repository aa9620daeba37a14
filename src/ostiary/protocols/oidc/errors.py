"""Which wire error does each error of the house become? RFC 6749 sections 4.1.2.1 and 5.2, RFC 6750, RFC 8628, OIDC.

One table. The client sees the code and the client's text; the operator's text goes to the log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from falcon import Request, Response

from ostiary.domain.applications.errors import ClientRefused
from ostiary.domain.audit.errors import DomainError, FactsConflict, UnstorableText
from ostiary.domain.credentials.errors import Throttled
from ostiary.domain.tokens import errors
from ostiary.protocols.http.client import request_id
from ostiary.protocols.http.errors import Failure

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WireError:
    code: str
    status: int = 400


ERRORS: Mapping[type[DomainError], WireError] = {
    ClientRefused: WireError("invalid_client", 401),
    Throttled: WireError("temporarily_unavailable", 429),
    UnstorableText: WireError("invalid_request"),
    FactsConflict: WireError("temporarily_unavailable", 503),
    errors.InvalidTokenRequest: WireError("invalid_request"),
    errors.InvalidGrant: WireError("invalid_grant"),
    errors.InvalidScope: WireError("invalid_scope"),
    errors.InvalidTarget: WireError("invalid_target"),
    errors.UnauthorizedClient: WireError("unauthorized_client"),
    errors.UnsupportedGrantType: WireError("unsupported_grant_type"),
    errors.AuthorizationPending: WireError("authorization_pending"),
    errors.SlowDown: WireError("slow_down"),
    errors.DeviceCodeExpired: WireError("expired_token"),
    errors.DeviceDenied: WireError("access_denied"),
    errors.DeviceCodeUnknown: WireError("invalid_grant"),
    errors.InvalidAuthorizationRequest: WireError("invalid_request"),
    errors.UnsupportedResponseType: WireError("unsupported_response_type"),
    errors.InvalidAuthorizationScope: WireError("invalid_scope"),
    errors.InvalidAuthorizationTarget: WireError("invalid_target"),
    errors.RequestNotSupported: WireError("request_not_supported"),
    errors.RequestUriNotSupported: WireError("request_uri_not_supported"),
    errors.RegistrationNotSupported: WireError("registration_not_supported"),
    errors.LoginRequired: WireError("login_required"),
    # OpenID Connect Core Error Code unmet_authentication_requirements 1.0
    errors.ProofNeeded: WireError("unmet_authentication_requirements"),
    errors.ConsentNeeded: WireError("consent_required"),
    errors.ConsentRefused: WireError("access_denied"),
    errors.ApplicationForbidden: WireError("access_denied"),
    errors.ClientUnverified: WireError("invalid_request"),
    errors.SignOutUnverified: WireError("invalid_request"),
    errors.AccessTokenInvalid: WireError("invalid_token", 401),
    errors.ScopeInsufficient: WireError("insufficient_scope", 403),
}
_BASIC = 'Basic realm="ostiary", charset="UTF-8"'
_NOT_DESCRIBABLE = re.compile(r"[^\x20\x21\x23-\x5b\x5d-\x7e]")
_MAX_DESCRIPTION = 300
_BEARER = {"invalid_token", "insufficient_scope"}
_INTERNAL = 500
_encoder = msgspec.json.Encoder()


def wire_error(error: DomainError) -> WireError | None:
    return next((ERRORS[kind] for kind in type(error).__mro__ if kind in ERRORS), None)


def write_error(request: Request, response: Response, error: DomainError) -> None:
    """As JSON. Raises the error again when it is not in the table: then it is not the client's."""
    wire = wire_error(error)
    if wire is None:
        raise error
    log_refusal(request, error)
    _write(response, wire, error.client_text)
    if isinstance(error, Throttled):
        response.set_header("Retry-After", str(error.retry_after))
    if wire.code in _BEARER:
        scope = ', scope="openid"' if wire.code == "insufficient_scope" else ""
        response.set_header("WWW-Authenticate", f'Bearer realm="ostiary", error="{wire.code}"{scope}')
    elif wire.status == 401:  # noqa: PLR2004 - Unauthorized, which names how one may authenticate
        response.set_header("WWW-Authenticate", _BASIC)


def write_failure(request: Request, response: Response, failure: Failure) -> None:  # noqa: ARG001 - a FailureWriter
    """What no endpoint finished: no such path, wrong method, a body that cannot be read, a fault of ours."""
    code = "server_error" if failure.status >= _INTERNAL else "invalid_request"
    _write(response, WireError(code, failure.status), failure.text)


def write_json(response: Response, answer: Mapping[str, object]) -> None:
    response.content_type = "application/json"
    response.set_header("Cache-Control", "no-store")
    response.data = _encoder.encode(answer)


def describable(text: str) -> str:
    """Only what RFC 6749 allows in `error_description`: printable ASCII without quote and backslash."""
    return _NOT_DESCRIBABLE.sub("?", text)[:_MAX_DESCRIPTION]


def log_refusal(request: Request, error: DomainError) -> None:
    log.info("request %s: %s: %s", request_id(request), type(error).__name__, error.operator_text)


def _write(response: Response, wire: WireError, text: str) -> None:
    response.status = wire.status
    write_json(response, {"error": wire.code, "error_description": describable(text)})
