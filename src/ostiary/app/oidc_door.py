"""How is the door of the applications put together from what a worker has?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ostiary.domain.applications.client_authentication import ClientAuthenticator
from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.tokens.authorization import Authorization
from ostiary.domain.tokens.client_credentials import ClientCredentialsGrant
from ostiary.domain.tokens.code_exchange import CodeExchangeGrant
from ostiary.domain.tokens.grant import Minting
from ostiary.domain.tokens.introspection import TokenIntrospection
from ostiary.domain.tokens.issuing import Refusals, TokenIssuer
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.refresh import RefreshGrant
from ostiary.domain.tokens.revocation import TokenRevocation
from ostiary.domain.tokens.sign_out import SignOutRequests
from ostiary.domain.tokens.user_info import UserInfo
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.protocols.oidc.rooms import OidcRooms, assertion_audiences
from ostiary.protocols.web import pages
from ostiary.protocols.web.errors import failure_writer
from ostiary.protocols.web.rooms import WebRooms
from ostiary.storage.engine import Database


@dataclass(frozen=True, slots=True)
class OidcParts:
    """What the door stands on."""

    database: Database
    clock: Clock
    keys: Current[ServerKeys]
    applications: Current[ApplicationIndex]
    revocations: Current[RevocationIndex]
    throttle: Throttle
    last_use: LastUseLog


def build_oidc(parts: OidcParts, web: WebRooms) -> OidcRooms:
    """The pages' rooms lend it who is signed in, and the look of its few pages."""
    issuer, own_keys = web.issuer, OwnKeys(parts.keys)
    authenticator = _authenticator(parts, issuer)
    refusals = Refusals(authenticator=authenticator, recorder=parts.database, clock=parts.clock)
    return OidcRooms(
        issuer=issuer,
        trust=web.trust,
        clock=parts.clock,
        keys=parts.keys,
        own_keys=own_keys,
        applications=parts.applications,
        authenticator=authenticator,
        authorization=Authorization(
            transactions=parts.database, recorder=parts.database, last_use=parts.last_use, clock=parts.clock
        ),
        token_issuer=_token_issuer(parts, Minting(keys=own_keys, issuer=issuer), refusals),
        revocation=_revocation(parts, own_keys, refusals, issuer),
        introspection=_introspection(parts, own_keys, refusals, issuer),
        user_info=_user_info(parts, own_keys, issuer),
        sign_out_requests=SignOutRequests(keys=own_keys, applications=parts.applications, issuer=issuer),
        current=web.current,
        sessions=web.sessions,
        render=partial(_render, web),
        write_page=failure_writer(web),
    )


def _authenticator(parts: OidcParts, issuer: str) -> ClientAuthenticator:
    return ClientAuthenticator(
        transactions=parts.database,
        index=parts.applications,
        throttle=parts.throttle,
        recorder=parts.database,
        last_use=parts.last_use,
        clock=parts.clock,
        audiences=assertion_audiences(issuer),
    )


def _token_issuer(parts: OidcParts, minting: Minting, refusals: Refusals) -> TokenIssuer:
    return TokenIssuer(
        code_exchange_grant=CodeExchangeGrant(transactions=parts.database, minting=minting, clock=parts.clock),
        refresh_grant=RefreshGrant(
            transactions=parts.database, minting=minting, revocations=parts.revocations, clock=parts.clock
        ),
        client_credentials_grant=ClientCredentialsGrant(minting=minting, recorder=parts.database, clock=parts.clock),
        refusals=refusals,
    )


def _revocation(parts: OidcParts, own_keys: OwnKeys, refusals: Refusals, issuer: str) -> TokenRevocation:
    return TokenRevocation(
        transactions=parts.database,
        keys=own_keys,
        revocations=parts.revocations,
        refusals=refusals,
        clock=parts.clock,
        issuer=issuer,
    )


def _introspection(parts: OidcParts, own_keys: OwnKeys, refusals: Refusals, issuer: str) -> TokenIntrospection:
    return TokenIntrospection(
        transactions=parts.database,
        keys=own_keys,
        applications=parts.applications,
        revocations=parts.revocations,
        refusals=refusals,
        recorder=parts.database,
        clock=parts.clock,
        issuer=issuer,
    )


def _user_info(parts: OidcParts, own_keys: OwnKeys, issuer: str) -> UserInfo:
    return UserInfo(
        transactions=parts.database,
        keys=own_keys,
        applications=parts.applications,
        revocations=parts.revocations,
        recorder=parts.database,
        clock=parts.clock,
        issuer=issuer,
    )


def _render(web: WebRooms, name: str, /, **context: object) -> str:
    common: dict[str, object] = {"organization": web.organization(), "development": web.development, "csrf": ""}
    return pages.render(name, **(common | context))
