"""What is an application? RFC 6749 section 2, RFC 8252, OpenID Connect Registration 1.0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from ostiary.kit import arn

_NOTHING: Mapping[str, str] = MappingProxyType({})


class ApplicationKind(StrEnum):
    WEB = "web"  # confidential, sends people
    NATIVE = "native"  # public: no secret, PKCE, loopback redirect with any port
    MACHINE = "machine"  # client credentials only


class ClientAuthentication(StrEnum):
    SECRET_BASIC = "client_secret_basic"  # the method's registered name
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Application:
    """`groups`: whose members may use it (empty: nobody, unless it is for `everyone`); `jwks` is a key set's JSON text.

    `scopes` are the scopes it may ask for; `audience` is the `aud` of its access tokens (its resource server).
    `policies` maps names to JSON texts of identity policies: what it may do itself at this server's own interfaces.
    `device_flow`: it may get a code that a person types elsewhere (RFC 8628). `ends_with_session`: its refresh tokens
    live no longer than the browser session that they came from. `consent`: each person is asked first.
    """

    client_id: str
    name: str
    kind: ApplicationKind
    authentication: ClientAuthentication
    owner: str
    created_at: datetime
    redirect_uris: tuple[str, ...] = ()
    post_logout_redirect_uris: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ("openid",)
    groups: tuple[str, ...] = ()
    audience: str = ""
    jwks: str = ""
    id_token_alg: str = "ES256"
    claims: tuple[str, ...] = ()
    launch_url: str = ""
    description: str = ""
    enabled: bool = True
    policies: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    everyone: bool = False
    device_flow: bool = False
    ends_with_session: bool = False
    consent: bool = False

    @property
    def public(self) -> bool:
        return self.authentication is ClientAuthentication.NONE

    @property
    def arn(self) -> str:
        return arn.application(self.client_id)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """Two may be valid at once, for overlap; only the hash is kept."""

    secret_id: str
    client_id: str
    secret_hash: bytes
    created_at: datetime
    expires_at: datetime
