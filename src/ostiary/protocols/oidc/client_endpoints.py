"""What do the endpoints share that applications call, and what does each of them answer?

The phases no endpoint may forget (strict form, one proof of the client, errors in OAuth's form) stand once, in
`ClientEndpoint.on_post`. RFC 6749 section 3.2 (token), RFC 8628 section 3.1 (devices), RFC 7009 (revocation),
RFC 7662 (introspection).
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
from ostiary.protocols.http.return_to import DEVICE_PAGE
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
    operations = frozenset(
        {Operation.EXCHANGE_CODE, Operation.REFRESH, Operation.CLIENT_CREDENTIALS, Operation.EXCHANGE_DEVICE_CODE}
    )

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


class DeviceAuthorizationEndpoint(ClientEndpoint):
    """RFC 8628 section 3.2."""

    event = EventName.AUTHORIZE_DEVICE
    operations = frozenset({Operation.AUTHORIZE_DEVICE})

    def answer(self, client: Client, fields: Mapping[str, str], response: Response) -> None:
        codes = self.rooms.device_authorizations.start(client, fields)
        page, user_code = self.rooms.issuer + DEVICE_PAGE, codes.user_code.reveal()
        answer = {
            "device_code": codes.device_code.reveal(),
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": codes.expires_in,
            "interval": codes.interval,
        }
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
