"""Which room gets which collaborators? The doors of one worker, built from its house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from falcon import Request

from ostiary.app.house import House
from ostiary.app.issuer_keys import HttpKeySource
from ostiary.app.settings import ServeSettings
from ostiary.domain.audit.caller import Door, Origin
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.web_identity import WebIdentityVerifier
from ostiary.domain.federation.web_identity_role import WebIdentityRoles
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.sessions.role_assumption import RoleAssumption
from ostiary.domain.sessions.signing_credentials import SigningCredentials
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.own_account import OwnAccount
from ostiary.domain.signin.own_sessions import OwnSessions
from ostiary.domain.signin.signin import SignIn
from ostiary.protocols.aws import sts
from ostiary.protocols.aws.gateway.pipeline import Gateway
from ostiary.protocols.aws.gateway.routes import AwsRooms
from ostiary.protocols.aws.wire.service import MountedService, mount
from ostiary.protocols.http.client import ProxyTrust, origin_of
from ostiary.protocols.web.rooms import WebRooms
from ostiary.storage.transaction import Transaction

_GUESSES_FORGOTTEN = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Doors:
    """`purge` removes what is past its time."""

    aws: AwsRooms
    web: WebRooms
    purge: Callable[[datetime], object]


def build_doors(house: House, settings: ServeSettings) -> Doors:
    trust = ProxyTrust.of(settings.trusted_hops)
    people = _People(house)
    return Doors(
        aws=_aws(house, settings, trust),
        web=_web(house, settings, trust, people),
        purge=lambda now: _purge(house, now),
    )


class _People:
    """What the pages and the applications' door share."""

    def __init__(self, house: House) -> None:
        self.current = CurrentPerson(
            transactions=house.database, revocations=house.remembered.revocations, clock=house.clock
        )
        self.throttle = Throttle(transactions=house.database, keys=house.remembered.keys, clock=house.clock)


def _web(house: House, settings: ServeSettings, trust: ProxyTrust, people: _People) -> WebRooms:
    remembered, database, clock = house.remembered, house.database, house.clock
    hashing = PasswordHashing(keys=remembered.keys)
    authenticators = Authenticators(keys=remembered.keys)
    return WebRooms(
        current=people.current,
        signin=SignIn(
            transactions=database,
            recorder=database,
            current=people.current,
            throttle=people.throttle,
            hashing=hashing,
            authenticators=authenticators,
            last_use=house.last_use,
            clock=clock,
        ),
        enrolment=Enrolment(
            transactions=database,
            recorder=database,
            throttle=people.throttle,
            hashing=hashing,
            authenticators=authenticators,
            last_use=house.last_use,
            clock=clock,
        ),
        sessions=OwnSessions(transactions=database, clock=clock),
        account=OwnAccount(transactions=database, last_use=house.last_use),
        credentials=PersonRoleCredentials(
            transactions=database,
            index=remembered.access,
            authorizer=house.authorizer,
            issuer=house.role_session_issuer,
            recorder=database,
        ),
        authorizer=house.authorizer,
        mail=database,
        clock=clock,
        trust=trust,
        issuer=settings.issuer,
        organization=house.organization_name,
        development=settings.development,
    )


def _purge(house: House, now: datetime) -> None:
    """Rows whose time is over; what they meant is in the trail."""

    def work(tx: Transaction) -> None:
        tx.sessions.delete_expired_sessions(now)
        tx.tokens.delete_expired_tokens(now)
        tx.credentials.delete_guess_counts(last_before=now - _GUESSES_FORGOTTEN)

    house.database.write_committed(work)


def _aws(house: House, settings: ServeSettings, trust: ProxyTrust) -> AwsRooms:
    remembered = house.remembered

    def origin(request: Request) -> Origin:
        return origin_of(request, Door.AWS, trust)

    gateway = Gateway(
        services=[_sts(house, settings)],
        credentials=SigningCredentials(
            keys=remembered.keys,
            index=remembered.access,
            access_keys=remembered.access_keys,
            workloads=remembered.workloads,
            revocations=remembered.revocations,
        ),
        authorizer=house.authorizer,
        recorder=house.database,
        last_use=house.last_use,
        clock=house.clock,
    )
    return AwsRooms(gateway=gateway, origin_of=origin)


def _sts(house: House, settings: ServeSettings) -> MountedService:
    remembered = house.remembered
    verifier = WebIdentityVerifier(
        trusts=remembered.issuer_trusts,
        workloads=remembered.workloads,
        keys=IssuerKeys(HttpKeySource(development=settings.development)),
    )
    return mount(
        sts.SERVICE,
        sts.StsRooms(
            role_assumption=RoleAssumption(
                index=remembered.access,
                authorizer=house.authorizer,
                issuer=house.role_session_issuer,
                clock=house.clock,
            ),
            web_identity_roles=WebIdentityRoles(
                verifier=verifier,
                index=remembered.access,
                authorizer=house.authorizer,
                issuer=house.role_session_issuer,
                last_use=house.last_use,
                clock=house.clock,
            ),
            access_keys=remembered.access_keys,
        ),
    )
