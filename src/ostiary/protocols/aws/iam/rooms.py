"""Which domain services do the handlers of IAM use?"""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.access.simulation import Simulations
from ostiary.domain.posture.credential_report import CredentialReports


@dataclass(frozen=True, slots=True)
class IamRooms:
    credential_reports: CredentialReports
    simulations: Simulations
