"""Who vouches for the demo's workloads? Two small OIDC issuers on loopback, with discovery and keys.

They stand for GitHub Actions and a Kubernetes cluster. Here anybody may fetch a token for any subject, because a
visitor is meant to try; a real issuer gives one only to the job or pod that it is about.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from demo import clock
from demo.outside_tokens import OutsideKey, github_claims, kubernetes_claims

_DISCOVERY = "/.well-known/openid-configuration"
_HOST = "127.0.0.1"
Claims = Callable[..., dict[str, Any]]
_ALWAYS = {
    "response_types_supported": ["id_token"],
    "subject_types_supported": ["public"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


class OutsideIssuer:
    def __init__(self, url: str, claims: Claims, *, default_subject: str) -> None:
        self.url = url
        self.default_subject = default_subject
        self._claims = claims
        self._key = OutsideKey(f"{url.rsplit('/', 1)[-1]}-1")

    def token(self, subject: str = "") -> str:
        """A fresh token for the subject, else for the workload that the sample organization knows."""
        subject = subject or self.default_subject
        return self._key.sign(self._claims(self.url, subject=subject, now=clock.now()))

    def answer(self, path: str, query: dict[str, list[str]]) -> tuple[str, bytes] | None:
        """Content type and body; None where there is nothing."""
        if path == _DISCOVERY:
            return _json({"issuer": self.url, "jwks_uri": f"{self.url}/jwks"} | _ALWAYS)
        if path == "/jwks":
            return _json(self._key.jwks())
        if path == "/token":
            return "text/plain", self.token(*query.get("sub", [""])[:1]).encode()
        return None


class IssuerServer:
    """Serves both issuers from a thread until `close`."""

    def __init__(self, *, github_subject: str, kubernetes_subject: str) -> None:
        self._server = ThreadingHTTPServer((_HOST, 0), _handler(self._answer))
        url = f"http://{_HOST}:{self._server.server_address[1]}"
        self.github = OutsideIssuer(f"{url}/github", github_claims, default_subject=github_subject)
        self.kubernetes = OutsideIssuer(f"{url}/kubernetes", kubernetes_claims, default_subject=kubernetes_subject)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _answer(self, target: str) -> tuple[str, bytes] | None:
        parts = urlsplit(target)
        for issuer in (self.github, self.kubernetes):
            own = urlsplit(issuer.url).path
            if parts.path.startswith(own + "/"):
                return issuer.answer(parts.path.removeprefix(own), parse_qs(parts.query))
        return None


def _handler(answer: Callable[[str], tuple[str, bytes] | None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = answer(self.path)
            self.send_response(200 if found else 404)
            content_type, body = found or ("text/plain", b"nothing here\n")
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """The tour's output is for the tour."""

    return Handler


def _json(value: dict[str, Any]) -> tuple[str, bytes]:
    return "application/json", json.dumps(value).encode()
