"""How does a person sign in at a terminal that has no browser? With a code that she types elsewhere. RFC 8628."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import msgspec

from ostiary.cli.remote.errors import ServerRefused, ServerUnreachable, SignInFailed
from ostiary.cli.remote.id_token import Proved, check_id_token
from ostiary.cli.remote.server import SCOPE, RemoteServer, TokenAnswer
from ostiary.kit.clock import Clock

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:device_code"
_SLOWER_BY = 5.0
_LONGEST_PAUSE = 60.0
_ENDINGS = {
    "access_denied": "the person said no on the sign-in page",
    "expired_token": "nobody approved the code in time: run the command again",
}


class _Codes(msgspec.Struct, frozen=True):
    device_code: str
    user_code: str
    verification_uri: str
    expires_in: int
    verification_uri_complete: str = ""
    interval: int = 5


@dataclass(frozen=True, slots=True)
class ShownCode:
    """What the person needs: where to go, and what to type; `complete` has both, for a QR code."""

    address: str
    user_code: str
    complete: str
    seconds: int


def sign_in_by_code(
    server: RemoteServer,
    *,
    clock: Clock,
    shown_code: Callable[[ShownCode], AbstractContextManager[None]],
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> tuple[TokenAnswer, Proved]:
    """Ask until somebody decided; `shown_code` shows what the person needs. Raises RemoteFailure."""
    codes = _codes(server)
    needed = ShownCode(
        address=codes.verification_uri,
        user_code=codes.user_code,
        complete=codes.verification_uri_complete or codes.verification_uri,
        seconds=codes.expires_in,
    )
    with shown_code(needed):
        tokens = _ask_until_decided(server, codes, sleep=sleep, monotonic=monotonic)
    proved = check_id_token(tokens.id_token, server.keys(), issuer=server.metadata.issuer, nonce=None, now=clock.now())
    return tokens, proved


def _codes(server: RemoteServer) -> _Codes:
    body = server.post(server.metadata.device_authorization_endpoint, {"scope": SCOPE})
    try:
        codes = msgspec.json.decode(body, type=_Codes)
    except msgspec.MsgspecError as failure:
        raise ServerUnreachable("the server's answer cannot be read") from failure
    for address in (codes.verification_uri, codes.verification_uri_complete):
        if address and not address.startswith(server.address + "/"):
            raise SignInFailed("the server sends people to an address that is not its own")
    return codes


def _ask_until_decided(
    server: RemoteServer, codes: _Codes, *, sleep: Callable[[float], None], monotonic: Callable[[], float]
) -> TokenAnswer:
    until, pause = monotonic() + codes.expires_in, float(max(codes.interval, 1))
    while monotonic() < until:
        sleep(pause)
        try:
            return server.tokens({"grant_type": GRANT_TYPE, "device_code": codes.device_code})
        except ServerRefused as refused:
            pause = _next_pause(refused, pause)
        except ServerUnreachable:
            # RFC 8628 section 3.5: a server that does not answer is asked less and less often.
            pause = min(2 * pause, _LONGEST_PAUSE)
    raise SignInFailed(_ENDINGS["expired_token"])


def _next_pause(refused: ServerRefused, pause: float) -> float:
    match refused.code:
        case "authorization_pending":
            return pause
        case "slow_down" | "temporarily_unavailable":
            return min(pause + _SLOWER_BY, _LONGEST_PAUSE)
        case code:
            raise SignInFailed(_ENDINGS.get(code, f"the server did not sign you in: {refused}")) from None
