"""How does a person sign in with the browser of this machine? RFC 8252, RFC 7636, OpenID Connect Core 1.0."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from hashlib import sha256
from urllib.parse import urlencode

from ostiary.cli.remote.errors import SignInFailed, shown
from ostiary.cli.remote.id_token import Proved, check_id_token
from ostiary.cli.remote.loopback import Expected, listening
from ostiary.cli.remote.server import CLIENT_ID, SCOPE, RemoteServer, TokenAnswer
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.jose_form import encode_base64url

PATIENCE = 300.0  # seconds for a person to sign in
_REASONS = {
    "access_denied": "this application is not open to you",
    "login_required": "the sign-in was not finished",
}


def has_browser(environment: Mapping[str, str], *, platform: str = sys.platform) -> bool:
    """Whether a browser that is opened here is one that the person sees."""
    if environment.get("BROWSER"):
        return True
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return False
    if platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))


def open_browser(address: str) -> None:
    """In a thread of its own: some browsers return when they are closed. One that fails is no reason to stop."""
    threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()


def sign_in_by_browser(
    server: RemoteServer,
    *,
    clock: Clock,
    opened: Callable[[str], AbstractContextManager[None]],
    patience: float = PATIENCE,
) -> tuple[TokenAnswer, Proved]:
    """`opened` opens the address, and is left when the answer is there. Raises RemoteFailure."""
    state, nonce, verifier = _chance(), _chance(), _chance()
    with listening(Expected(state, server.metadata.issuer)) as loopback:
        request = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": loopback.redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": encode_base64url(sha256(verifier.encode()).digest()),
            "code_challenge_method": "S256",
        }
        with opened(f"{server.metadata.authorization_endpoint}?{urlencode(request)}"):
            answer = loopback.wait(patience)
        tokens = server.tokens(
            {
                "grant_type": "authorization_code",
                "code": _code_of(answer),
                "redirect_uri": loopback.redirect_uri,
                "code_verifier": verifier,
            }
        )
    proved = check_id_token(tokens.id_token, server.keys(), issuer=server.metadata.issuer, nonce=nonce, now=clock.now())
    return tokens, proved


def has_display() -> bool:
    return has_browser(os.environ)


def _code_of(answer: Mapping[str, str]) -> str:
    if "error" in answer:
        said = _REASONS.get(answer["error"]) or answer.get("error_description") or answer["error"]
        raise SignInFailed(f"the server did not sign you in: {shown(said)}")
    code = answer.get("code", "")
    if not code:
        raise SignInFailed("the server's answer has no code")
    return code


def _chance() -> str:
    return encode_base64url(ids.random_bytes(48))
