"""How are the trusts in outside issuers, the upstream providers of people and the links to them kept?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

import msgspec
from sqlalchemy import Connection, delete, insert, select

from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.upstream import UpstreamIdentity, UpstreamProvider
from ostiary.storage.facts import many, put, values_of
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import issuer_trust, upstream_identity, upstream_provider

_ISSUER_TRUSTS = select(issuer_trust).order_by(*issuer_trust.primary_key)
_PROVIDERS = select(upstream_provider).order_by(*upstream_provider.primary_key)
_OWN_COLUMNS = ("name", "directory", "sealed_secret")


class FederationTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def issuer_trusts(self) -> Sequence[IssuerTrust]:
        return many(self._connection, _ISSUER_TRUSTS, IssuerTrust)

    def put_issuer_trust(self, trust: IssuerTrust) -> None:
        put(self._connection, issuer_trust, trust)
        raise_generation(self._connection, Topic.FEDERATION)

    def delete_issuer_trust(self, account: str, issuer: str) -> None:
        self._connection.execute(delete(issuer_trust).filter_by(account=account, issuer=issuer))
        raise_generation(self._connection, Topic.FEDERATION)

    def upstream_providers(self) -> Sequence[UpstreamProvider]:
        return [
            msgspec.convert(
                {**msgspec.json.decode(row["settings"]), **{name: row[name] for name in _OWN_COLUMNS}},
                UpstreamProvider,
            )
            for row in self._connection.execute(_PROVIDERS).mappings()
        ]

    def put_upstream_provider(self, provider: UpstreamProvider) -> None:
        settings = {f.name: getattr(provider, f.name) for f in fields(provider) if f.name not in _OWN_COLUMNS}
        own = {name: getattr(provider, name) for name in _OWN_COLUMNS}
        put(self._connection, upstream_provider, {**own, "settings": msgspec.json.encode(settings).decode()})
        raise_generation(self._connection, Topic.FEDERATION)

    def delete_upstream_provider(self, name: str) -> None:
        self.delete_upstream_identities(name)
        self._connection.execute(delete(upstream_provider).filter_by(name=name))
        raise_generation(self._connection, Topic.FEDERATION)

    def upstream_identity(self, provider: str, subject: str) -> str | None:
        mine = (upstream_identity.c.provider == provider) & (upstream_identity.c.subject == subject)
        found = self._connection.execute(select(upstream_identity.c.person_id).where(mine)).scalar_one_or_none()
        return None if found is None else str(found)

    def upstream_identities(self, provider: str, *, person_id: str | None = None) -> Sequence[UpstreamIdentity]:
        statement = select(upstream_identity).where(upstream_identity.c.provider == provider)
        if person_id is not None:
            statement = statement.where(upstream_identity.c.person_id == person_id)
        return many(self._connection, statement.order_by(upstream_identity.c.subject), UpstreamIdentity)

    def add_upstream_identity(self, identity: UpstreamIdentity) -> None:
        self._connection.execute(insert(upstream_identity), values_of(identity))

    def delete_upstream_identities(self, provider: str) -> None:
        self._connection.execute(delete(upstream_identity).where(upstream_identity.c.provider == provider))
