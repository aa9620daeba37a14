"""How is a value kept so that a stolen database is worth nothing?

Root key -> key-encryption keys (KEK) -> one random data key per sealed item. AES-256-GCM (NIST SP 800-38D) at
each step; HKDF-SHA256 (RFC 5869) separates the uses of the root key. A sealed item is

    version (1) | length of KEK id (1) | KEK id | nonce (12) | wrapped data key (48) | nonce (12) | ciphertext

The wrap authenticates version, KEK id and the item's identity, so an item moved to another row does not open.
The ciphertext authenticates version and identity but not the KEK id: that one arrives by the data key, which
opens only under its KEK, and a rotation of the KEK replaces the wrap alone and leaves the ciphertext as it is.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NoReturn, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12
_TAG_BYTES = 16
_WRAPPED_BYTES = KEY_BYTES + _TAG_BYTES
_VERSION = 1
_MAX_KEY_ID = 64
_TEXT_PREFIX = "ostiary-root-key-1:"
_CHECKSUM_CHARACTERS = 8


class SealError(Exception):
    """A sealed value did not open; the one text does not tell an attacker which part was wrong."""

    def __init__(self) -> None:
        super().__init__("the sealed value cannot be opened with these keys for this purpose")


@dataclass(frozen=True, slots=True, eq=False)
class Kek:
    """A key-encryption key; compared by identity, so that no key is ever compared in variable time."""

    key_id: str
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key) != KEY_BYTES:
            raise ValueError(f"a key-encryption key has {KEY_BYTES} bytes, not {len(self.key)}")
        if not (self.key_id.isascii() and self.key_id.isprintable() and 0 < len(self.key_id) <= _MAX_KEY_ID):
            raise ValueError(f"a key id is 1 to {_MAX_KEY_ID} printable ASCII characters")

    @classmethod
    def generate(cls, key_id: str) -> Self:
        return cls(key_id=key_id, key=secrets.token_bytes(KEY_BYTES))


@dataclass(frozen=True, slots=True)
class _Parts:
    key_id: str
    wrap_nonce: bytes
    wrapped_key: bytes
    body: bytes
    """Nonce and ciphertext under the data key."""


def seal(kek: Kek, plaintext: bytes, *, identity: str) -> bytes:
    """Encrypt under a fresh data key; only the same `identity` opens it again."""
    data_key = secrets.token_bytes(KEY_BYTES)
    nonce = os.urandom(_NONCE_BYTES)
    ciphertext = AESGCM(data_key).encrypt(nonce, plaintext, _body_context(identity))
    return _join(kek, data_key, body=nonce + ciphertext, identity=identity)


def kek_id_of(sealed: bytes) -> str:
    """Which KEK opens this item; says nothing about whether the item is authentic."""
    return _split(sealed).key_id


def open_sealed(keks: Mapping[str, Kek], sealed: bytes, *, identity: str) -> bytes:
    """Decrypt. Raises SealError for an unknown key, another identity, a changed or truncated item."""
    parts = _split(sealed)
    data_key = _unwrap_data_key(keks, parts, identity)
    nonce, ciphertext = parts.body[:_NONCE_BYTES], parts.body[_NONCE_BYTES:]
    return _decrypt(data_key, nonce, ciphertext, _body_context(identity))


def rewrap(keks: Mapping[str, Kek], sealed: bytes, *, identity: str, to: Kek) -> bytes:
    """The same item under another KEK; the ciphertext is neither read nor changed. Raises SealError."""
    parts = _split(sealed)
    return _join(to, _unwrap_data_key(keks, parts, identity), body=parts.body, identity=identity)


@dataclass(frozen=True, slots=True)
class Keyring:
    """The unwrapped KEKs of a running server: all open, `current` seals."""

    keks: Mapping[str, Kek] = field(repr=False)
    current: Kek

    def __post_init__(self) -> None:
        if self.keks.get(self.current.key_id) is not self.current:
            raise ValueError("the current key-encryption key is not in the keyring")
        if any(key_id != kek.key_id for key_id, kek in self.keks.items()):
            raise ValueError("a key-encryption key stands under another key's id")

    def seal(self, plaintext: bytes, *, identity: str) -> bytes:
        return seal(self.current, plaintext, identity=identity)

    def open(self, sealed: bytes, *, identity: str) -> bytes:
        return open_sealed(self.keks, sealed, identity=identity)


class RootKey:
    """The one secret outside the database. It wraps KEKs and derives keys by purpose; it encrypts nothing else."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a root key has {KEY_BYTES} bytes, not {len(key)}")
        self._key = key

    @classmethod
    def generate(cls) -> Self:
        return cls(secrets.token_bytes(KEY_BYTES))

    def derive(self, purpose: str) -> bytes:
        """A key of 32 bytes for one named purpose; it tells nothing about the root key or other purposes."""
        return self._expand(b"ostiary purpose\x00", purpose)

    def wrap(self, kek: Kek) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + AESGCM(self._wrapping_key()).encrypt(nonce, kek.key, _root_context(kek.key_id))

    def unwrap(self, key_id: str, wrapped: bytes) -> Kek:
        """Raises SealError for another root key, another key id, or changed bytes."""
        if len(wrapped) != _NONCE_BYTES + _WRAPPED_BYTES:
            raise SealError
        nonce, ciphertext = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        return Kek(key_id=key_id, key=_decrypt(self._wrapping_key(), nonce, ciphertext, _root_context(key_id)))

    def to_text(self) -> str:
        """The form for a file or an environment variable; this is the secret itself."""
        body = base64.urlsafe_b64encode(self._key).decode("ascii").rstrip("=")
        return f"{_TEXT_PREFIX}{body}:{_checksum(self._key)}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Raises ValueError, with a text that never repeats the key."""
        body, _, checksum = text.strip().removeprefix(_TEXT_PREFIX).partition(":")
        try:
            key = base64.b64decode(body + "=", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not text.strip().startswith(_TEXT_PREFIX) or len(key) != KEY_BYTES:
            raise ValueError(f"this is not a root key, which begins with `{_TEXT_PREFIX}`; restore it from its backup")
        if not secrets.compare_digest(_checksum(key).encode(), checksum.encode()):
            raise ValueError("the root key is damaged: its checksum does not hold; restore it from its backup")
        return cls(key)

    def __repr__(self) -> str:
        return "RootKey([redacted])"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a root key cannot be pickled")

    def _wrapping_key(self) -> bytes:
        return self._expand(b"ostiary wrap\x00", "key-encryption keys")

    def _expand(self, label: bytes, purpose: str) -> bytes:
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=label + purpose.encode()).derive(self._key)


def _join(kek: Kek, data_key: bytes, *, body: bytes, identity: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    wrapped = AESGCM(kek.key).encrypt(nonce, data_key, _wrap_context(kek.key_id, identity))
    key_id = kek.key_id.encode("ascii")
    return bytes((_VERSION, len(key_id))) + key_id + nonce + wrapped + body


def _split(sealed: bytes) -> _Parts:
    if len(sealed) < 2 or sealed[0] != _VERSION:  # noqa: PLR2004 - version and length come before anything else
        raise SealError
    at_nonce = 2 + sealed[1]
    at_wrapped = at_nonce + _NONCE_BYTES
    at_body = at_wrapped + _WRAPPED_BYTES
    if len(sealed) < at_body + _NONCE_BYTES + _TAG_BYTES:
        raise SealError
    try:
        key_id = sealed[2:at_nonce].decode("ascii")
    except UnicodeDecodeError:
        raise SealError from None
    return _Parts(key_id, sealed[at_nonce:at_wrapped], sealed[at_wrapped:at_body], sealed[at_body:])


def _unwrap_data_key(keks: Mapping[str, Kek], parts: _Parts, identity: str) -> bytes:
    kek = keks.get(parts.key_id)
    if kek is None:
        raise SealError
    return _decrypt(kek.key, parts.wrap_nonce, parts.wrapped_key, _wrap_context(parts.key_id, identity))


def _decrypt(key: bytes, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, context)
    except InvalidTag:
        raise SealError from None


def _wrap_context(key_id: str, identity: str) -> bytes:
    # The length in front keeps (key id, identity) unambiguous.
    return b"ostiary data key\x00" + bytes((_VERSION, len(key_id))) + key_id.encode("ascii") + _encoded(identity)


def _body_context(identity: str) -> bytes:
    return b"ostiary item\x00" + bytes((_VERSION,)) + _encoded(identity)


def _root_context(key_id: str) -> bytes:
    return b"ostiary key-encryption key\x00" + bytes((_VERSION,)) + _encoded(key_id)


def _encoded(identity: str) -> bytes:
    try:
        return identity.encode()
    except UnicodeEncodeError:
        raise SealError from None


def _checksum(key: bytes) -> str:
    return sha256(b"ostiary root key checksum\x00" + key).hexdigest()[:_CHECKSUM_CHARACTERS]
