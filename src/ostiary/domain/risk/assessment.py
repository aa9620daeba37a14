"""What is unusual about this sign-in, what does it add up to, and what do the person's rules answer?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from ostiary.domain.audit.caller import Origin
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.directory.model import Person
from ostiary.domain.risk.model import Assessment
from ostiary.domain.risk.networks import neighbourhood_of
from ostiary.domain.risk.places import NoPlaces, Places
from ostiary.domain.risk.ports import RiskSlice
from ostiary.domain.signin_policy.model import RiskAnswer, RiskLevel, SignInRules
from ostiary.kit.networks import is_within


class AssessingSlice(CredentialSlice, RiskSlice, AuditSlice, Protocol): ...


class RiskAssessor:
    def __init__(self, *, places: Places | None = None) -> None:
        self._places = places or NoPlaces()

    def is_denied(self, rules: SignInRules, origin: Origin) -> bool:
        """Whether nobody may sign in from there; asked before anything is checked."""
        return is_within(origin.source_ip, rules.risk.deny_networks)

    def assess(
        self, tx: AssessingSlice, person: Person, rules: SignInRules, origin: Origin, now: datetime
    ) -> Assessment:
        """Reads only. ORDER: before `throttle.succeeded`, which forgets the failures that came before."""
        del tx, person, origin, now
        low = rules.risk.answer(RiskLevel.LOW)
        return Assessment(0, RiskLevel.LOW, (), RiskAnswer.ALLOW if rules.risk.observe_only else low, low)

    def is_trusted_context(
        self, tx: AssessingSlice, person: Person, rules: SignInRules, origin: Origin, now: datetime
    ) -> bool:
        """Whether she proved all factors on this browser lately, and came from this network before (BP01-2)."""
        device = tx.risk.known_device(person.person_id, origin.device) if origin.device else None
        if (
            device is None
            or device.trusted_at is None
            or now - device.trusted_at >= max(rules.trust_device, timedelta(0))
        ):
            return False
        return neighbourhood_of(origin.source_ip) in {
            known.network for known in tx.risk.known_networks(person.person_id)
        }

    def note_arrival(
        self,
        tx: AssessingSlice,
        person: Person,
        origin: Origin,
        now: datetime,
        *,
        full: bool,
        assessment: Assessment,
        proved_all: bool = True,
    ) -> None:
        """Say and remember what came of it, in the transaction that opens the session.

        `full`: she is in, so browser, network and place are known from now on. `proved_all`: all factors were proved
        now, not some of them spared because of a trusted browser.
        """

    def note_block(self, person: Person, origin: Origin, assessment: Assessment) -> None:
        """Record that she was kept out, and tell her; durable when it returns. Not within a transaction."""
