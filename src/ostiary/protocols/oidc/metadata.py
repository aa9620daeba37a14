"""What do we tell everybody about this server? OpenID Connect Discovery 1.0, RFC 8414, RFC 7517.

The only answers that scripts of other sites may read: both are public.
"""

from __future__ import annotations

from typing import Any

import msgspec
from falcon import Request, Response

from ostiary.domain.applications.client_assertion import ALGORITHMS
from ostiary.domain.applications.scopes import EMAIL, OFFLINE_ACCESS, OPENID, PROFILE
from ostiary.domain.signin_policy.acr import OPENID_NAMES
from ostiary.domain.tokens import client_credentials, code_exchange, device_grant, refresh
from ostiary.domain.tokens.permissions import Operation
from ostiary.domain.tokens.pkce import METHOD
from ostiary.protocols.oidc.authorization_request import PROMPTS
from ostiary.protocols.oidc.rooms import (
    AUTHORIZE,
    DEVICE_AUTHORIZATION,
    INTROSPECT,
    JWKS,
    LOGOUT,
    REVOKE,
    TOKEN,
    USER_INFO,
    OidcRooms,
)

# Keys are published a day before they sign.
_CACHE = "public, max-age=900"
_CONFIDENTIAL = ["client_secret_basic", "private_key_jwt"]


class MetadataEndpoint:
    operations = frozenset({Operation.DISCOVERY})

    def __init__(self, rooms: OidcRooms) -> None:
        self._document = msgspec.json.encode(metadata(rooms.issuer))

    def on_get(self, _request: Request, response: Response) -> None:
        _publish(response, self._document)


class KeysEndpoint:
    operations = frozenset({Operation.JWKS})

    def __init__(self, rooms: OidcRooms) -> None:
        self._keys = rooms.keys

    def on_get(self, _request: Request, response: Response) -> None:
        _publish(response, msgspec.json.encode(self._keys.value.public_jwks()))


def metadata(issuer: str) -> dict[str, Any]:
    client_methods = {
        "token_endpoint_auth_methods_supported": [*_CONFIDENTIAL, "none"],
        "token_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": [*_CONFIDENTIAL, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": _CONFIDENTIAL,
        "introspection_endpoint_auth_signing_alg_values_supported": sorted(ALGORITHMS),
    }
    return {"issuer": issuer, **_endpoints(issuer), **client_methods, **_abilities()}


def _endpoints(issuer: str) -> dict[str, str]:
    return {
        "authorization_endpoint": issuer + AUTHORIZE,
        "token_endpoint": issuer + TOKEN,
        "device_authorization_endpoint": issuer + DEVICE_AUTHORIZATION,
        "userinfo_endpoint": issuer + USER_INFO,
        "revocation_endpoint": issuer + REVOKE,
        "introspection_endpoint": issuer + INTROSPECT,
        "jwks_uri": issuer + JWKS,
        "end_session_endpoint": issuer + LOGOUT,
    }


def _abilities() -> dict[str, Any]:
    """What is not said has a default in the standards, and some defaults promise what we refuse."""
    return {
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            code_exchange.GRANT_TYPE,
            refresh.GRANT_TYPE,
            client_credentials.GRANT_TYPE,
            device_grant.GRANT_TYPE,
        ],
        "code_challenge_methods_supported": [METHOD],
        "scopes_supported": [OPENID, PROFILE, EMAIL, OFFLINE_ACCESS],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "RS256"],
        "claims_supported": ["sub", "name", "preferred_username", "email", "groups", "auth_time", "amr", "acr", "sid"],
        "acr_values_supported": list(OPENID_NAMES),
        "prompt_values_supported": sorted(PROMPTS),
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }


def _publish(response: Response, document: bytes) -> None:
    response.content_type = "application/json"
    response.set_header("Access-Control-Allow-Origin", "*")
    response.set_header("Cache-Control", _CACHE)
    response.data = document
