"""What do the endpoints share that applications call, and what does each of them answer?

The phases no endpoint may forget (strict form, one proof of the client, errors in OAuth's form) stand once, in
`ClientEndpoint.on_post`. RFC 6749 section 3.2 (token), RFC 7009 (revocation), RFC 7662 (introspection).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from falcon import Request, Response

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.audit.caller import Door
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.tokens.permissions import Operation
from ostiary.protocols.http.client import origin_of
from ostiary.protocols.http.forms import read_form
from ostiary.protocols.oidc.client_proof import read_proof
from ostiary.protocols.oidc.errors import write_error, write_json
from ostiary.protocols.oidc.rooms import OidcRooms


class ClientEndpoint(ABC):
    """`operations` are the rows of the permission table that the endpoint serves."""

    event: ClassVar[EventName]
    operations: ClassVar[frozenset[Operation]]

    def __init__(self, rooms: OidcRooms) -> None:
        self.rooms = rooms

    def on_post(self, request: Request, response: Response) -> None:
        # ORDER: the client is proved before anything else in the form is looked at.
        fields = read_form(request)
        try:
            proof = read_proof(request.get_header("Authorization"), fields)
            origin = origin_of(request, Door.OIDC, self.rooms.trust)
            client = self.rooms.authenticator.authenticate(proof, origin, self.event)
            self.answer(client, fields, response)
        except DomainError as error:
            write_error(request, response, error)

    @abstractmethod
    def answer(self, client: Client, fields: Mapping[str, str], response: Response) -> None: ...


class TokenEndpoint(ClientEndpoint):
    event = EventName.ISSUE_TOKEN
    operations = frozenset({Operation.EXCHANGE_CODE, Operation.REFRESH, Operation.CLIENT_CREDENTIALS})

    def answer(self, client: Client, fields: Mapping[str, str], response: Response) -> None:
        issued = self.rooms.token_issuer.issue(client, fields)
        answer: dict[str, object] = {
            "access_token": issued.access_token,
            "token_type": "Bearer",
            "expires_in": issued.expires_in,
            "scope": " ".join(issued.scopes),
        }
        if issued.refresh_token:
            answer["refresh_token"] = issued.refresh_token
        if issued.id_token:
            answer["id_token"] = issued.id_token
        write_json(response, answer)


class RevocationEndpoint(ClientEndpoint):
    event = EventName.REVOKE_TOKEN
    operations = frozenset({Operation.REVOKE})

    def answer(self, client: Client, fields: Mapping[str, str], response: Response) -> None:
        self.rooms.revocation.revoke(client, fields)
        response.set_header("Cache-Control", "no-store")


class IntrospectionEndpoint(ClientEndpoint):
    event = EventName.INTROSPECT_TOKEN
    operations = frozenset({Operation.INTROSPECT})

    def answer(self, client: Client, fields: Mapping[str, str], response: Response) -> None:
        write_json(response, self.rooms.introspection.introspect(client, fields))
