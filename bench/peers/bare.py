"""What is the limit? A WSGI application that signs an ES256 JWT and answers JSON, and nothing else.

The same server (Granian), signature library (cryptography) and JSON library (msgspec) as Ostiary; the same claims as
RFC 9068 section 2.2; no client authentication, no reading of the request, no event, no storage. Arguments: the port.
"""

from __future__ import annotations

import base64
import secrets
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from granian.constants import Interfaces
from granian.server import Server

_KEY = ec.generate_private_key(ec.SECP256R1())
_ALGORITHM = ec.ECDSA(hashes.SHA256())
_encoder = msgspec.json.Encoder()
_LIFETIME = 3600


def _base64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


_HEADER = _base64url(_encoder.encode({"alg": "ES256", "typ": "at+jwt", "kid": "bench"}))


def _token() -> str:
    now = int(time.time())
    claims = {
        "iss": "http://127.0.0.1",
        "sub": "bench",
        "aud": "urn:bench:resource",
        "client_id": "bench",
        "scope": "bench",
        "iat": now,
        "exp": now + _LIFETIME,
        "jti": secrets.token_hex(16),
    }
    signed = _HEADER + b"." + _base64url(_encoder.encode(claims))
    r, s = utils.decode_dss_signature(_KEY.sign(signed, _ALGORITHM))
    return (signed + b"." + _base64url(r.to_bytes(32, "big") + s.to_bytes(32, "big"))).decode("ascii")


def application(
    _environ: dict[str, Any], start_response: Callable[[str, list[tuple[str, str]]], Any]
) -> Iterable[bytes]:
    body = _encoder.encode(
        {"access_token": _token(), "token_type": "Bearer", "expires_in": _LIFETIME, "scope": "bench"}
    )
    start_response(
        "200 OK",
        [("content-type", "application/json"), ("content-length", str(len(body))), ("cache-control", "no-store")],
    )
    return [body]


def main() -> None:
    Server(
        "bench.peers.bare:application",
        address="127.0.0.1",
        port=int(sys.argv[1]),
        interface=Interfaces.WSGI,
        workers=1,
        log_enabled=False,
    ).serve()


if __name__ == "__main__":
    main()
