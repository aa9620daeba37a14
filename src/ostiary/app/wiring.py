"""Which room gets which collaborators? The doors of one worker, built from its house."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from falcon import Request

from ostiary.app.house import House
from ostiary.app.issuer_keys import HttpKeySource
from ostiary.app.settings import ServeSettings
from ostiary.domain.audit.caller import Door, Origin
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.web_identity import WebIdentityVerifier
from ostiary.domain.federation.web_identity_role import WebIdentityRoles
from ostiary.domain.sessions.role_assumption import RoleAssumption
from ostiary.domain.sessions.signing_credentials import SigningCredentials
from ostiary.protocols.aws import sts
from ostiary.protocols.aws.gateway.pipeline import Gateway
from ostiary.protocols.aws.gateway.routes import AwsRooms
from ostiary.protocols.aws.wire.service import MountedService, mount
from ostiary.protocols.http.client import ProxyTrust, origin_of


@dataclass(frozen=True, slots=True)
class Doors:
    """`purge` removes what is past its time."""

    aws: AwsRooms
    purge: Callable[[datetime], object]


def build_doors(house: House, settings: ServeSettings) -> Doors:
    trust = ProxyTrust.of(settings.trusted_hops)
    return Doors(aws=_aws(house, settings, trust), purge=lambda _now: None)


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
