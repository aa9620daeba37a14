"""Who vouches for people in tests? A small OpenID Connect provider on loopback: discovery, keys, and a token endpoint
that checks client, PKCE, redirect URI and that a code is used once. `authorize` is what a person's browser meets there.
"""

from __future__ import annotations

import base64
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote_plus, urlencode, urlsplit

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwk, jwt

CLIENT_ID = "ostiary"
CLIENT_SECRET = "s3cret/with+signs&more"


@dataclass
class Misbehaviour:
    """What the token endpoint does instead of its duty."""

    status: int = 200
    location: str = ""
    body: bytes | None = None
    seconds: float = 0.0
    claims: dict[str, Any] = field(default_factory=dict)
    forge: Callable[[dict[str, Any]], str] | None = None


class UpstreamProvider:
    """`url` is the issuer; `says_issuer` as in RFC 9207."""

    def __init__(self, now: Callable[[], datetime], *, says_issuer: bool = True) -> None:
        self.now = now
        self.says_issuer = says_issuer
        self.misbehaviour = Misbehaviour()
        self.asked: list[str] = []
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}
        self.key = jwk.RSAKey.import_key(_pem(), {"kid": "one"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answers_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def authorize(self, url: str, subject: str, **claims: Any) -> str:
        """Somebody signs in there and is sent back: the path and query of our callback. None leaves a claim out."""
        request = dict(parse_qsl(urlsplit(url).query))
        assert request["client_id"] == CLIENT_ID
        assert request["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        usual = {"sub": subject, "email": f"{subject}@example.com", "email_verified": True}
        self._codes[code] = (request, usual | claims)
        back = {"code": code, "state": request["state"], **({"iss": self.url} if self.says_issuer else {})}
        return f"{urlsplit(request['redirect_uri']).path}?{urlencode(back)}"

    def refuse(self, url: str, error: str) -> str:
        request = dict(parse_qsl(urlsplit(url).query))
        back = {"error": error, "state": request["state"], **({"iss": self.url} if self.says_issuer else {})}
        return f"{urlsplit(request['redirect_uri']).path}?{urlencode(back)}"

    def token_for(self, claims: dict[str, Any]) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one", "typ": "JWT"}, claims, self.key)

    def document(self, path: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "authorization_response_iss_parameter_supported": self.says_issuer,
            }
        return {"keys": [self.key.as_dict(private=False) | {"use": "sig"}]}

    def exchange(self, authorization: str, form: dict[str, str]) -> tuple[int, bytes]:
        given = base64.b64decode(authorization.removeprefix("Basic ")).decode()
        client = tuple(unquote_plus(part) for part in given.split(":"))
        request, claims = self._codes.pop(form.get("code", ""), ({}, {}))
        challenge = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        fine = (
            client == (CLIENT_ID, CLIENT_SECRET)
            and form.get("grant_type") == "authorization_code"
            and request.get("redirect_uri") == form.get("redirect_uri")
            and request.get("code_challenge") == challenge.decode()
        )
        if not fine:
            return 400, b'{"error": "invalid_grant"}'
        at = int(self.now().timestamp())
        usual = {"iss": self.url, "aud": CLIENT_ID, "iat": at, "exp": at + 300, "nonce": request["nonce"]}
        made = usual | claims | self.misbehaviour.claims
        token = (self.misbehaviour.forge or self.token_for)({k: v for k, v in made.items() if v is not None})
        return 200, json.dumps({"access_token": "x", "token_type": "Bearer", "id_token": token}).encode()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@cache
def _pem() -> bytes:
    """Made once: an RSA key takes its time."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _answers_of(provider: UpstreamProvider) -> type[BaseHTTPRequestHandler]:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            provider.asked.append(self.path)
            self._send(200, json.dumps(provider.document(self.path)).encode())

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            bad = provider.misbehaviour
            time.sleep(bad.seconds)
            if bad.status != 200 or bad.body is not None:
                self._send(bad.status, bad.body or b"{}")
                return
            self._send(*provider.exchange(self.headers.get("Authorization", ""), form))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if provider.misbehaviour.location:
                self.send_header("Location", provider.misbehaviour.location)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Silent."""

    return Answers
