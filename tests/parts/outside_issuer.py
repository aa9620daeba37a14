"""Who vouches for a workload in tests? An OIDC issuer on loopback, with discovery, whose key can be replaced."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt

AUDIENCE = "sts.amazonaws.com"


class OutsideIssuer:
    """`url` is the issuer; tokens are RS256, as GitHub's and most clusters' are."""

    def __init__(self) -> None:
        self.replace_key("one")
        issuer = self

        class Answers(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(issuer.answer(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Silent."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def answer(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        return {"keys": [self._key.as_dict(private=False) | {"use": "sig"}]}

    def replace_key(self, key_id: str) -> None:
        """From now on only this key is published and signs."""
        made = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._key = jwk.RSAKey.import_key(_pem(made), {"kid": key_id})

    def token(self, subject: str, **claims: Any) -> str:
        now = int(time.time())
        usual = {"iss": self.url, "sub": subject, "aud": AUDIENCE, "iat": now, "nbf": now - 5, "exp": now + 300}
        header = {"alg": "RS256", "kid": self._key.kid, "typ": "JWT"}
        return jwt.encode(header, usual | claims, self._key)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def outside_issuer() -> Iterator[OutsideIssuer]:
    issuer = OutsideIssuer()
    yield issuer
    issuer.close()


def _pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
