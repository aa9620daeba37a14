"""How does an application give a token back? RFC 7009.

A refresh token takes its family and the family's access tokens along; an access token dies alone. What is unknown is
answered as if it had been revoked, for then it is worth as little.
"""

from __future__ import annotations

from typing import Protocol

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.sessions.ports import SessionSlice
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.tokens import access_token
from ostiary.domain.tokens.errors import AccessTokenInvalid, InvalidGrant, TokenRefused
from ostiary.domain.tokens.grant import REFRESH_PREFIX, Fields, required
from ostiary.domain.tokens.issuing import Refusals
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.domain.tokens.ports import TokenSlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions


class TokenRevocationSlice(TokenSlice, SessionSlice, AuditSlice, Protocol): ...


class TokenRevocation:
    def __init__(
        self,
        *,
        transactions: Transactions[TokenRevocationSlice],
        keys: OwnKeys,
        revocations: Current[RevocationIndex],
        refusals: Refusals,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._revocations = revocations
        self._refusals = refusals
        self._clock = clock
        self._issuer = issuer

    def revoke(self, client: Client, fields: Fields) -> None:
        """Raises InvalidTokenRequest, UnauthorizedClient, InvalidGrant for a token of another application."""
        try:
            check_client(Operation.REVOKE, client.caller, client.application)
            token = required(fields, "token")
            # `token_type_hint` is not needed: our refresh tokens show what they are.
            if ids.has_token_form(token, REFRESH_PREFIX):
                self._revoke_family(client, token)
            else:
                self._revoke_access_token(client, token)
        except TokenRefused as refused:
            self._refusals.record(client, EventName.REVOKE_TOKEN, refused)
            raise

    def _revoke_family(self, client: Client, token: str) -> None:
        with self._transactions.read() as tx:
            found = tx.tokens.refresh_token(hash_secret(token))
            family = tx.tokens.family(found.family_id) if found is not None else None
        if family is None:
            return
        _check_own(family.client_id, client)
        self._end(client, family.family_id, {"familyId": family.family_id, "personId": family.person_id})

    def _revoke_access_token(self, client: Client, token: str) -> None:
        now = self._clock.now()
        try:
            found = access_token.verify(
                token,
                self._keys.verification(),
                issuer=self._issuer,
                now=now,
                revocations=self._revocations.value,
            )
        except AccessTokenInvalid:
            return
        _check_own(found.client_id, client)
        self._end(client, found.jti, {"jti": found.jti, "subject": found.subject})

    def _end(self, client: Client, subject: str, details: Details) -> None:
        """`subject` is a family or one access token; no family is named like a token: both are UUIDs of ours."""
        now = self._clock.now()

        def work(tx: TokenRevocationSlice) -> None:
            tx.tokens.end_family(subject, now)
            tx.sessions.add_epoch(Epoch(EpochKind.TOKEN, subject, now))
            tx.audit.append(
                event_of(
                    client.caller,
                    EventName.REVOKE_TOKEN,
                    at=now,
                    resources=[client.application.arn],
                    details=details,
                )
            )

        self._transactions.write(work)


def _check_own(client_id: str, client: Client) -> None:
    if client_id != client.application.client_id:
        raise InvalidGrant(f"the token is of the application `{client_id}`")
