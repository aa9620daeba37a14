"""Which services make up a person's own account? One value, so that whoever shows it takes it whole."""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.account.disowning import Disowning
from ostiary.domain.account.own_applications import OwnApplications
from ostiary.domain.account.own_data import OwnData
from ostiary.domain.account.own_events import OwnEvents
from ostiary.domain.account.own_factors import OwnFactors
from ostiary.domain.account.own_password import OwnPassword
from ostiary.domain.account.own_recovery_codes import OwnRecoveryCodes
from ostiary.domain.account.ways import OwnWays


@dataclass(frozen=True, slots=True)
class Own:
    ways: OwnWays
    factors: OwnFactors
    password: OwnPassword
    recovery_codes: OwnRecoveryCodes
    applications: OwnApplications
    events: OwnEvents
    data: OwnData
    disowning: Disowning
