"""Which services does this room offer? Made once by the wiring, for the pages and the commands."""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.recovery.asking import RecoveryLinks
from ostiary.domain.recovery.assisted import AssistedRecovery
from ostiary.domain.recovery.deletion import AccountDeletion
from ostiary.domain.recovery.not_me import NotMe
from ostiary.domain.recovery.registration import Registrations
from ostiary.domain.recovery.self_service import SelfServiceRecovery
from ostiary.domain.recovery.terms import Terms


@dataclass(frozen=True, slots=True)
class RecoveryServices:
    links: RecoveryLinks
    self_service: SelfServiceRecovery
    assisted: AssistedRecovery
    not_me: NotMe
    registrations: Registrations
    terms: Terms
    deletion: AccountDeletion
