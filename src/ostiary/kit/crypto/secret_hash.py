"""How is a secret kept that the server itself made, and only ever compares?

Such secrets (client secrets, refresh tokens, codes, session cookies) have at least 128 random bits, so one SHA-256
cannot be searched through; what people choose goes to `passwords`.
"""

from __future__ import annotations

from hashlib import sha256
from hmac import compare_digest

_DOMAIN = b"ostiary secret hash 1\x00"


def hash_secret(text: str) -> bytes:
    """32 bytes: safe to keep, and to look a row up by."""
    # Text from the wire may hold half a surrogate pair; it must differ from every secret, not crash.
    return sha256(_DOMAIN + text.encode("utf-8", "surrogatepass")).digest()


def matches(text: str, hashed: bytes) -> bool:
    """Whether `text` is the secret behind `hashed`, in constant time."""
    return compare_digest(hash_secret(text), hashed)
