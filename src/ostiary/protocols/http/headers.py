"""Which headers does every answer carry? CSP Level 3, Fetch, RFC 6797 (HSTS), RFC 9111 (caching).

A handler that sets one of them itself is left alone; what it does not set is as strict as it gets.
"""

from __future__ import annotations

from collections.abc import Iterable

from falcon import Request, Response

from ostiary.kit import ids
from ostiary.protocols.http.client import HostRules, ProxyTrust, check_host, external_scheme, request_id

_HSTS = "max-age=63072000; includeSubDomains"


def content_security_policy(form_targets: Iterable[str] = ()) -> str:
    """`form_targets` are origins that a form's answer may redirect to: browsers hold redirects to `form-action`."""
    targets = " ".join(("'self'", *form_targets))
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action {targets}; base-uri 'none'; frame-ancestors 'none'"
    )


# Names as Falcon keeps them.
_DEFAULTS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": content_security_policy(),
}


class RequestIds:
    """Falcon middleware: every request has our own id from the beginning; it must stand first."""

    def process_request(self, request: Request, response: Response) -> None:
        request.context.request_id = ids.uuid7()
        response.set_header("X-Request-Id", request_id(request))


class SecurityHeaders:
    """Falcon middleware: the strict headers on every answer, also on errors."""

    def __init__(self, trust: ProxyTrust) -> None:
        self._trust = trust

    def process_response(self, request: Request, response: Response, _resource: object, _succeeded: bool) -> None:  # noqa: FBT001 - Falcon's signature
        given = response.headers
        response.set_headers([(name, value) for name, value in _DEFAULTS.items() if name not in given])
        if given.get("content-type", "").startswith("text/html"):
            response.append_header("Vary", "Accept-Language")  # RFC 9110 section 12.5.5: pages speak several languages
        if external_scheme(request, self._trust) == "https":
            response.set_header("Strict-Transport-Security", _HSTS)


class HostCheck:
    """Falcon middleware: refuse names that are not ours, except where a machine asks by address (health, metrics)."""

    def __init__(self, trust: ProxyTrust, rules: HostRules, *, exempt: frozenset[str] = frozenset()) -> None:
        self._trust = trust
        self._rules = rules
        self._exempt = exempt

    def process_request(self, request: Request, _response: Response) -> None:
        if request.path not in self._exempt:
            check_host(request, self._trust, self._rules)
