"""The services for people, which the pages and the applications' door share; and the pages' door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ostiary.app.house import House
from ostiary.app.places import places_of
from ostiary.app.wiring.mail import shown_mails
from ostiary.app.wiring.own_account import own_account
from ostiary.app.wiring.passkeys import passkey_services
from ostiary.app.wiring.recovery import recovery_services
from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.account.own_account import OwnAccount
from ostiary.domain.account.own_sessions import OwnSessions
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.mail.outbox import Mailing, Outbox
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.risk.places import NoPlaces, Places
from ostiary.domain.risk.watching import AttackWatch
from ostiary.domain.sessions.issuing import RoleSessionIssuer
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.signin.arrival import Arrivals
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.guarded import GuardedAccounts
from ostiary.domain.signin.invitation import Invitations
from ostiary.domain.signin.mail_codes import MailCodes
from ostiary.domain.signin.password_check import PasswordCheck
from ostiary.domain.signin.second_step import SecondStep
from ostiary.domain.signin.signin import SignIn
from ostiary.domain.signin.step_up import StepUp
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.authorization import Authorization
from ostiary.domain.tokens.device_approval import DeviceApprovals
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.mail.rendering import Sender
from ostiary.protocols.web.rooms import WebRooms
from ostiary.storage.engine import Database


@dataclass(frozen=True, slots=True)
class PeopleParts:
    """What the services for people are made from. `issuer` is the server's own URL without a slash at its end."""

    database: Database
    keys: Current[ServerKeys]
    access: Current[AccessIndex]
    revocations: Current[RevocationIndex]
    applications: Current[ApplicationIndex]
    policies: Current[SignInPolicyIndex]
    authorizer: Authorizer
    role_session_issuer: RoleSessionIssuer
    last_use: LastUseLog
    clock: Clock
    issuer: str
    organization: Callable[[], str]
    mailing: Mailing = Mailing.OFF
    choice: PasswordChoice | None = None
    places: Places | None = None
    authenticator_roots: tuple[bytes, ...] = ()
    development: bool = False


class People:
    """Every service of the domain that a person meets; made once per worker, and once per test."""

    def __init__(self, parts: PeopleParts) -> None:
        database, clock = parts.database, parts.clock
        self.parts = parts
        self.current = CurrentPerson(
            transactions=database, revocations=parts.revocations, policies=parts.policies, clock=clock
        )
        self.outbox = Outbox(keys=parts.keys, mailing=parts.mailing)
        self.not_me_links = NotMeLinks(parts.issuer)
        watch = AttackWatch(transactions=database, keys=parts.keys, outbox=self.outbox, clock=clock)
        self.throttle = Throttle(transactions=database, keys=parts.keys, clock=clock, watch=watch)
        self.risk = RiskAssessor(
            transactions=database,
            keys=parts.keys,
            throttle=self.throttle,
            outbox=self.outbox,
            not_me=self.not_me_links,
            clock=clock,
            places=parts.places,
        )
        self.choice = parts.choice or PasswordChoice(hashing=PasswordHashing(keys=parts.keys))
        self.hashing = self.choice.hashing
        self.authenticators = Authenticators(keys=parts.keys)
        self.sessions = OwnSessions(transactions=database, clock=clock)
        self.account = OwnAccount(transactions=database)
        self.own = own_account(self)
        self.invitations = Invitations(
            transactions=database,
            authorizer=parts.authorizer,
            clock=clock,
            issuer=parts.issuer,
            outbox=self.outbox,
        )
        self.arrivals = Arrivals(
            policies=parts.policies,
            risk=self.risk,
            guarded=GuardedAccounts(outbox=self.outbox),
            recorder=database,
            clock=clock,
        )
        self.passwords = PasswordCheck(hashing=self.hashing, choice=self.choice)
        self.second_step = SecondStep(
            transactions=database, arrivals=self.arrivals, throttle=self.throttle, clock=clock
        )
        self.step_up = StepUp(
            transactions=database,
            recorder=database,
            arrivals=self.arrivals,
            throttle=self.throttle,
            passwords=self.passwords,
            authenticators=self.authenticators,
            clock=clock,
        )
        self.mail_codes = MailCodes(
            transactions=database,
            current=self.current,
            arrivals=self.arrivals,
            second_step=self.second_step,
            throttle=self.throttle,
            risk=self.risk,
            outbox=self.outbox,
            policies=parts.policies,
            keys=parts.keys,
            clock=clock,
        )
        self.signin = SignIn(
            transactions=database,
            current=self.current,
            arrivals=self.arrivals,
            throttle=self.throttle,
            passwords=self.passwords,
            second_step=self.second_step,
            authenticators=self.authenticators,
            outbox=self.outbox,
            last_use=parts.last_use,
            clock=clock,
        )
        self.passkeys = passkey_services(self)
        self.enrolment = Enrolment(
            transactions=database,
            recorder=database,
            throttle=self.throttle,
            choice=self.choice,
            authenticators=self.authenticators,
            passkey_adding=self.passkeys.adding,
            arrivals=self.arrivals,
            policies=parts.policies,
            last_use=parts.last_use,
            clock=clock,
        )
        self.recovery = recovery_services(self)
        self.admission = Admission(policies=parts.policies)
        self.authorization = Authorization(
            transactions=database, recorder=database, admission=self.admission, last_use=parts.last_use, clock=clock
        )
        self.device_approvals = DeviceApprovals(
            transactions=database,
            keys=parts.keys,
            applications=parts.applications,
            admission=self.admission,
            throttle=self.throttle,
            outbox=self.outbox,
            not_me=self.not_me_links,
            place_of=partial(_place_of, parts.places or NoPlaces()),
            recorder=database,
            last_use=parts.last_use,
            clock=clock,
        )


def _place_of(places: Places, address: str) -> str:
    return str(places.find(address) or "")


def people_of(
    house: House, *, issuer: str, mailing: Mailing, development: bool, choice: PasswordChoice | None = None
) -> People:
    remembered = house.remembered
    parts = PeopleParts(
        database=house.database,
        keys=remembered.keys,
        access=remembered.access,
        revocations=remembered.revocations,
        applications=remembered.applications,
        policies=remembered.signin_policies,
        authorizer=house.authorizer,
        role_session_issuer=house.role_session_issuer,
        last_use=house.last_use,
        clock=house.clock,
        issuer=issuer,
        organization=house.organization_name,
        mailing=mailing,
        choice=choice,
        places=places_of(house.directory),
        development=development,
    )
    return People(parts)


def web_rooms(people: People, trust: ProxyTrust) -> WebRooms:
    parts = people.parts
    return WebRooms(
        current=people.current,
        signin=people.signin,
        mail_codes=people.mail_codes,
        step_up=people.step_up,
        policies=parts.policies,
        enrolment=people.enrolment,
        passkeys=people.passkeys,
        recovery=people.recovery,
        sessions=people.sessions,
        account=people.account,
        own=people.own,
        device_approvals=people.device_approvals,
        authorization=people.authorization,
        applications=parts.applications,
        credentials=PersonRoleCredentials(
            transactions=parts.database,
            index=parts.access,
            authorizer=parts.authorizer,
            issuer=parts.role_session_issuer,
            recorder=parts.database,
        ),
        authorizer=parts.authorizer,
        mailbox=shown_mails(parts.database, parts.keys, lambda: Sender(parts.organization(), "", parts.issuer)),
        clock=parts.clock,
        trust=trust,
        issuer=parts.issuer,
        organization=parts.organization,
        development=parts.development,
    )
