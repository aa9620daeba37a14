"""How does a browser carry what proves its session? RFC 6265bis.

`__Host-` binds a cookie to exactly this host over TLS, so that no neighbouring name can plant one. Over plain HTTP on
loopback the prefix is impossible; there the name has none. A request with the same cookie twice is refused: one of
the two was tossed in by somebody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from http.cookies import Morsel

from falcon import Request, Response

from ostiary.kit.texts import Text
from ostiary.protocols.http.client import ProxyTrust, external_scheme
from ostiary.protocols.http.refusals import MalformedRequest

_PREFIX = "__Host-"
_MAX_VALUE = 4096


@dataclass(frozen=True, slots=True)
class Cookie:
    """`bare_name` without prefix; Path=/, HttpOnly and SameSite=Lax hold for all of ours.

    `seconds`: how long the browser keeps it; None: until the browser's own session ends.
    """

    bare_name: str
    seconds: int | None = None

    def name(self, *, secure: bool) -> str:
        return _PREFIX + self.bare_name if secure else self.bare_name

    def read(self, request: Request, trust: ProxyTrust) -> str | None:
        """None when absent or empty. Raises MalformedRequest when it is there twice."""
        name = self.name(secure=external_scheme(request, trust) == "https")
        values = _values_of(request.get_header("Cookie") or "", name)
        if len(values) > 1:
            raise MalformedRequest(
                Text("the cookie `{name}` was sent more than once: clear this site's cookies", name=name)
            )
        return values[0] if values and values[0] and len(values[0]) <= _MAX_VALUE else None

    def write(self, request: Request, response: Response, value: str, trust: ProxyTrust) -> None:
        """What it stands for also ends on the server, by limits of its own."""
        self._set(request, response, value, trust, max_age=self.seconds)

    def forget(self, request: Request, response: Response, trust: ProxyTrust) -> None:
        self._set(request, response, "", trust, max_age=0)

    def _set(self, request: Request, response: Response, value: str, trust: ProxyTrust, *, max_age: int | None) -> None:
        secure = external_scheme(request, trust) == "https"
        morsel: Morsel[str] = Morsel()
        morsel.set(self.name(secure=secure), value, value)
        morsel.update({"path": "/", "samesite": "Lax"})
        morsel["httponly"] = True
        if secure:
            morsel["secure"] = True
        if max_age is not None:
            morsel["max-age"] = max_age
        response.append_header("Set-Cookie", morsel.OutputString())


SESSION = Cookie("ostiary_session")
FORM = Cookie("ostiary_form")
DEVICE = Cookie("ostiary_device", seconds=365 * 24 * 60 * 60)


def _values_of(header: str, name: str) -> list[str]:
    """Only `;` separates: a comma inside a neighbour's cookie must not begin one of ours."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return [value.strip() for key, _, value in pairs if key.strip() == name]
