"""How does one AWS request become one answer? The walk, on one screen.

Signature, credential, revocation, input, permission, handler, event, answer: in this order, for every operation of
every service, so that no service can forget a step. Bad input never ends in a 500.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum
from typing import Any

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.audit.caller import Caller, CallerKind, Origin, anonymous
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.sessions.signing_credentials import SigningCredentials
from ostiary.kit import arn
from ostiary.kit.clock import Clock
from ostiary.protocols.aws.gateway.errors import outcome_of, wire_error_of
from ostiary.protocols.aws.wire import (
    Operation,
    Signature,
    WireError,
    WireRequest,
    WireResponse,
    canonical_path,
    parse_input,
    path_labels,
    read_signature,
    route,
    serialize_error,
    serialize_output,
    verify_signature,
)
from ostiary.protocols.aws.wire.service import Access, Call, MountedOperation, MountedService, Output, Recorded

log = logging.getLogger(__name__)


class Stage(IntEnum):
    """How far a request came; what is recorded of a refusal depends on it."""

    ROUTING = 0
    AUTHENTICATING = 1
    OPERATING = 2


@dataclass(slots=True)
class Exchange:
    """One request on its way; the steps fill it in."""

    request: WireRequest
    now: datetime
    caller: Caller
    stage: Stage = Stage.ROUTING
    signature: Signature | None = None
    operation: Operation | None = None
    mounted: MountedOperation | None = None
    resources: list[str] = field(default_factory=list)


class Gateway:
    def __init__(
        self,
        *,
        services: Sequence[MountedService],
        credentials: SigningCredentials,
        authorizer: Authorizer,
        recorder: EventRecorder,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._operations: Mapping[tuple[str, str], MountedOperation] = {
            (service.name, name): mounted for service in services for name, mounted in service.operations.items()
        }
        self._credentials = credentials
        self._authorizer = authorizer
        self._recorder = recorder
        self._last_use = last_use
        self._clock = clock

    def answer(self, request: WireRequest, origin: Origin) -> WireResponse:
        """Never raises."""
        exchange = Exchange(request, self._clock.now(), anonymous(origin))
        try:
            return self._run(exchange)
        except Exception as failure:  # noqa: BLE001 - the last place: whatever it is becomes an AWS error
            return self._refuse(exchange, failure)

    def _run(self, exchange: Exchange) -> WireResponse:
        operation, mounted = self._route(exchange)
        if exchange.signature is not None:
            self._authenticate(exchange, exchange.signature, operation)
        elif mounted.row.access is not Access.PROVED_BY_INPUT:
            raise WireError("MissingAuthenticationToken", "Request is missing Authentication Token")
        exchange.stage = Stage.OPERATING
        output = self._operate(exchange, operation, mounted)
        return serialize_output(operation, output, request_id=exchange.caller.origin.request_id)

    def _route(self, exchange: Exchange) -> tuple[Operation, MountedOperation]:
        signature = read_signature(exchange.request)
        operation = route(exchange.request, signature.service if signature is not None else None)
        exchange.signature, exchange.operation = signature, operation
        mounted = self._operations.get((operation.service, operation.name))
        if mounted is None:
            raise WireError("InvalidAction", f"The operation {operation.name} is not implemented by this server.")
        exchange.mounted = mounted
        return operation, mounted

    def _authenticate(self, exchange: Exchange, signature: Signature, operation: Operation) -> None:
        exchange.stage = Stage.AUTHENTICATING
        origin = replace(exchange.caller.origin, region=signature.region)
        credential = self._credentials.load(
            signature.access_key_id, signature.session_token, origin=origin, now=exchange.now
        )
        path = _canonical_path(operation, exchange.request)
        secret = credential.secret.reveal()
        verify_signature(signature, exchange.request, secret_access_key=secret, now=exchange.now, canonical_path=path)
        # ORDER: only now is the caller known; a refusal before this line names nobody but the key that was claimed.
        exchange.caller = credential.caller
        self._credentials.check_in_force(credential.caller, now=exchange.now)
        self._note_use(credential.caller, operation, exchange.now)

    def _operate(self, exchange: Exchange, operation: Operation, mounted: MountedOperation) -> Output:
        row, caller = mounted.row, exchange.caller
        given = parse_input(operation, exchange.request)
        call = Call(caller, exchange.now, caller.origin.region)
        resource = row.resource_of(call, given)
        exchange.resources = [] if resource == "*" else [resource]
        if row.access is Access.CHECKED:
            context = row.conditions(call, given) if row.conditions is not None else None
            account = _account_of(resource, caller)
            self._authorizer.authorize(caller, row.action, resource, resource_account=account, context=context)
        output = mounted.handle(call, given)
        if row.recorded is Recorded.BY_GATEWAY:
            self._recorder.record(event_of(caller, row.event, at=exchange.now, resources=exchange.resources))
        return output

    def _refuse(self, exchange: Exchange, failure: Exception) -> WireResponse:
        error = _wire_error(failure)
        request_id = exchange.caller.origin.request_id
        if error.fault == "receiver":
            log.error("aws request %s failed: %s", request_id, error.operator_text, exc_info=failure)
        else:
            log.info("aws request %s refused: %s %s", request_id, error.code, error.operator_text)
        try:
            self._record_refusal(exchange, failure, error)
        except Exception:
            # INVARIANT: an attempt that cannot be recorded is not told either.
            log.exception("the refusal of aws request %s cannot be recorded", request_id)
            error = _unavailable()
        return serialize_error(error, exchange.operation or exchange.request, request_id=request_id)

    def _record_refusal(self, exchange: Exchange, failure: Exception, error: WireError) -> None:
        if exchange.stage is Stage.AUTHENTICATING:
            self._record(exchange, EventName.AUTHENTICATE_REQUEST, error, exchange.caller, _claims(exchange))
        # Junk that proves no identity is answered and not remembered, or anybody could fill the disk with it.
        elif exchange.mounted is not None and (exchange.signature is not None or isinstance(failure, DomainError)):
            asked_by = failure.asked_by if isinstance(failure, AccessDenied) else None
            self._record(exchange, exchange.mounted.row.event, error, asked_by or exchange.caller, {})

    def _record(
        self, exchange: Exchange, name: EventName, error: WireError, caller: Caller, details: dict[str, Any]
    ) -> None:
        self._recorder.record(
            event_of(
                caller,
                name,
                at=exchange.now,
                outcome=outcome_of(error) if exchange.stage is Stage.OPERATING else Outcome.FAILED,
                resources=exchange.resources,
                error_code=error.code,
                error_message=error.operator_text,
                details=details,
            )
        )

    def _note_use(self, caller: Caller, operation: Operation, now: datetime) -> None:
        if caller.kind is CallerKind.IAM_USER:
            kind, subject = Used.ACCESS_KEY, caller.access_key_id
        else:
            kind, subject = Used.ROLE, caller.role_arn or caller.arn
        self._last_use.note(LastUse(kind, subject, now, caller.origin.source_ip, operation.name, operation.service))


def _canonical_path(operation: Operation, request: WireRequest) -> str | None:
    if operation.template is None:
        return None
    return canonical_path(operation, path_labels(operation, request.path), mount=request.mount)


def _account_of(resource: str, caller: Caller) -> str:
    """The account that owns the resource; what has no account of its own is the caller's."""
    try:
        return arn.parse(resource).account or caller.account
    except ValueError:
        return caller.account


def _claims(exchange: Exchange) -> dict[str, Any]:
    """What an unproved request said of itself."""
    signature, operation = exchange.signature, exchange.operation
    return {
        "claimedAccessKeyId": signature.access_key_id if signature is not None else "",
        "service": operation.service if operation is not None else "",
        "operation": operation.name if operation is not None else "",
    }


def _wire_error(failure: Exception) -> WireError:
    match failure:
        case WireError():
            return failure
        case DomainError():
            return wire_error_of(failure)
        case _:
            return WireError(
                "InternalFailure", "The request failed because of an error of the server.", fault="receiver"
            )


def _unavailable() -> WireError:
    return WireError("ServiceUnavailable", "The server cannot record the request now: try again later.")
