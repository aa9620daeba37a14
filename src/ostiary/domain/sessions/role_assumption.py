"""May this caller become that role, and with which attributes?

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from msgspec.structs import replace

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.errors import AccessDenied, denied
from ostiary.domain.access.index import AccessIndex, RoleEntry
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.sessions.errors import InvalidSessionRequest
from ostiary.domain.sessions.issuing import (
    RoleSessionIssuer,
    check_session_policy,
    ends_at,
    life_of,
    seconds_of,
    session_tags,
)
from ostiary.domain.sessions.model import EpochKind
from ostiary.domain.sessions.role_session import RoleSession, SessionOrigin, TemporaryCredentials, new_session
from ostiary.kit.clock import Clock, to_micros
from ostiary.kit.current import Current
from ostiary.policy import ContextValue

MAX_CHAIN = 4
# Set by the server when the session was issued, so a role need not trust whoever hands it on.
_VOUCHED = frozenset({SessionOrigin.WEB_IDENTITY.value, SessionOrigin.OPERATOR.value})


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """What a caller asks for; `policy` is a session policy's JSON text."""

    role_arn: str
    session_name: str
    seconds: int | None = None
    external_id: str = ""
    policy: str = ""
    tags: Sequence[tuple[str, str]] = ()
    transitive_tags: Sequence[str] = ()
    source_identity: str = ""


@dataclass(frozen=True, slots=True)
class _Attributes:
    """The session tags and source identity that the new session would have."""

    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    transitive: tuple[str, ...] = ()
    source_identity: str = ""


class RoleAssumption:
    def __init__(
        self, *, index: Current[AccessIndex], authorizer: Authorizer, issuer: RoleSessionIssuer, clock: Clock
    ) -> None:
        self._index = index
        self._authorizer = authorizer
        self._issuer = issuer
        self._clock = clock

    def assume(self, caller: Caller, request: RoleRequest) -> TemporaryCredentials:
        """Raises AccessDenied, InvalidSessionRequest, InvalidPolicyDocument, SessionTooLarge."""
        _reject_chain(caller, request)
        attributes = _attributes(caller, request)
        if request.policy:
            check_session_policy(request.policy)
        entry = self._load_role(caller, request)
        self._check_trusted(caller, request, entry, attributes)
        session = self._session(caller, request, entry, attributes)
        return self._issuer.issue(caller, session, EventName.ASSUME_ROLE, details=_details(request))

    def _load_role(self, caller: Caller, request: RoleRequest) -> RoleEntry:
        entry = self._index.value.role(request.role_arn)
        if entry is None:
            raise denied(_not_authorized(caller, request), operator_text=f"no role `{request.role_arn[:200]}`")
        return entry

    def _check_trusted(self, caller: Caller, request: RoleRequest, entry: RoleEntry, attributes: _Attributes) -> None:
        seconds = seconds_of(entry.role, request.seconds, chained=caller.lineage is not None)
        context = _conditions(request, attributes, seconds)
        try:
            self._authorizer.authorize_assume(caller, _actions(caller, request), entry, context=context)
        except AccessDenied as refusal:
            if entry.role.account == caller.account:
                raise
            # INVARIANT: to a stranger a role that says no and a role that is not there look the same.
            raise denied(_not_authorized(caller, request), operator_text=refusal.operator_text) from None

    def _session(self, caller: Caller, request: RoleRequest, entry: RoleEntry, attributes: _Attributes) -> RoleSession:
        now, lineage = self._clock.now(), caller.lineage
        life = life_of(entry.role, request.seconds, chained=lineage is not None)
        limit = caller.expires_at if caller.kind is CallerKind.IAM_USER else None
        session = new_session(
            entry.role,
            session_name=request.session_name,
            origin=SessionOrigin(lineage.origin) if lineage is not None else SessionOrigin.ASSUME_ROLE,
            issued_at=now,
            expires_at=ends_at(now, life, limit),
            subjects=_subjects(caller, request.role_arn),
        )
        proved = caller.assurance.authenticated_at
        return replace(
            session,
            tags=dict(attributes.tags),
            transitive_tags=attributes.transitive,
            source_identity=attributes.source_identity,
            policies=(request.policy,) if request.policy else (),
            methods=caller.assurance.methods,
            authenticated_at=None if proved is None else to_micros(proved),
            depth=0 if lineage is None else lineage.depth + 1,
            provider="" if lineage is None else lineage.provider,
        )


def _reject_chain(caller: Caller, request: RoleRequest) -> None:
    lineage = caller.lineage
    if lineage is None:
        return
    if lineage.origin == SessionOrigin.PORTAL.value:
        # Decisions, 6: a person enters each role from the portal, where her assignment is checked.
        raise denied(
            f"{_not_authorized(caller, request)} because a session from the access portal cannot assume another role:"
            " choose the role in the portal"
        )
    if lineage.depth + 1 >= MAX_CHAIN:
        raise denied(f"{_not_authorized(caller, request)} because a chain of roles has at most {MAX_CHAIN} links")


def _attributes(caller: Caller, request: RoleRequest) -> _Attributes:
    inherited = _inherited(caller)
    given = session_tags(request.tags)
    if {key.lower() for key in given} & {key.lower() for key in inherited}:
        raise InvalidSessionRequest(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key"
            " from the calling session."
        )
    known = {key.lower() for key in given}
    if any(key.lower() not in known for key in request.transitive_tags):
        raise InvalidSessionRequest("The specified transitive tag key must be included in the requested tags.")
    return _Attributes(
        tags={**inherited, **given},
        transitive=(*inherited, *dict.fromkeys(request.transitive_tags)),
        source_identity=_source_identity(caller, request),
    )


def _inherited(caller: Caller) -> dict[str, str]:
    lineage = caller.lineage
    if lineage is None:
        return {}
    transitive = {key.lower() for key in lineage.transitive_tags}
    return {key: value for key, value in lineage.session_tags.items() if key.lower() in transitive}


def _source_identity(caller: Caller, request: RoleRequest) -> str:
    """Once set it stays for the whole chain."""
    if caller.source_identity and request.source_identity not in ("", caller.source_identity):
        raise denied(f"{_not_authorized(caller, request)} because the source identity of a session cannot be changed")
    return caller.source_identity or request.source_identity


def _actions(caller: Caller, request: RoleRequest) -> list[str]:
    """What the trust policy must allow: a role decides whose tags and source identities it believes."""
    actions = ["sts:AssumeRole"]
    if request.tags or request.transitive_tags or _inherited(caller):
        actions.append("sts:TagSession")
    vouched = caller.lineage is not None and caller.lineage.origin in _VOUCHED
    if request.source_identity or (caller.source_identity and not vouched):
        actions.append("sts:SetSourceIdentity")
    return actions


def _conditions(request: RoleRequest, attributes: _Attributes, seconds: int) -> dict[str, ContextValue]:
    context: dict[str, ContextValue] = {
        "sts:RoleSessionName": request.session_name,
        "sts:DurationSeconds": str(seconds),
    }
    if request.external_id:
        context["sts:ExternalId"] = request.external_id
    if attributes.source_identity:
        context["sts:SourceIdentity"] = attributes.source_identity
    if attributes.tags:
        context["aws:TagKeys"] = tuple(attributes.tags)
        context.update((f"aws:RequestTag/{key}", value) for key, value in attributes.tags.items())
    if attributes.transitive:
        context["sts:TransitiveTagKeys"] = attributes.transitive
    return context


def _subjects(caller: Caller, role_arn: str) -> tuple[tuple[str, str], ...]:
    """What can end the session: its role, and whatever the caller's own credential rests on."""
    own: tuple[tuple[str, str], ...] = ((EpochKind.ROLE.value, role_arn),)
    if caller.lineage is not None:
        own += (*caller.lineage.subjects, (EpochKind.SESSION.value, caller.access_key_id))
    elif caller.access_key_id:
        own += ((EpochKind.ACCESS_KEY.value, caller.access_key_id),)
    return tuple(dict.fromkeys(own))


def _details(request: RoleRequest) -> dict[str, str | int | bool | list[str]]:
    return {"externalIdGiven": bool(request.external_id), "sessionPolicyGiven": bool(request.policy)}


def _not_authorized(caller: Caller, request: RoleRequest) -> str:
    return f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {request.role_arn}"
