"""Does whoever redeems a code hold what the authorization began with? RFC 7636, S256 only (RFC 9700 section 2.1.1)."""

from __future__ import annotations

import re
from hashlib import sha256
from hmac import compare_digest

from ostiary.kit.crypto.jose_form import encode_base64url

METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


def is_challenge(text: str) -> bool:
    """SHA-256 in base64url without padding."""
    return _CHALLENGE.fullmatch(text) is not None


def is_answered(challenge: str, verifier: str) -> bool:
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return compare_digest(encode_base64url(sha256(verifier.encode("ascii")).digest()), challenge)
