"""Which outside issuers are trusted, by account and issuer?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.ports import FederationSlice
from ostiary.kit.crypto.jose import JoseError, KeySet, parse_jwks


@dataclass(frozen=True, slots=True, eq=False)
class TrustEntry:
    """`pinned` is the key set that was given with the trust; `unusable` says why it cannot be used."""

    trust: IssuerTrust
    pinned: KeySet | None = None
    unusable: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class IssuerTrustIndex:
    _entries: Mapping[tuple[str, str], TrustEntry] = field(default_factory=lambda: MappingProxyType({}))

    def trust(self, account: str, issuer: str) -> TrustEntry | None:
        """Compared character by character, as OpenID Connect Core section 2 wants it."""
        return self._entries.get((account, issuer))

    @property
    def findings(self) -> tuple[str, ...]:
        return tuple(entry.unusable for entry in self._entries.values() if entry.unusable)


def load_issuer_trust_index(tx: FederationSlice) -> IssuerTrustIndex:
    return IssuerTrustIndex({(trust.account, trust.issuer): _entry(trust) for trust in tx.federation.issuer_trusts()})


def _entry(trust: IssuerTrust) -> TrustEntry:
    if not trust.jwks:
        return TrustEntry(trust)
    try:
        return TrustEntry(trust, parse_jwks(trust.jwks.encode()))
    except JoseError as failure:
        return TrustEntry(trust, unusable=f"the pinned keys of `{trust.arn}` cannot be used: {failure.operator}")
