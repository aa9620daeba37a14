"""How does an application get a token for itself? RFC 6749 section 4.4. The hot path: no look into the database."""

from __future__ import annotations

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.scopes import OF_PERSONS
from ostiary.domain.audit.event import Details
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.tokens.access_token import LIFE
from ostiary.domain.tokens.errors import InvalidScope
from ostiary.domain.tokens.grant import Fields, Minting, TokenAnswer, check_resource, issued_event
from ostiary.domain.tokens.permissions import Operation, check_client
from ostiary.domain.tokens.requested_scopes import ScopesRefused, check_subset, parse_scopes
from ostiary.kit.clock import Clock

GRANT_TYPE = "client_credentials"
_SECONDS = int(LIFE.total_seconds())


class ClientCredentialsGrant:
    def __init__(self, *, minting: Minting, recorder: EventRecorder, clock: Clock) -> None:
        self._minting = minting
        self._recorder = recorder
        self._clock = clock

    def issue(self, client: Client, fields: Fields) -> TokenAnswer:
        """Raises UnauthorizedClient, InvalidScope, InvalidTarget."""
        check_client(Operation.CLIENT_CREDENTIALS, client.caller, client.application)
        audience = self._audience(client, fields)
        scopes = _scopes(client, fields.get("scope", ""))
        now = self._clock.now()
        minted = self._minting.access_token(client.application, scopes, now, audience=audience)
        # ORDER: the event is durable before the token exists outside this function.
        details: Details = {"audience": audience} if audience else {}
        self._recorder.record(issued_event(client, GRANT_TYPE, scopes, at=now, jti=minted.jti, details=details))
        return TokenAnswer(minted.text, _SECONDS, scopes)

    def _audience(self, client: Client, fields: Fields) -> str:
        """RFC 8707: any application may ask for a token that is good for this server's access API and nothing else."""
        access_api = self._minting.access_api
        if fields.get("resource") == access_api:
            return access_api
        check_resource(fields, client.application, or_else=f", or ask for `{access_api}`")
        return ""


def _scopes(client: Client, asked: str) -> tuple[str, ...]:
    """What was asked for, or without a wish all that the application may have for itself."""
    allowed = tuple(scope for scope in client.application.scopes if scope not in OF_PERSONS)
    if not asked:
        return allowed
    try:
        scopes = parse_scopes(asked)
        check_subset(scopes, allowed)
    except ScopesRefused as refused:
        raise InvalidScope(str(refused)) from None
    return scopes
