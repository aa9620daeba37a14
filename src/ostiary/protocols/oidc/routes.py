"""Which endpoints does this door have? One row each; what an endpoint may do stands in `domain.tokens.permissions`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import falcon
from falcon import Request, Response

from ostiary.protocols.oidc import rooms as paths
from ostiary.protocols.oidc.authorize import AuthorizationEndpoint
from ostiary.protocols.oidc.client_endpoints import (
    DeviceAuthorizationEndpoint,
    IntrospectionEndpoint,
    RevocationEndpoint,
    TokenEndpoint,
)
from ostiary.protocols.oidc.errors import write_failure
from ostiary.protocols.oidc.metadata import KeysEndpoint, MetadataEndpoint
from ostiary.protocols.oidc.rooms import OidcRooms
from ostiary.protocols.oidc.sign_out import SignOutEndpoint
from ostiary.protocols.oidc.user_info import UserInfoEndpoint

__all__ = ["ENDPOINTS", "OidcRooms", "add_routes", "write_failure"]

Endpoint = (
    type[AuthorizationEndpoint]
    | type[TokenEndpoint]
    | type[DeviceAuthorizationEndpoint]
    | type[UserInfoEndpoint]
    | type[RevocationEndpoint]
    | type[IntrospectionEndpoint]
    | type[KeysEndpoint]
    | type[SignOutEndpoint]
    | type[MetadataEndpoint]
)

ENDPOINTS: Mapping[str, Endpoint] = MappingProxyType(
    {
        paths.AUTHORIZE: AuthorizationEndpoint,
        paths.TOKEN: TokenEndpoint,
        paths.DEVICE_AUTHORIZATION: DeviceAuthorizationEndpoint,
        paths.USER_INFO: UserInfoEndpoint,
        paths.REVOKE: RevocationEndpoint,
        paths.INTROSPECT: IntrospectionEndpoint,
        paths.JWKS: KeysEndpoint,
        paths.LOGOUT: SignOutEndpoint,
        paths.OPENID_CONFIGURATION: MetadataEndpoint,
        paths.SERVER_METADATA: MetadataEndpoint,
    }
)


def add_routes(app: falcon.App[Request, Response], rooms: OidcRooms) -> None:
    """Add every endpoint; the app brings the middleware of `protocols.http.headers` and the error handlers."""
    for path, endpoint in ENDPOINTS.items():
        app.add_route(path, endpoint(rooms))
