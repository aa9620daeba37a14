"""How does a temporary credential live without a row?

Design section 4, "Temporary credentials are stateless". The session token is the sealed session itself (AES-256-GCM):

    prefix + base64url( version (1) | length of kid (1) | kid | nonce (12) | ciphertext )

The access key id is derived from the token, and the secret access key from both under the key that sealed it: the three
belong together and any node can tell. Keys rotate; a random nonce is good for 2**32 tokens under one key (NIST
SP 800-38D section 8.3), so a key must be replaced before it has sealed that many.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PREFIX = "ostiary-session-1."
KEY_BYTES = 32
MAX_TOKEN = 16_384
_VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_MAX_KID = 64
_SECRET_BYTES = 30
_ID_CHARACTERS = 16
_HEAD_CHARACTERS = 88  # a whole number of base64 groups, at least as long as the longest kid
_AAD_DOMAIN = b"ostiary session token\x00"


class TokenError(Exception):
    """A session token, or an access key id beside it, is not one that this server made."""

    def __init__(self) -> None:
        super().__init__("the session token included in the request is invalid")


class PayloadTooLargeError(Exception):
    """The session says more than a token can carry."""


@dataclass(frozen=True, slots=True)
class _Derived:
    """Two keys from one, so that sealing and signing never share one."""

    aead: AESGCM
    secret_key: bytes


@dataclass(frozen=True, slots=True, eq=False)
class SessionTokenKeys:
    """All keys open; the one named `current` seals. `keys`: 32 bytes each, by kid."""

    keys: Mapping[str, bytes] = field(repr=False)
    current: str
    _derived: dict[str, _Derived] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.current not in self.keys:
            raise ValueError("the current session token key is not among the keys")
        for kid, key in self.keys.items():
            if len(key) != KEY_BYTES or not (kid.isascii() and kid.isprintable() and 0 < len(kid) <= _MAX_KID):
                raise ValueError(f"a session token key has {KEY_BYTES} bytes and a short printable kid")
        object.__setattr__(self, "_derived", {kid: _derive(key) for kid, key in self.keys.items()})

    def find(self, kid: str) -> _Derived:
        derived = self._derived.get(kid)
        if derived is None:
            raise TokenError
        return derived


def seal_token(keys: SessionTokenKeys, payload: bytes) -> str:
    """The session token that holds `payload`. Raises PayloadTooLargeError when it would never open again."""
    header = bytes((_VERSION, len(keys.current))) + keys.current.encode("ascii")
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = keys.find(keys.current).aead.encrypt(nonce, payload, _AAD_DOMAIN + header)
    token = PREFIX + base64.urlsafe_b64encode(header + nonce + ciphertext).rstrip(b"=").decode("ascii")
    if len(token) > MAX_TOKEN:
        raise PayloadTooLargeError(f"the session's tags and policies make a token of more than {MAX_TOKEN} characters")
    return token


def open_token(keys: SessionTokenKeys, token: str) -> bytes:
    """The payload. Raises TokenError for anything but a token that one of `keys` sealed, unchanged."""
    raw = _decode(token)
    kid, at_nonce = _kid(raw)
    at_ciphertext = at_nonce + _NONCE_BYTES
    if len(raw) < at_ciphertext + _TAG_BYTES:
        raise TokenError
    try:
        return keys.find(kid).aead.decrypt(
            raw[at_nonce:at_ciphertext], raw[at_ciphertext:], _AAD_DOMAIN + raw[:at_nonce]
        )
    except InvalidTag:
        raise TokenError from None


def derive_access_key_id(token: str) -> str:
    """`ASIA` and 16 characters of base32, from the token's hash."""
    return "ASIA" + base64.b32encode(_digest(token)[:10]).decode("ascii")[:_ID_CHARACTERS]


def derive_secret_access_key(keys: SessionTokenKeys, token: str) -> str:
    """40 characters that only a holder of the sealing key can compute. Raises TokenError for an unknown kid.

    ORDER: `open_token` first: for a token that does not open, this would be a key that nobody was given.
    """
    kid, _ = _kid(_decode_head(token))
    # The access key id is the first part of this digest, so the secret is bound to it as well.
    message = b"ostiary secret access key\x00" + _digest(token)
    # 30 bytes are 40 characters of base64 without padding: the form that AWS tools expect.
    return base64.b64encode(hmac.digest(keys.find(kid).secret_key, message, "sha256")[:_SECRET_BYTES]).decode("ascii")


def check_access_key_id(token: str, access_key_id: str) -> None:
    """Raise TokenError unless the access key id belongs to this token: a swapped token is refused."""
    if not secrets.compare_digest(derive_access_key_id(token).encode("ascii"), _octets(access_key_id)):
        raise TokenError


def _derive(key: bytes) -> _Derived:
    return _Derived(
        aead=AESGCM(hmac.digest(key, b"ostiary session token seal", "sha256")),
        secret_key=hmac.digest(key, b"ostiary session token secret access key", "sha256"),
    )


def _decode(token: str) -> bytes:
    """INVARIANT: one token has one spelling; id and secret hang on the text."""
    if len(token) > MAX_TOKEN or not token.startswith(PREFIX):
        raise TokenError
    body = token[len(PREFIX) :]
    try:
        raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        raise TokenError from None
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") != body:
        raise TokenError
    return raw


def _decode_head(token: str) -> bytes:
    """As much as can hold the kid; the rest was checked when the token was opened."""
    return _decode(token[: len(PREFIX) + _HEAD_CHARACTERS])


def _digest(token: str) -> bytes:
    return sha256(b"ostiary access key id\x00" + _octets(token)).digest()


def _kid(raw: bytes) -> tuple[str, int]:
    """The key id and where it ends."""
    if len(raw) < 2 or raw[0] != _VERSION or len(raw) < 2 + raw[1]:  # noqa: PLR2004 - version and length come first
        raise TokenError
    end = 2 + raw[1]
    try:
        return raw[2:end].decode("ascii"), end
    except UnicodeDecodeError:
        raise TokenError from None


def _octets(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
