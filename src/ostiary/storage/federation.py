"""How are the trusts in outside issuers kept?"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from ostiary.domain.federation.model import IssuerTrust
from ostiary.storage.facts import many, put
from ostiary.storage.generations import Topic, raise_generation
from ostiary.storage.schema import issuer_trust

_ISSUER_TRUSTS = select(issuer_trust).order_by(*issuer_trust.primary_key)


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
