"""How are requests kept to let somebody in again?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, select, update

from ostiary.domain.recovery.model import RecoveryRequest, RequestOutcome
from ostiary.storage.facts import many, one, values_of
from ostiary.storage.schema import recovery_request

_REQUEST = select(recovery_request).where(recovery_request.c.request_id == bindparam("request_id"))
_IN_ORDER = select(recovery_request).order_by(recovery_request.c.requested_at, recovery_request.c.request_id)
_LIVING = _IN_ORDER.where(recovery_request.c.expires_at > bindparam("now"))
_FOR_PERSON = _IN_ORDER.where(recovery_request.c.person_id == bindparam("person_id"))


class RecoveryTable:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add_request(self, request: RecoveryRequest) -> None:
        self._connection.execute(recovery_request.insert(), values_of(request))

    def request(self, request_id: str) -> RecoveryRequest | None:
        return one(self._connection, _REQUEST, RecoveryRequest, request_id=request_id)

    def living_requests(self, now: datetime) -> Sequence[RecoveryRequest]:
        return many(self._connection, _LIVING, RecoveryRequest, now=now)

    def requests_for(self, person_id: str) -> Sequence[RecoveryRequest]:
        return many(self._connection, _FOR_PERSON, RecoveryRequest, person_id=person_id)

    def decide_request(
        self, request_id: str, outcome: RequestOutcome, *, was: RequestOutcome, decided_by: str, now: datetime
    ) -> bool:
        decided = self._connection.execute(
            update(recovery_request)
            .where(recovery_request.c.request_id == request_id, recovery_request.c.outcome == was)
            .where(recovery_request.c.expires_at > now)
            .values(outcome=outcome, decided_by=decided_by, decided_at=now)
        )
        return decided.rowcount == 1

    def delete_requests(self, *, expired_before: datetime) -> int:
        old = delete(recovery_request).where(recovery_request.c.expires_at < expired_before)
        return self._connection.execute(old).rowcount
