"""What does federation need of a transaction and of the network?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.upstream import UpstreamIdentity, UpstreamProvider
from ostiary.kit.redaction import Secret


class FederationRows(Protocol):
    def issuer_trusts(self) -> Sequence[IssuerTrust]: ...

    def put_issuer_trust(self, trust: IssuerTrust) -> None: ...

    def delete_issuer_trust(self, account: str, issuer: str) -> None: ...

    def upstream_providers(self) -> Sequence[UpstreamProvider]: ...

    def put_upstream_provider(self, provider: UpstreamProvider) -> None: ...

    def delete_upstream_provider(self, name: str) -> None:
        """With all links to it."""
        ...

    def upstream_identity(self, provider: str, subject: str) -> str | None:
        """The person's id."""
        ...

    def upstream_identities(self, provider: str, *, person_id: str | None = None) -> Sequence[UpstreamIdentity]: ...

    def add_upstream_identity(self, identity: UpstreamIdentity) -> None: ...

    def delete_upstream_identities(self, provider: str) -> None: ...


class FederationSlice(Protocol):
    @property
    def federation(self) -> FederationRows: ...


class KeySource(Protocol):
    """Fetches an issuer's key set; lives outside the rules because it uses the network."""

    def fetch(self, trust: IssuerTrust) -> bytes:
        """The JWKS document's bytes, bounded in size and time; raises IssuerUnreachable."""
        ...


class UpstreamConnection(Protocol):
    """Asks an upstream provider; each answer is bounded in size and time, and redirects are not followed."""

    def check_address(self, address: str) -> None:
        """Raises IssuerUnreachable for one that is not https."""
        ...

    def discover(self, issuer: str) -> bytes:
        """The discovery document. Raises IssuerUnreachable."""
        ...

    def exchange(self, address: str, fields: dict[str, str], *, client_id: str, client_secret: Secret) -> bytes:
        """The answer to a token request with client_secret_basic. Raises IssuerUnreachable; UpstreamRefused when the
        provider says no.
        """
        ...
