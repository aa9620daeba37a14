"""The pages' door, and what it shares with the applications' door."""

from __future__ import annotations

from ostiary.app.house import House
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.signin.current import CurrentPerson
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.own_account import OwnAccount
from ostiary.domain.signin.own_sessions import OwnSessions
from ostiary.domain.signin.signin import SignIn
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.web.rooms import WebRooms


class People:
    """What the pages and the applications' door share."""

    def __init__(self, house: House) -> None:
        self.current = CurrentPerson(
            transactions=house.database, revocations=house.remembered.revocations, clock=house.clock
        )
        self.throttle = Throttle(transactions=house.database, keys=house.remembered.keys, clock=house.clock)
        self.sessions = OwnSessions(transactions=house.database, clock=house.clock)


def web_rooms(house: House, people: People, trust: ProxyTrust, *, issuer: str, development: bool) -> WebRooms:
    remembered, database = house.remembered, house.database
    hashing = PasswordHashing(keys=remembered.keys)
    choice = PasswordChoice(hashing=hashing)
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
            clock=house.clock,
        ),
        enrolment=Enrolment(
            transactions=database,
            recorder=database,
            throttle=people.throttle,
            choice=choice,
            authenticators=authenticators,
            last_use=house.last_use,
            clock=house.clock,
        ),
        sessions=people.sessions,
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
        clock=house.clock,
        trust=trust,
        issuer=issuer,
        organization=house.organization_name,
        development=development,
    )
