"""What does recovery need of a transaction?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ostiary.domain.recovery.model import RecoveryRequest, RequestOutcome
from ostiary.domain.risk.ports import RiskSlice
from ostiary.domain.signin.slices import SigninSlice


class RecoveryRows(Protocol):
    def add_request(self, request: RecoveryRequest) -> None: ...

    def request(self, request_id: str) -> RecoveryRequest | None: ...

    def living_requests(self, now: datetime) -> Sequence[RecoveryRequest]:
        """Those that are not over, decided or not; oldest first."""
        ...

    def requests_for(self, person_id: str) -> Sequence[RecoveryRequest]:
        """Oldest first."""
        ...

    def decide_request(
        self, request_id: str, outcome: RequestOutcome, *, was: RequestOutcome, decided_by: str, now: datetime
    ) -> bool:
        """False when it is not in the state `was` any more, or over: of two at the same moment one decides."""
        ...

    def delete_requests(self, *, expired_before: datetime) -> int: ...


class RecoverySlice(SigninSlice, RiskSlice, Protocol):
    @property
    def recovery(self) -> RecoveryRows: ...
