"""How does a request say which application it is from? RFC 6749 section 2.3.1, RFC 7523 section 2.2.

Exactly one way per request: two could name two clients, and different parts of a system would believe different ones.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from urllib.parse import unquote_to_bytes

from ostiary.domain.applications.client_assertion import ASSERTION_TYPE
from ostiary.domain.applications.client_authentication import PresentedProof
from ostiary.domain.applications.model import ClientAuthentication
from ostiary.domain.tokens.errors import InvalidTokenRequest
from ostiary.kit.redaction import Secret


def read_proof(authorization: str | None, fields: Mapping[str, str]) -> PresentedProof:
    """Raises InvalidTokenRequest for no way, two ways, or one that cannot be read."""
    if fields.get("client_secret"):
        # A secret in the body ends in the logs of whoever logs forms; client_secret_post is not offered.
        raise InvalidTokenRequest("send the client secret in the Authorization header: client_secret_basic")
    has_assertion = bool(fields.get("client_assertion") or fields.get("client_assertion_type"))
    if authorization is None:
        return _assertion(fields) if has_assertion else _public(fields)
    if has_assertion:
        raise InvalidTokenRequest("use one method of client authentication, not two")
    return _basic(authorization, fields)


def _basic(authorization: str, fields: Mapping[str, str]) -> PresentedProof:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        raise InvalidTokenRequest("the Authorization header must be of the scheme Basic")
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).partition(b":")
        client_id, secret = _form_decoded(user), _form_decoded(password)
    except (binascii.Error, ValueError):
        raise InvalidTokenRequest("the Authorization header cannot be read: encode it as RFC 6749 says") from None
    if not colon or not client_id:
        raise InvalidTokenRequest("the Authorization header must hold client id, colon and secret")
    if fields.get("client_id", client_id) != client_id:
        raise InvalidTokenRequest("`client_id` and the Authorization header name two clients")
    return PresentedProof(ClientAuthentication.SECRET_BASIC, client_id, Secret(secret))


def _assertion(fields: Mapping[str, str]) -> PresentedProof:
    if fields.get("client_assertion_type") != ASSERTION_TYPE or not fields.get("client_assertion"):
        raise InvalidTokenRequest(f"a client assertion needs client_assertion_type={ASSERTION_TYPE}")
    assertion = Secret(fields["client_assertion"])
    return PresentedProof(ClientAuthentication.PRIVATE_KEY_JWT, fields.get("client_id", ""), assertion)


def _public(fields: Mapping[str, str]) -> PresentedProof:
    client_id = fields.get("client_id", "")
    if not client_id:
        raise InvalidTokenRequest("the request does not say which application it is from")
    return PresentedProof(ClientAuthentication.NONE, client_id)


def _form_decoded(raw: bytes) -> str:
    """Raises ValueError for what is not UTF-8."""
    return unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
