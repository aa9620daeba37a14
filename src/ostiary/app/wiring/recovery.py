"""The services by which people come back in, and by which consumers come and go."""

from __future__ import annotations

from ostiary.app.wiring.shared import SharedServices
from ostiary.domain.recovery.asking import RecoveryLinks
from ostiary.domain.recovery.assisted import AssistedRecovery
from ostiary.domain.recovery.deletion import AccountDeletion
from ostiary.domain.recovery.helping import HelperRights
from ostiary.domain.recovery.not_me import NotMe
from ostiary.domain.recovery.registration import Registrations
from ostiary.domain.recovery.self_service import SelfServiceRecovery
from ostiary.domain.recovery.services import RecoveryServices
from ostiary.domain.recovery.terms import Terms
from ostiary.domain.signin.passkey_services import PasskeyServices


def recovery_services(people: SharedServices, passkeys: PasskeyServices) -> RecoveryServices:
    parts = people.parts
    database, clock, issuer, outbox = parts.database, parts.clock, parts.issuer, people.outbox
    links = RecoveryLinks(
        transactions=database,
        throttle=people.throttle,
        hashing=people.hashing,
        outbox=outbox,
        keys=parts.keys,
        clock=clock,
        issuer=issuer,
    )
    return RecoveryServices(
        links=links,
        self_service=SelfServiceRecovery(
            transactions=database,
            recorder=database,
            throttle=people.throttle,
            authenticators=people.authenticators,
            passkeys=passkeys.proofs,
            choice=people.choice,
            policies=parts.policies,
            outbox=outbox,
            not_me=people.not_me_links,
            clock=clock,
        ),
        assisted=AssistedRecovery(
            transactions=database,
            recorder=database,
            rights=HelperRights(authorizer=parts.authorizer, policies=parts.policies),
            risk=people.risk,
            outbox=outbox,
            not_me=people.not_me_links,
            clock=clock,
            issuer=issuer,
        ),
        not_me=NotMe(transactions=database, links=links, risk=people.risk, outbox=outbox, clock=clock),
        registrations=Registrations(
            transactions=database,
            throttle=people.throttle,
            hashing=people.hashing,
            policies=parts.policies,
            outbox=outbox,
            clock=clock,
            issuer=issuer,
        ),
        terms=Terms(transactions=database, clock=clock),
        deletion=AccountDeletion(transactions=database, outbox=outbox, clock=clock),
    )
