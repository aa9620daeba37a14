"""Did our own page send this form? Fetch Metadata (`Sec-Fetch-Site`), `Origin` (RFC 6454), and a token per session.

Either alone would do in a browser that works; both are asked, so that one that fails open is not enough.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from falcon import Request, Response

from ostiary.kit import ids
from ostiary.kit.texts import Text
from ostiary.protocols.http.client import ProxyTrust, external_origin
from ostiary.protocols.http.cookies import FORM
from ostiary.protocols.http.refusals import CrossSiteRequest

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE = frozenset({"same-origin", "none"})


def check_same_origin(request: Request, trust: ProxyTrust) -> None:
    """Raises CrossSiteRequest for a changing request without proof that our own page sent it; after `check_host`."""
    if request.method in _SAFE:
        return
    site = request.get_header("Sec-Fetch-Site")
    origin = request.get_header("Origin")
    if site is None and origin is None:
        raise CrossSiteRequest(Text("the browser did not say which page sent this form: use a current browser"))
    if site is not None and site not in _OWN_SITE:
        raise CrossSiteRequest(Text("another site sent this form"))
    if origin is not None and origin != external_origin(request, trust):
        raise CrossSiteRequest(Text("another site sent this form"))


def csrf_token(key: bytes) -> str:
    """The hidden field of every form of the session that holds `key`."""
    return hmac.new(key, b"ostiary form", sha256).hexdigest()


def check_csrf(given: str | None, key: bytes) -> None:
    """Raises CrossSiteRequest; the comparison is constant-time."""
    if given is None or not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), csrf_token(key).encode()):
        raise CrossSiteRequest(
            Text("this form is too old or was not made for this browser: go back, reload and try again")
        )


def form_key(request: Request, trust: ProxyTrust) -> bytes | None:
    """Before there is a session, a cookie of its own binds a form to its browser (login CSRF)."""
    value = FORM.read(request, trust)
    return value.encode() if value is not None else None


def form_key_or_new(request: Request, response: Response, trust: ProxyTrust) -> bytes:
    key = form_key(request, trust)
    if key is not None:
        return key
    fresh = ids.random_bytes(32).hex()
    FORM.write(request, response, fresh, trust)
    return fresh.encode()
