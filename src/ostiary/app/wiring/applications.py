"""The applications' door: OpenID Connect and OAuth."""

from __future__ import annotations

from ostiary.app.house import House
from ostiary.app.wiring.people import People
from ostiary.domain.applications.client_authentication import ClientAuthenticator
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.client_credentials import ClientCredentialsGrant
from ostiary.domain.tokens.code_exchange import CodeExchangeGrant
from ostiary.domain.tokens.device_authorization import DeviceAuthorizations
from ostiary.domain.tokens.device_grant import DeviceCodeGrant
from ostiary.domain.tokens.grant import Minting
from ostiary.domain.tokens.introspection import TokenIntrospection
from ostiary.domain.tokens.issuing import Refusals, TokenIssuer
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.refresh import RefreshGrant
from ostiary.domain.tokens.revocation import TokenRevocation
from ostiary.domain.tokens.sign_out import SignOutRequests
from ostiary.domain.tokens.user_info import UserInfo
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.oidc.rooms import OidcRooms, assertion_audiences
from ostiary.protocols.web.errors import failure_writer
from ostiary.protocols.web.pages import render
from ostiary.protocols.web.rooms import WebRooms


def oidc_rooms(house: House, people: People, web: WebRooms, trust: ProxyTrust, *, issuer: str) -> OidcRooms:
    remembered, database, clock = house.remembered, house.database, house.clock
    keys = OwnKeys(remembered.keys)
    authenticator = ClientAuthenticator(
        transactions=database,
        index=remembered.applications,
        throttle=people.throttle,
        recorder=database,
        last_use=house.last_use,
        clock=clock,
        audiences=assertion_audiences(issuer),
    )
    refusals = Refusals(authenticator=authenticator, recorder=database, clock=clock)

    def page(name: str, /, *, language: str = "en", **context: object) -> str:
        common = {"organization": web.organization(), "development": web.development}
        return render(name, language=language, **common, **context)

    return OidcRooms(
        issuer=issuer,
        trust=trust,
        clock=clock,
        keys=remembered.keys,
        own_keys=keys,
        applications=remembered.applications,
        authenticator=authenticator,
        authorization=people.authorization,
        device_authorizations=DeviceAuthorizations(
            transactions=database, keys=remembered.keys, refusals=refusals, clock=clock
        ),
        token_issuer=_token_issuer(house, people.admission, keys, refusals, issuer=issuer),
        revocation=TokenRevocation(
            transactions=database,
            keys=keys,
            revocations=remembered.revocations,
            refusals=refusals,
            clock=clock,
            issuer=issuer,
        ),
        introspection=TokenIntrospection(
            transactions=database,
            keys=keys,
            applications=remembered.applications,
            revocations=remembered.revocations,
            refusals=refusals,
            recorder=database,
            clock=clock,
            issuer=issuer,
        ),
        user_info=UserInfo(
            transactions=database,
            keys=keys,
            applications=remembered.applications,
            revocations=remembered.revocations,
            recorder=database,
            clock=clock,
            issuer=issuer,
        ),
        sign_out_requests=SignOutRequests(keys=keys, applications=remembered.applications, issuer=issuer),
        current=people.current,
        sessions=people.sessions,
        render=page,
        write_page=failure_writer(web),
    )


def _token_issuer(house: House, admission: Admission, keys: OwnKeys, refusals: Refusals, *, issuer: str) -> TokenIssuer:
    database, clock = house.database, house.clock
    minting = Minting(keys=keys, issuer=issuer)
    return TokenIssuer(
        code_exchange_grant=CodeExchangeGrant(transactions=database, admission=admission, minting=minting, clock=clock),
        refresh_grant=RefreshGrant(
            transactions=database,
            admission=admission,
            minting=minting,
            revocations=house.remembered.revocations,
            clock=clock,
        ),
        client_credentials_grant=ClientCredentialsGrant(minting=minting, recorder=database, clock=clock),
        device_code_grant=DeviceCodeGrant(transactions=database, admission=admission, minting=minting, clock=clock),
        refusals=refusals,
    )
