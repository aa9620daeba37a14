"""How does this server talk to an upstream provider? RFC 6749 sections 2.3.1 and 4.1.3."""

from __future__ import annotations

import base64
from urllib.parse import quote_plus, urlencode

from ostiary.app.bounded_http import AskingFailed, BoundedHttp
from ostiary.app.issuer_keys import discovery_address, fetched
from ostiary.domain.federation.errors import IssuerUnreachable
from ostiary.domain.federation.upstream_errors import UpstreamRefused
from ostiary.kit.redaction import Secret

_OK = 200
_CLIENT_ERRORS = range(400, 500)
_MAX_SHOWN = 200


class HttpUpstream:
    def __init__(self, *, development: bool) -> None:
        self._http = BoundedHttp(development=development)

    def check_address(self, address: str) -> None:
        """Raises IssuerUnreachable."""
        try:
            self._http.check_address(address)
        except AskingFailed as failure:
            raise _unreachable(str(failure)) from failure

    def discover(self, issuer: str) -> bytes:
        """Raises IssuerUnreachable."""
        return fetched(self._http, discovery_address(issuer))

    def exchange(self, address: str, fields: dict[str, str], *, client_id: str, client_secret: Secret) -> bytes:
        """Raises IssuerUnreachable; UpstreamRefused when the provider says no."""
        # Section 2.3.1: both are form-encoded before they are joined.
        pair = f"{quote_plus(client_id)}:{quote_plus(client_secret.reveal())}"
        headers = {
            "authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "content-type": "application/x-www-form-urlencoded",
        }
        try:
            answer = self._http.post(address, headers, urlencode(fields).encode())
        except AskingFailed as failure:
            raise _unreachable(str(failure)) from failure
        if answer.status in _CLIENT_ERRORS:
            said = answer.body[:_MAX_SHOWN].decode("utf-8", "replace")
            raise UpstreamRefused(f"the token endpoint answered {answer.status}: {said}")
        if answer.status != _OK:
            raise _unreachable(f"`{address[:_MAX_SHOWN]}`: it answered {answer.status}")
        return answer.body


def _unreachable(why: str) -> IssuerUnreachable:
    return IssuerUnreachable("the provider cannot be reached", operator_text=why)
