"""Which keys does an outside issuer sign with, without asking it for each token, or as often as a stranger likes?

Pinned keys are used as they are; others are fetched and kept as `fetching.py` says. A token with an unknown key causes
at most one fetch per trust in ten seconds, and so does an issuer that cannot be reached.
"""

from __future__ import annotations

from datetime import datetime

from ostiary.domain.federation.errors import InvalidIdentityToken, IssuerUnreachable
from ostiary.domain.federation.fetching import MOST_WAITING, PATIENCE, FetchFailed, Fetching
from ostiary.domain.federation.index import TrustEntry
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.ports import KeySource
from ostiary.kit.crypto.jose import JoseError, KeySet, parse_jwks

__all__ = ["MOST_WAITING", "PATIENCE", "IssuerKeys"]


class IssuerKeys:
    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._fetching: Fetching[KeySet] = Fetching()

    def keys(self, entry: TrustEntry, *, now: datetime) -> KeySet:
        """Raises IssuerUnreachable; InvalidIdentityToken when the trust itself cannot be used."""
        if entry.unusable:
            raise InvalidIdentityToken("The identity provider cannot be used now", operator_text=entry.unusable)
        if entry.pinned is not None:
            return entry.pinned
        try:
            return self._fetching.value(_key(entry.trust), lambda: self._fetch(entry.trust), now)
        except FetchFailed as failure:
            raise _unreachable(entry.trust, str(failure)) from None

    def keys_after_miss(self, entry: TrustEntry, *, now: datetime) -> KeySet:
        """The keys for a token whose `kid` was not among them: fetched anew, unless that was just done."""
        if entry.pinned is not None:
            return entry.pinned
        try:
            return self._fetching.value_after_miss(_key(entry.trust), lambda: self._fetch(entry.trust), now)
        except FetchFailed as failure:
            raise _unreachable(entry.trust, str(failure)) from None

    def _fetch(self, trust: IssuerTrust) -> KeySet:
        try:
            return parse_jwks(self._source.fetch(trust))
        except IssuerUnreachable as failure:
            raise FetchFailed(failure.operator_text) from failure
        except JoseError as failure:
            raise FetchFailed(f"its key set was refused: {failure.operator}") from failure


def _key(trust: IssuerTrust) -> tuple[str, str, str]:
    return (trust.account, trust.issuer, trust.jwks_uri)


def _unreachable(trust: IssuerTrust, why: str) -> IssuerUnreachable:
    return IssuerUnreachable(
        "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity"
        " documentation for requirements",
        operator_text=f"keys of `{trust.issuer}`: {why}",
    )
