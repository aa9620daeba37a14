"""What do all grants of the token endpoint share? The question, the answer, and how the answer is signed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ostiary.domain.applications.client_authentication import Client
from ostiary.domain.applications.model import Application
from ostiary.domain.applications.scopes import OPENID
from ostiary.domain.audit.event import Details, Event, event_of
from ostiary.domain.audit.ports import AuditSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import AttributeDefinition, Person
from ostiary.domain.directory.people import may_act
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.ports import SessionSlice
from ostiary.domain.tokens import access_token, id_token
from ostiary.domain.tokens.access_api import access_api_of
from ostiary.domain.tokens.access_token import MintedToken, OnBehalfOf
from ostiary.domain.tokens.errors import InvalidGrant, InvalidTarget, InvalidTokenRequest
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.permissions import is_member
from ostiary.domain.tokens.person_claims import released_claims
from ostiary.domain.tokens.ports import TokenSlice
from ostiary.kit.clock import iso

REFRESH_PREFIX = "ostr"
Fields = Mapping[str, str]


class GrantSlice(TokenSlice, DirectorySlice, SessionSlice, AuditSlice, Protocol): ...


@dataclass(frozen=True, slots=True)
class TokenAnswer:
    """RFC 6749 section 5.1. Every text in it is a credential: it goes into one response and nowhere else."""

    access_token: str
    expires_in: int
    scopes: tuple[str, ...]
    refresh_token: str = ""
    id_token: str = ""

    def __repr__(self) -> str:
        return f"TokenAnswer(scopes={self.scopes!r})"


@dataclass(frozen=True, slots=True)
class Holder:
    """The person as she is now, and the schema of what may be told about her."""

    person: Person
    definitions: Sequence[AttributeDefinition]


class Minting:
    """Signs what a grant decided; the grant has consumed what it was decided on before."""

    def __init__(self, *, keys: OwnKeys, issuer: str) -> None:
        self._keys = keys
        self._issuer = issuer

    @property
    def access_api(self) -> str:
        """The audience of tokens that this server's own access API takes."""
        return access_api_of(self._issuer)

    def access_token(
        self,
        application: Application,
        scopes: Sequence[str],
        now: datetime,
        proved: OnBehalfOf | None = None,
        *,
        audience: str = "",
    ) -> MintedToken:
        return access_token.mint(
            self._keys.signing(access_token.ALGORITHM),
            issuer=self._issuer,
            application=application,
            scopes=scopes,
            now=now,
            on_behalf_of=proved,
            audience=audience,
        )

    def id_token(
        self,
        application: Application,
        scopes: Sequence[str],
        now: datetime,
        *,
        proved: OnBehalfOf,
        holder: Holder,
        access: MintedToken,
        nonce: str,
    ) -> str:
        """Empty when the grant has no scope `openid`."""
        if OPENID not in scopes:
            return ""
        return id_token.mint(
            self._keys.signing(application.id_token_alg),
            issuer=self._issuer,
            application=application,
            proved=proved,
            released=released_claims(holder.person, application, scopes, holder.definitions),
            access_token=access.text,
            nonce=nonce,
            now=now,
        )


def required(fields: Fields, name: str) -> str:
    """Raises InvalidTokenRequest for a parameter that is missing or empty, which means the same (RFC 6749 3.2)."""
    value = fields.get(name, "")
    if not value:
        raise InvalidTokenRequest(f"the parameter `{name}` is missing")
    return value


def check_resource(fields: Fields, application: Application, *, or_else: str = "") -> None:
    """RFC 8707: tokens are for the one audience that is registered. Raises InvalidTarget."""
    resource = fields.get("resource", "")
    if resource and resource != application.audience:
        raise InvalidTarget(f"`resource` is not what this application's tokens are for: leave it out{or_else}")


def load_holder(tx: DirectorySlice, person_id: str, application: Application) -> Holder:
    """Raises InvalidGrant for a person who is disabled or may not use the application any more."""
    person = tx.directory.person(person_id)
    if person is None or not may_act(person):
        raise InvalidGrant(f"the person `{person_id}` is disabled or gone")
    if not is_member(person.groups, application):
        raise InvalidGrant(f"`{person.user_name}` is in no group of the application any more")
    return Holder(person, tx.directory.attribute_definitions())


def issued_event(
    client: Client, grant_type: str, scopes: Sequence[str], *, at: datetime, jti: str, details: Details | None = None
) -> Event:
    issued: Details = {"grantType": grant_type, "scopes": list(scopes), "jti": jti}
    return event_of(
        client.caller,
        EventName.ISSUE_TOKEN,
        at=at,
        resources=[client.application.arn],
        details={**issued, **(details or {})},
    )


def details_of(holder: Holder, family_id: str, expires_at: datetime) -> Details:
    """What the trail says of a token that stands for a person."""
    person = holder.person
    return {
        "person": person.user_name,
        "personId": person.person_id,
        "familyId": family_id,
        "expiration": iso(expires_at),
    }
