"""The services for people, which the pages and the applications' door share; and the pages' door."""

from __future__ import annotations

from functools import partial

from ostiary.app.authenticator_roots import authenticator_roots
from ostiary.app.house import House
from ostiary.app.places import places_of
from ostiary.app.wiring.mail import shown_mails
from ostiary.app.wiring.own_account import own_account
from ostiary.app.wiring.passkeys import passkey_services
from ostiary.app.wiring.recovery import recovery_services
from ostiary.app.wiring.shared import PeopleParts, SharedServices
from ostiary.app.wiring.upstream import upstream_sign_in
from ostiary.domain.account.own_account import OwnAccount
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.mail.outbox import Mailing
from ostiary.domain.risk.places import NoPlaces, Places
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.familiar import FamiliarBrowsers
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.authorization import Authorization
from ostiary.domain.tokens.device_approval import DeviceApprovals
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.mail.rendering import Sender
from ostiary.protocols.web.rooms import WebRooms


class People(SharedServices):
    """Every service of the domain that a person meets."""

    def __init__(self, parts: PeopleParts) -> None:
        super().__init__(parts)
        database, clock = parts.database, parts.clock
        self.account = OwnAccount(transactions=database)
        self.own = own_account(self)
        self.passkeys = passkey_services(self)
        self.upstream = upstream_sign_in(self)
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
        self.recovery = recovery_services(self, self.passkeys)
        familiar = FamiliarBrowsers(transactions=database, risk=self.risk, clock=clock)
        self.admission = Admission(policies=parts.policies, familiar=familiar)
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
        upstreams=remembered.upstreams,
        authorizer=house.authorizer,
        role_session_issuer=house.role_session_issuer,
        last_use=house.last_use,
        clock=house.clock,
        issuer=issuer,
        organization=house.organization_name,
        mailing=mailing,
        choice=choice,
        places=places_of(house.directory),
        authenticator_roots=authenticator_roots(house.directory),
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
        upstream=people.upstream,
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
