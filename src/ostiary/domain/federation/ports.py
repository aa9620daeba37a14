"""What does federation need of a transaction and of the network?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ostiary.domain.federation.model import IssuerTrust


class FederationRows(Protocol):
    def issuer_trusts(self) -> Sequence[IssuerTrust]: ...

    def put_issuer_trust(self, trust: IssuerTrust) -> None: ...

    def delete_issuer_trust(self, account: str, issuer: str) -> None: ...


class FederationSlice(Protocol):
    @property
    def federation(self) -> FederationRows: ...


class KeySource(Protocol):
    """Fetches an issuer's key set; lives outside the rules because it uses the network."""

    def fetch(self, trust: IssuerTrust) -> bytes:
        """The JWKS document's bytes, bounded in size and time; raises IssuerUnreachable."""
        ...
