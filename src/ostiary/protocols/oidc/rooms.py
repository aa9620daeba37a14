"""Which services does this door need, and where are its endpoints?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ostiary.domain.account.own_sessions import OwnSessions
from ostiary.domain.applications.client_authentication import ClientAuthenticator
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.tokens.authorization import Authorization
from ostiary.domain.tokens.device_authorization import DeviceAuthorizations
from ostiary.domain.tokens.introspection import TokenIntrospection
from ostiary.domain.tokens.issuing import TokenIssuer
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.revocation import TokenRevocation
from ostiary.domain.tokens.sign_out import SignOutRequests
from ostiary.domain.tokens.user_info import UserInfo
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.http.errors import FailureWriter

AUTHORIZE = "/oauth2/authorize"
DEVICE_AUTHORIZATION = "/oauth2/device_authorization"
TOKEN = "/oauth2/token"  # noqa: S105 - a path
USER_INFO = "/oauth2/userinfo"
REVOKE = "/oauth2/revoke"
INTROSPECT = "/oauth2/introspect"
JWKS = "/oauth2/jwks"
LOGOUT = "/oauth2/logout"
OPENID_CONFIGURATION = "/.well-known/openid-configuration"
SERVER_METADATA = "/.well-known/oauth-authorization-server"


def assertion_audiences(issuer: str) -> frozenset[str]:
    """What a client assertion may be meant for (RFC 7523 section 3): us, or our token endpoint."""
    return frozenset({issuer, issuer + TOKEN})


class PageRenderer(Protocol):
    """A template by name, with what all pages need filled in: `sign_out.html` and `signed_out.html`."""

    def __call__(self, name: str, /, *, language: str = ..., **context: object) -> str: ...


@dataclass(frozen=True, slots=True)
class OidcRooms:
    """`issuer` is scheme and host; `write_page` writes a failure as a page for the person in the browser."""

    issuer: str
    trust: ProxyTrust
    clock: Clock
    keys: Current[ServerKeys]
    own_keys: OwnKeys
    applications: Current[ApplicationIndex]
    authenticator: ClientAuthenticator
    authorization: Authorization
    device_authorizations: DeviceAuthorizations
    token_issuer: TokenIssuer
    revocation: TokenRevocation
    introspection: TokenIntrospection
    user_info: UserInfo
    sign_out_requests: SignOutRequests
    current: CurrentPerson
    sessions: OwnSessions
    render: PageRenderer
    write_page: FailureWriter
