"""Are an issuer's keys fetched seldom, kept for a while, and never asked for as often as a stranger likes?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ostiary.app.issuer_keys import HttpKeySource
from ostiary.domain.federation.errors import InvalidIdentityToken, IssuerUnreachable
from ostiary.domain.federation.index import TrustEntry
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.model import IssuerTrust
from ostiary.kit.crypto.jose import SigningKey, UnknownKeyError, sign_jwt, verify_jwt

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ES256 = frozenset({"ES256"})


class Issuer:
    """An issuer on loopback that publishes `keys` and counts who asks; `body` answers instead when it is set."""

    def __init__(self) -> None:
        self.keys = [SigningKey.generate("ES256")]
        self.body: bytes | None = None
        self.status = 200
        self.asked = 0
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked += 1
                self.send_response(issuer.status)
                self.end_headers()
                self.wfile.write(issuer.document())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def document(self) -> bytes:
        if self.body is not None:
            return self.body
        return json.dumps({"keys": [key.public_jwk() for key in self.keys]}).encode()

    def entry(self) -> TrustEntry:
        address = f"http://127.0.0.1:{self.server.server_port}"
        return TrustEntry(
            IssuerTrust("111122223333", address, ("aud",), NOW, jwks_uri=f"{address}/keys"),
        )

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    yield made
    made.close()


@pytest.fixture
def keys() -> IssuerKeys:
    return IssuerKeys(HttpKeySource(development=True))


def test_keys_are_fetched_once_and_again_when_they_are_old(issuer: Issuer, keys: IssuerKeys) -> None:
    entry = issuer.entry()
    for minutes in (0, 1, 9):
        verify_jwt(
            sign_jwt(issuer.keys[0], {}), keys.keys(entry, now=NOW + timedelta(minutes=minutes)), algorithms=ES256
        )
    assert issuer.asked == 1
    keys.keys(entry, now=NOW + timedelta(minutes=10))
    assert issuer.asked == 2


def test_an_unknown_key_causes_one_fetch_in_ten_seconds(issuer: Issuer, keys: IssuerKeys) -> None:
    entry = issuer.entry()
    keys.keys(entry, now=NOW)
    fresh = SigningKey.generate("ES256")
    for second in range(1, 10):
        found = keys.keys_after_miss(entry, now=NOW + timedelta(seconds=second))
        with pytest.raises(UnknownKeyError):
            verify_jwt(sign_jwt(fresh, {}), found, algorithms=ES256)
    assert issuer.asked == 1
    issuer.keys.append(fresh)
    found = keys.keys_after_miss(entry, now=NOW + timedelta(seconds=10))
    verify_jwt(sign_jwt(fresh, {}), found, algorithms=ES256)
    assert issuer.asked == 2


def test_an_issuer_that_fails_is_left_alone_for_a_while(issuer: Issuer, keys: IssuerKeys) -> None:
    issuer.status = 500
    for second in range(5):
        with pytest.raises(IssuerUnreachable):
            keys.keys(issuer.entry(), now=NOW + timedelta(seconds=second))
    assert issuer.asked == 1


def test_known_keys_outlive_a_short_outage_and_not_a_long_one(issuer: Issuer, keys: IssuerKeys) -> None:
    entry = issuer.entry()
    keys.keys(entry, now=NOW)
    issuer.status = 503
    assert keys.keys(entry, now=NOW + timedelta(minutes=30)).keys
    with pytest.raises(IssuerUnreachable):
        keys.keys(entry, now=NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"keys": 1}', b'{"keys":[{"kty":"oct","k":"AAAA"}]}', b"x" * 300_000]
)
def test_a_key_set_that_cannot_be_believed_is_no_key_set(issuer: Issuer, keys: IssuerKeys, body: bytes) -> None:
    issuer.body = body
    with pytest.raises(IssuerUnreachable):
        keys.keys(issuer.entry(), now=NOW)


def test_a_trust_whose_pinned_keys_cannot_be_used_is_not_used(keys: IssuerKeys, issuer: Issuer) -> None:
    entry = TrustEntry(issuer.entry().trust, unusable="broken")
    with pytest.raises(InvalidIdentityToken):
        keys.keys(entry, now=NOW)
    assert issuer.asked == 0
