"""Which keys does an outside issuer sign with, without asking it for each token, or as often as a stranger likes?

Fetched keys are kept for a while. A token with an unknown key causes at most one fetch per trust in ten seconds, and so
does an issuer that cannot be reached. Meanwhile known keys are used, and at most half of the threads wait for new ones,
not for long: nobody can make this server hammer another, or wait for it with every thread.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ostiary.domain.federation.errors import InvalidIdentityToken, IssuerUnreachable
from ostiary.domain.federation.index import TrustEntry
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.ports import KeySource
from ostiary.kit.crypto.jose import JoseError, KeySet, parse_jwks

FRESH_FOR = timedelta(minutes=10)
USABLE_FOR = timedelta(hours=1)
PAUSE = timedelta(seconds=10)
PATIENCE = 1.0  # seconds that a request waits for what another one fetches
MOST_WAITING = 16  # half of the threads that a worker has by default


@dataclass(slots=True)
class _Fetched:
    """What is known of one trust's keys; changed only under `lock`, read without it: keys come before their time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: KeySet | None = None
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    failure: str = ""


class IssuerKeys:
    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._waiting = threading.Semaphore(MOST_WAITING)
        self._fetched: dict[tuple[str, str, str], _Fetched] = {}

    def keys(self, entry: TrustEntry, *, now: datetime) -> KeySet:
        """Raises IssuerUnreachable; InvalidIdentityToken when the trust itself cannot be used."""
        if entry.unusable:
            raise InvalidIdentityToken("The identity provider cannot be used now", operator_text=entry.unusable)
        if entry.pinned is not None:
            return entry.pinned
        known = self._known(entry.trust)
        if not _is_within(known.fetched_at, FRESH_FOR, now):
            # Old keys are good enough while somebody else fetches new ones.
            self._fetch_in_turn(known, entry.trust, now, wait=not _is_within(known.fetched_at, USABLE_FOR, now))
        return _usable(known, entry.trust, now)

    def keys_after_miss(self, entry: TrustEntry, *, now: datetime) -> KeySet:
        """The keys for a token whose `kid` was not among them: fetched anew, unless that was just done."""
        if entry.pinned is not None:
            return entry.pinned
        known = self._known(entry.trust)
        if not self._fetch_in_turn(known, entry.trust, now, wait=True):
            # Not the old keys: the token may be good, and a client tries again after this error only.
            raise _unreachable(entry.trust, "another request is fetching them")
        return _usable(known, entry.trust, now)

    def _fetch_in_turn(self, known: _Fetched, trust: IssuerTrust, now: datetime, *, wait: bool) -> bool:
        """Whether the keys are as new as they may be; not when another request is still fetching them."""
        if not self._take_turn(known.lock, wait=wait):
            return False
        try:
            self._fetch(known, trust, now)
        finally:
            known.lock.release()
        return True

    def _take_turn(self, lock: threading.Lock, *, wait: bool) -> bool:
        if lock.acquire(blocking=False):
            return True
        if not wait or not self._waiting.acquire(blocking=False):
            return False
        try:
            return lock.acquire(timeout=PATIENCE)
        finally:
            self._waiting.release()

    def _known(self, trust: IssuerTrust) -> _Fetched:
        key = (trust.account, trust.issuer, trust.jwks_uri)
        with self._lock:
            return self._fetched.setdefault(key, _Fetched())

    def _fetch(self, known: _Fetched, trust: IssuerTrust, now: datetime) -> None:
        if _is_within(known.tried_at, PAUSE, now):
            return
        known.tried_at = now
        try:
            known.keys = parse_jwks(self._source.fetch(trust))
            known.fetched_at, known.failure = now, ""
        except IssuerUnreachable as failure:
            known.failure = failure.operator_text
        except JoseError as failure:
            known.failure = f"its key set was refused: {failure.operator}"


def _usable(known: _Fetched, trust: IssuerTrust, now: datetime) -> KeySet:
    if known.keys is None or not _is_within(known.fetched_at, USABLE_FOR, now):
        raise _unreachable(trust, known.failure or "none")
    return known.keys


def _unreachable(trust: IssuerTrust, why: str) -> IssuerUnreachable:
    return IssuerUnreachable(
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity"
        " documentation for requirements",
        operator_text=f"keys of `{trust.issuer}`: {why}",
    )


def _is_within(since: datetime | None, span: timedelta, now: datetime) -> bool:
    return since is not None and now - since < span
