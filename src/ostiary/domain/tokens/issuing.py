"""Which grant is asked for, and what happens to those that are refused? The dispatcher of the token endpoint.

A grant says what it needs and mints; that a refusal leaves its event is settled here, for every grant alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from ostiary.domain.applications.client_authentication import Client, ClientAuthenticator
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.tokens import client_credentials, code_exchange, device_grant, refresh
from ostiary.domain.tokens.errors import TokenRefused, UnsupportedGrantType
from ostiary.domain.tokens.grant import Fields, TokenAnswer, required
from ostiary.kit.clock import Clock


class Grant(Protocol):
    def issue(self, client: Client, fields: Fields) -> TokenAnswer: ...


class TokenIssuer:
    def __init__(
        self,
        *,
        code_exchange_grant: Grant,
        refresh_grant: Grant,
        client_credentials_grant: Grant,
        device_code_grant: Grant,
        refusals: Refusals,
    ) -> None:
        self._grants: Mapping[str, Grant] = MappingProxyType(
            {
                code_exchange.GRANT_TYPE: code_exchange_grant,
                refresh.GRANT_TYPE: refresh_grant,
                client_credentials.GRANT_TYPE: client_credentials_grant,
                device_grant.GRANT_TYPE: device_code_grant,
            }
        )
        self._refusals = refusals

    def issue(self, client: Client, fields: Fields) -> TokenAnswer:
        """Raises TokenRefused, after its event is durable; Throttled when a public client fails too often."""
        try:
            return self._grant(fields).issue(client, fields)
        except TokenRefused as refused:
            self._refusals.record(client, EventName.ISSUE_TOKEN, refused)
            raise

    def _grant(self, fields: Fields) -> Grant:
        grant = self._grants.get(required(fields, "grant_type"))
        if grant is None:
            raise UnsupportedGrantType(f"use one of the grants {', '.join(self._grants)}")
        return grant


class Refusals:
    """Records what was refused to an application."""

    def __init__(self, *, authenticator: ClientAuthenticator, recorder: EventRecorder, clock: Clock) -> None:
        self._authenticator = authenticator
        self._recorder = recorder
        self._clock = clock

    def record(self, client: Client, operation: EventName, refused: TokenRefused) -> None:
        """Raises Throttled: a public client is anybody, and a flood of anybody's must not fill the trail."""
        error_code, application = type(refused).__name__, client.application
        if application.public:
            self._authenticator.count_failure(
                application.client_id,
                client.caller.origin,
                operation,
                error_code=error_code,
                why=refused.operator_text,
            )
            return
        event = event_of(
            client.caller,
            operation,
            at=self._clock.now(),
            outcome=Outcome.FAILED,
            resources=[application.arn],
            error_code=error_code,
            error_message=refused.operator_text,
        )
        self._recorder.record(event)
