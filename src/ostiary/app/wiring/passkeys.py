"""The services for passkeys."""

from __future__ import annotations

from ostiary.app.wiring.shared import SharedServices
from ostiary.domain.credentials.passkeys import Passkeys
from ostiary.domain.signin.passkey_adding import PasskeyAdding
from ostiary.domain.signin.passkey_proof import PasskeyProofs
from ostiary.domain.signin.passkey_services import PasskeyServices
from ostiary.domain.signin.passkey_sign_in import PasskeySignIn


def passkey_services(people: SharedServices) -> PasskeyServices:
    """After arrivals, throttle, step-up and outbox were made."""
    parts = people.parts
    database, clock, last_use = parts.database, parts.clock, parts.last_use
    passkeys = Passkeys(
        keys=parts.keys, issuer=parts.issuer, organization=parts.organization, roots=parts.authenticator_roots
    )
    proofs = PasskeyProofs(
        transactions=database,
        recorder=database,
        throttle=people.throttle,
        passkeys=passkeys,
        policies=parts.policies,
        last_use=last_use,
        clock=clock,
    )
    adding = PasskeyAdding(
        transactions=database,
        recorder=database,
        passkeys=passkeys,
        outbox=people.outbox,
        not_me=people.not_me_links,
        last_use=last_use,
        clock=clock,
    )
    sign_in = PasskeySignIn(proofs=proofs, arrivals=people.arrivals, step_up=people.step_up, clock=clock)
    return PasskeyServices(passkeys, proofs, sign_in, adding)
