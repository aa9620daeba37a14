"""Are an issuer's keys fetched seldom, kept for a while, and never asked for as often as a stranger likes?"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from ostiary.app.issuer_keys import HttpKeySource
from ostiary.domain.federation.errors import InvalidIdentityToken, IssuerUnreachable
from ostiary.domain.federation.index import TrustEntry
from ostiary.domain.federation.issuer_keys import MOST_WAITING, PATIENCE, IssuerKeys
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


class Hanging:
    """A source that does not answer until it is let go."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.asked = threading.Semaphore(0)
        self.let_go = threading.Event()

    def fetch(self, _trust: IssuerTrust) -> bytes:
        self.asked.release()
        assert self.let_go.wait(20)
        return self.issuer.document()


def test_an_issuer_that_hangs_keeps_few_waiting_and_nobody_who_has_a_known_key(issuer: Issuer) -> None:
    source = Hanging(issuer)
    keys, entry, later = IssuerKeys(source), issuer.entry(), NOW + timedelta(minutes=11)
    source.let_go.set()
    known = keys.keys(entry, now=NOW)
    assert source.asked.acquire(timeout=5)
    source.let_go.clear()
    with ThreadPoolExecutor(13) as strangers:
        fetching = strangers.submit(keys.keys_after_miss, entry, now=later)
        assert source.asked.acquire(timeout=5)
        others = [strangers.submit(keys.keys_after_miss, entry, now=later) for _ in range(12)]
        at_once = [other for other in as_completed(others, timeout=10) if other.exception() is not None]
        assert len(at_once) == len(others), "a token that nobody can check yet is refused, to be tried again"
        assert all(isinstance(other.exception(), IssuerUnreachable) for other in at_once)
        assert not fetching.done()
        assert keys.keys(entry, now=later) is known
        source.let_go.set()
        assert fetching.result(5) is not known
    assert keys.keys(entry, now=later) is fetching.result()


def test_who_comes_while_keys_are_fetched_waits_for_them_a_moment(issuer: Issuer) -> None:
    source = Hanging(issuer)
    keys, entry = IssuerKeys(source), issuer.entry()
    with ThreadPoolExecutor(3) as callers:
        asking = [callers.submit(keys.keys, entry, now=NOW) for _ in range(3)]
        assert source.asked.acquire(timeout=5)
        source.let_go.set()
        first, *others = (call.result(5) for call in asking)
    assert all(other is first for other in others)
    assert not source.asked.acquire(blocking=False)


def test_only_so_many_wait_for_one_that_hangs(issuer: Issuer) -> None:
    source = Hanging(issuer)
    keys, entry = IssuerKeys(source), issuer.entry()
    with ThreadPoolExecutor(MOST_WAITING + 2) as callers:
        calls = [callers.submit(keys.keys, entry, now=NOW) for _ in range(MOST_WAITING + 2)]
        refused = next(as_completed(calls, timeout=PATIENCE / 2))
        assert isinstance(refused.exception(), IssuerUnreachable)
        source.let_go.set()
        assert sum(call.exception(5) is None for call in calls) == MOST_WAITING + 1


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
