"""The AWS door: the gateway and the services behind it."""

from __future__ import annotations

from falcon import Request

from ostiary.app.house import House
from ostiary.app.issuer_keys import HttpKeySource
from ostiary.domain.access.simulation import Simulations
from ostiary.domain.audit.caller import Door, Origin
from ostiary.domain.audit.lookup import EventLookup
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.web_identity import WebIdentityVerifier
from ostiary.domain.federation.web_identity_role import WebIdentityRoles
from ostiary.domain.posture.credential_report import CredentialReports
from ostiary.domain.secrets.creation import SecretCreation
from ostiary.domain.secrets.deletion import SecretDeletion
from ostiary.domain.secrets.gate import SecretGate
from ostiary.domain.secrets.listing import SecretListing
from ostiary.domain.secrets.reading import SecretReading
from ostiary.domain.secrets.relabelling import SecretRelabelling
from ostiary.domain.secrets.tagging import SecretTagging
from ostiary.domain.secrets.writing import SecretWriting
from ostiary.domain.sessions.role_assumption import RoleAssumption
from ostiary.domain.sessions.signing_credentials import SigningCredentials
from ostiary.protocols.aws import accessanalyzer, cloudtrail, iam, secretsmanager, sts
from ostiary.protocols.aws.gateway.pipeline import Gateway
from ostiary.protocols.aws.gateway.routes import AwsRooms
from ostiary.protocols.aws.wire.service import MountedService, mount
from ostiary.protocols.http.client import ProxyTrust, origin_of


def aws_rooms(house: House, trust: ProxyTrust, *, development: bool) -> AwsRooms:
    remembered = house.remembered

    def origin(request: Request) -> Origin:
        return origin_of(request, Door.AWS, trust)

    gateway = Gateway(
        services=[
            _sts(house, development=development),
            _secrets_manager(house),
            _cloudtrail(house),
            _iam(house),
            mount(accessanalyzer.SERVICE, accessanalyzer.AccessAnalyzerRooms()),
        ],
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


def _sts(house: House, *, development: bool) -> MountedService:
    remembered = house.remembered
    verifier = WebIdentityVerifier(
        trusts=remembered.issuer_trusts,
        workloads=remembered.workloads,
        keys=IssuerKeys(HttpKeySource(development=development)),
    )
    rooms = sts.StsRooms(
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
    )
    return mount(sts.SERVICE, rooms)


def _secrets_manager(house: House) -> MountedService:
    database, clock, keys = house.database, house.clock, house.remembered.keys
    gate = SecretGate(authorizer=house.authorizer)
    rooms = secretsmanager.SecretsManagerRooms(
        creation=SecretCreation(transactions=database, gate=gate, keys=keys, clock=clock),
        reading=SecretReading(
            transactions=database,
            gate=gate,
            keys=keys,
            recorder=database,
            last_use=house.last_use,
            clock=clock,
            shelf=house.remembered.secrets,
        ),
        writing=SecretWriting(transactions=database, gate=gate, keys=keys, clock=clock),
        relabelling=SecretRelabelling(transactions=database, gate=gate, clock=clock),
        deletion=SecretDeletion(transactions=database, gate=gate, clock=clock),
        tagging=SecretTagging(transactions=database, gate=gate, clock=clock),
        listing=SecretListing(transactions=database, last_use=house.last_use),
    )
    return mount(secretsmanager.SERVICE, rooms)


def _cloudtrail(house: House) -> MountedService:
    lookup = EventLookup(transactions=house.database, first_account=house.organization.account)
    return mount(cloudtrail.SERVICE, cloudtrail.CloudTrailRooms(lookup=lookup))


def _iam(house: House) -> MountedService:
    reports = CredentialReports(transactions=house.database, last_use=house.last_use, clock=house.clock)
    simulations = Simulations(index=house.remembered.access, standings=house.standings)
    return mount(iam.SERVICE, iam.IamRooms(credential_reports=reports, simulations=simulations))
