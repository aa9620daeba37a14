"""Which keys does an outside issuer sign with, without asking it for each token, or as often as a stranger likes?

Fetched keys are kept for a while. A token with an unknown key causes at most one fetch per trust in ten seconds, and so
does an issuer that cannot be reached: nobody can make this server hammer another, or wait for it with every thread.
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


@dataclass(slots=True)
class _Fetched:
    """What is known of one trust's keys; changed only under `lock`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: KeySet | None = None
    fetched_at: datetime | None = None
    tried_at: datetime | None = None
    failure: str = ""


class IssuerKeys:
    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._fetched: dict[tuple[str, str, str], _Fetched] = {}

    def keys(self, entry: TrustEntry, *, now: datetime) -> KeySet:
        """Raises IssuerUnreachable; InvalidIdentityToken when the trust itself cannot be used."""
        if entry.unusable:
            raise InvalidIdentityToken("The identity provider cannot be used now", operator_text=entry.unusable)
        if entry.pinned is not None:
            return entry.pinned
        known = self._known(entry.trust)
        with known.lock:
            if not _is_within(known.fetched_at, FRESH_FOR, now):
                self._fetch(known, entry.trust, now)
            return _usable(known, entry.trust, now)

    def keys_after_miss(self, entry: TrustEntry, *, now: datetime) -> KeySet:
        """The keys for a token whose `kid` was not among them: fetched anew, unless that was just done."""
        if entry.pinned is not None:
            return entry.pinned
        known = self._known(entry.trust)
        with known.lock:
            self._fetch(known, entry.trust, now)
            return _usable(known, entry.trust, now)

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
        raise IssuerUnreachable(
            "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity"
            " documentation for requirements",
            operator_text=f"keys of `{trust.issuer}`: {known.failure or 'none'}",
        )
    return known.keys


def _is_within(since: datetime | None, span: timedelta, now: datetime) -> bool:
    return since is not None and now - since < span
