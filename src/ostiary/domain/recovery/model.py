"""What is a request to let somebody in again who lost everything?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RequestOutcome(StrEnum):
    OPEN = ""
    APPROVED = "approved"
    COLLECTED = "collected"  # approved, and the requester took the link of somebody without an address
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RecoveryRequest:
    """`requested_by` and `decided_by` are ARNs, never the same one; open while nobody decided and it is not over."""

    request_id: str
    person_id: str
    reason: str
    requested_by: str
    requested_at: datetime
    expires_at: datetime
    decided_by: str = ""
    decided_at: datetime | None = None
    outcome: RequestOutcome = RequestOutcome.OPEN

    def is_open(self, now: datetime) -> bool:
        return self.outcome is RequestOutcome.OPEN and now < self.expires_at

    def awaits_collection(self, now: datetime) -> bool:
        return self.outcome is RequestOutcome.APPROVED and now < self.expires_at
