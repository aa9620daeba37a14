"""The door for other services' questions: AuthZEN."""

from __future__ import annotations

from ostiary.app.house import House
from ostiary.domain.tokens.access_api import AccessApiTokens
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.protocols.authzen.rooms import AuthzenRooms
from ostiary.protocols.http.client import ProxyTrust


def authzen_rooms(house: House, trust: ProxyTrust, *, issuer: str) -> AuthzenRooms:
    remembered = house.remembered
    return AuthzenRooms(
        issuer=issuer,
        trust=trust,
        clock=house.clock,
        keys=remembered.keys,
        index=remembered.access,
        tokens=AccessApiTokens(
            keys=OwnKeys(remembered.keys),
            applications=remembered.applications,
            revocations=remembered.revocations,
            last_use=house.last_use,
            clock=house.clock,
            issuer=issuer,
        ),
        standings=house.standings,
        authorizer=house.authorizer,
        transactions=house.database,
        recorder=house.database,
    )
