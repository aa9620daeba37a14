"""What does an application learn with its access token? OpenID Connect Core 1.0 section 5.3, RFC 6750."""

from __future__ import annotations

from falcon import Request, Response

from ostiary.domain.audit.caller import Door
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.tokens.errors import AccessTokenInvalid
from ostiary.domain.tokens.permissions import Operation
from ostiary.protocols.http.client import origin_of
from ostiary.protocols.oidc.errors import write_error, write_json
from ostiary.protocols.oidc.rooms import OidcRooms

_UNAUTHORIZED = 401


class UserInfoEndpoint:
    """The token comes in the header only: in a form or an address it would end in logs (RFC 6750 section 2.3)."""

    operations = frozenset({Operation.USER_INFO})

    def __init__(self, rooms: OidcRooms) -> None:
        self._rooms = rooms

    def on_get(self, request: Request, response: Response) -> None:
        authorization = request.get_header("Authorization")
        if authorization is None:
            # RFC 6750 section 3.1: who brought nothing is told how, and no error.
            response.status = _UNAUTHORIZED
            response.set_header("WWW-Authenticate", 'Bearer realm="ostiary"')
            return
        try:
            origin = origin_of(request, Door.OIDC, self._rooms.trust)
            write_json(response, self._rooms.user_info.claims(_bearer(authorization), origin))
        except DomainError as error:
            write_error(request, response, error)

    def on_post(self, request: Request, response: Response) -> None:
        self.on_get(request, response)


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AccessTokenInvalid("the Authorization header is not of the scheme Bearer")
    return token.strip()
