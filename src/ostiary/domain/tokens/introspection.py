"""What does a resource server get told about a token that it was shown? RFC 7662.

Only the application that a token was issued to, or one whose client id is the token's audience, learns anything; all
others, and all that is wrong with a token, get the same `{"active": false}`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.tokens import access_token
from ostiary.domain.tokens.access_token import AccessToken
from ostiary.domain.tokens.errors import AccessTokenInvalid, InvalidGrant, TokenRefused
from ostiary.domain.tokens.grant import REFRESH_PREFIX, Fields, GrantSlice, load_holder, required
from ostiary.domain.tokens.issuing import Refusals
from ostiary.domain.tokens.model import TokenFamily
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.kit import ids
from ostiary.kit.clock import Clock, to_micros
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

_MICROS = 1_000_000
Answer = dict[str, Any]


class TokenIntrospection:
    def __init__(
        self,
        *,
        transactions: Transactions[GrantSlice],
        keys: OwnKeys,
        applications: Current[ApplicationIndex],
        revocations: Current[RevocationIndex],
        refusals: Refusals,
        recorder: EventRecorder,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._applications = applications
        self._revocations = revocations
        self._refusals = refusals
        self._recorder = recorder
        self._clock = clock
        self._issuer = issuer

    def introspect(self, client: Client, fields: Fields) -> Answer:
        """RFC 7662 section 2.2. Raises InvalidTokenRequest, UnauthorizedClient."""
        try:
            check_client(Operation.INTROSPECT, client.caller, client.application)
            token = required(fields, "token")
        except TokenRefused as refused:
            self._refusals.record(client, EventName.INTROSPECT_TOKEN, refused)
            raise
        now = self._clock.now()
        try:
            described = self._describe(client, token, now)
        except (AccessTokenInvalid, InvalidGrant) as unknown:
            self._record(client, now, Outcome.DENIED, unknown.operator_text, "")
            return {"active": False}
        self._record(client, now, Outcome.SUCCESS, "", described.get("jti", ""))
        return {"active": True, "iss": self._issuer, **described}

    def _describe(self, client: Client, token: str, now: datetime) -> Answer:
        if ids.has_token_form(token, REFRESH_PREFIX):
            return self._refresh_token(client, token, now)
        return self._access_token(client, token, now)

    def _access_token(self, client: Client, token: str, now: datetime) -> Answer:
        found = access_token.verify(
            token, self._keys.verification(), issuer=self._issuer, now=now, revocations=self._revocations.value
        )
        if client.application.client_id not in {found.client_id, *found.audience}:
            raise AccessTokenInvalid("the token is neither of nor for the application that asks")
        issued_to = self._applications.value.registered(found.client_id)
        if issued_to is None:
            raise AccessTokenInvalid("the application of the token is disabled or gone")
        answer = _facts_of(found)
        if found.of_person:
            with self._transactions.read() as tx:
                answer["username"] = load_holder(tx, found.subject, issued_to.application).person.user_name
        return answer

    def _refresh_token(self, client: Client, token: str, now: datetime) -> Answer:
        token_hash = hash_secret(token)
        with self._transactions.read() as tx:
            row = tx.tokens.refresh_token(token_hash)
            family = tx.tokens.family(row.family_id) if row is not None else None
            if family is None or family.client_id != client.application.client_id:
                raise InvalidGrant("the refresh token is unknown, or of another application")
            if family.current_hash != token_hash or family.ended_at is not None or now >= family.expires_at:
                raise InvalidGrant("the refresh token was used, or its family has ended")
            holder = load_holder(tx, family.person_id, client.application)
        return {**_family_facts(family), "username": holder.person.user_name}

    def _record(self, client: Client, at: datetime, outcome: Outcome, why: str, jti: str) -> None:
        event = event_of(
            client.caller,
            EventName.INTROSPECT_TOKEN,
            at=at,
            outcome=outcome,
            resources=[client.application.arn],
            error_message=why,
            details={"jti": jti} if jti else {},
        )
        self._recorder.record(event)


def _facts_of(token: AccessToken) -> Answer:
    facts: Answer = {
        "token_type": "Bearer",
        "client_id": token.client_id,
        "sub": token.subject,
        "aud": list(token.audience) if len(token.audience) > 1 else token.audience[0],
        "scope": " ".join(token.scopes),
        "iat": to_micros(token.issued_at) // _MICROS,
        "exp": to_micros(token.expires_at) // _MICROS,
        "jti": token.jti,
    }
    if token.of_person:
        facts |= {"amr": list(token.methods), "auth_time": token.authenticated_at, "sid": token.session_id}
    return facts


def _family_facts(family: TokenFamily) -> Answer:
    return {
        "client_id": family.client_id,
        "sub": family.person_id,
        "scope": " ".join(family.scopes),
        "iat": to_micros(family.created_at) // _MICROS,
        "exp": to_micros(family.expires_at) // _MICROS,
    }
