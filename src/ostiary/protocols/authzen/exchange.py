"""How does one question become one answer? The walk, on one screen, which no endpoint can forget.

Token, body, permission and decisions (the endpoint's part), event, answer: in this order.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

import msgspec
from falcon import Request, Response

from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.audit.caller import Caller, Door
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.tokens.errors import AccessTokenInvalid
from ostiary.protocols.authzen.decisions import Decisions
from ostiary.protocols.authzen.entities import Entity
from ostiary.protocols.authzen.errors import CHALLENGE, client_request_id, echo_request_id, write_error, write_failure
from ostiary.protocols.authzen.permissions import PERMISSIONS, Operation
from ostiary.protocols.authzen.rooms import AuthzenRooms
from ostiary.protocols.authzen.strict_json import Json, read_object
from ostiary.protocols.http.client import origin_of
from ostiary.protocols.http.errors import Failure
from ostiary.protocols.http.refusals import RequestRefused

_NAMED = 10  # of each kind; how many there were is counted
_UNAUTHORIZED = 401
_encoder = msgspec.json.Encoder()

Answer = dict[str, object]


@dataclass(slots=True)
class Journal:
    """What the event of one request will tell."""

    resources: dict[str, None] = field(default_factory=dict)
    subjects: dict[str, None] = field(default_factory=dict)
    actions: dict[str, None] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, *, resource: str = "", subject: Entity | None = None, action: str = "") -> None:
        told = f"{subject.type}/{subject.id}" if subject is not None else ""
        for names, name in ((self.resources, resource), (self.subjects, told), (self.actions, action)):
            if name and len(names) < _NAMED:
                names[name] = None

    def count(self, what: str) -> None:
        self.counts[what] = self.counts.get(what, 0) + 1

    def details(self) -> dict[str, str | int | bool | list[str]]:
        told: dict[str, str | int | bool | list[str]] = dict(self.counts)
        if self.subjects:
            told["subjects"] = list(self.subjects)
        if self.actions:
            told["actions"] = list(self.actions)
        return told


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a proved application."""

    asker: Caller
    now: datetime
    client_request_id: str
    journal: Journal = field(default_factory=Journal)


class AccessEndpoint(ABC):
    operation: ClassVar[Operation]

    def __init__(self, rooms: AuthzenRooms) -> None:
        self.rooms = rooms
        self.permission = PERMISSIONS[self.operation]

    def on_post(self, request: Request, response: Response) -> None:
        echo_request_id(request, response)
        authorization = request.get_header("Authorization")
        if authorization is None:
            # RFC 6750 section 3.1: who brought nothing is told how, and no error.
            response.set_header("WWW-Authenticate", CHALLENGE)
            write_failure(request, response, Failure(_UNAUTHORIZED, "an access token of this server is needed"))
            return
        try:
            # ORDER: the application is proved before anything in the body is looked at.
            exchange = self._authenticate(request, authorization)
            with self._recorded(exchange):
                answer = self.answer(exchange, read_object(request))
            write_json(response, answer)
        except DomainError as error:
            write_error(request, response, error)

    @abstractmethod
    def answer(self, exchange: Exchange, body: Json) -> Answer:
        """Raises AccessDenied, MalformedQuestion."""

    @contextmanager
    def decisions(self, exchange: Exchange) -> Iterator[Decisions]:
        rooms = self.rooms
        with rooms.transactions.read() as tx:
            yield Decisions(
                tx, rooms.index.value, standings=rooms.standings, authorizer=rooms.authorizer, asker=exchange.asker
            )

    def _authenticate(self, request: Request, authorization: str) -> Exchange:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise AccessTokenInvalid("the Authorization header is not of the scheme Bearer")
        origin = origin_of(request, Door.AUTHZEN, self.rooms.trust)
        client = self.rooms.tokens.client(token.strip(), origin, self.permission.event)
        return Exchange(client.caller, self.rooms.clock.now(), client_request_id(request))

    @contextmanager
    def _recorded(self, exchange: Exchange) -> Iterator[None]:
        """One event per request, durable before the answer leaves."""
        try:
            yield
        except AccessDenied as refusal:
            self._record(exchange, Outcome.DENIED, "AccessDenied", refusal.operator_text)
            raise
        except (DomainError, RequestRefused) as refusal:
            self._record(exchange, Outcome.FAILED, type(refusal).__name__, str(refusal))
            raise
        self._record(exchange, Outcome.SUCCESS)

    def _record(self, exchange: Exchange, outcome: Outcome, error_code: str = "", why: str = "") -> None:
        details = exchange.journal.details()
        if exchange.client_request_id:
            details["clientRequestId"] = exchange.client_request_id
        self.rooms.recorder.record(
            event_of(
                exchange.asker,
                self.permission.event,
                at=exchange.now,
                outcome=outcome,
                resources=list(exchange.journal.resources),
                error_code=error_code,
                error_message=why,
                details=details,
            )
        )


def write_json(response: Response, answer: Answer) -> None:
    response.content_type = "application/json"
    response.set_header("Cache-Control", "no-store")
    response.data = _encoder.encode(answer)
