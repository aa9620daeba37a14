"""What does a policy see of the caller and the request?

Keys are written in lower case here, because that is how policies look them up; what cannot be known is absent. The
registry (`policy/registry/keys.py`) lists them; no operation may supply a key that the server itself answers for.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Protocol

from ostiary.domain.access.model import Role
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Origin
from ostiary.kit.clock import iso
from ostiary.policy import Context, ContextValue, Principal, PrincipalKind, Request
from ostiary.policy.casing import lower_ascii
from ostiary.policy.registry.keys import ConditionKey, KeySource, all_keys

_PRINCIPAL_KINDS: Mapping[CallerKind, PrincipalKind] = {
    CallerKind.PERSON: PrincipalKind.PERSON,
    CallerKind.WORKLOAD: PrincipalKind.WORKLOAD,
    CallerKind.ROLE_SESSION: PrincipalKind.ROLE_SESSION,
    CallerKind.IAM_USER: PrincipalKind.USER,
    # The account's root may do all in its account, by a built-in policy, and assume the roles that trust the account.
    CallerKind.OPERATOR: PrincipalKind.USER,
    CallerKind.ANONYMOUS: PrincipalKind.ANONYMOUS,
    CallerKind.SERVER: PrincipalKind.SERVICE,
}
_PRINCIPAL_TYPES: Mapping[CallerKind, str] = {
    CallerKind.ROLE_SESSION: "AssumedRole",
    CallerKind.IAM_USER: "User",
    CallerKind.OPERATOR: "Account",
    CallerKind.ANONYMOUS: "Anonymous",
}


def principal_of(caller: Caller) -> Principal:
    return Principal(caller.arn, caller.account or None, _PRINCIPAL_KINDS[caller.kind], caller.role_arn)


class Places(Protocol):
    """Where accounts stand in the organization: what the access index knows of it."""

    @property
    def organization_id(self) -> str: ...

    def organization_path(self, account: str) -> str:
        """Empty for an account that is not of the organization."""
        ...


class _Nowhere:
    organization_id = ""

    def organization_path(self, account: str) -> str:
        del account
        return ""


NOWHERE: Final[Places] = _Nowhere()


def _is_reserved(key: ConditionKey) -> bool:
    said_with_operation = key.source in (KeySource.REQUEST, KeySource.RESOURCE)
    return not key.supplied or not said_with_operation or key.name in _OF_THE_RESOURCE


_PRINCIPAL_TAG: Final = "aws:principaltag/"
_OF_THE_RESOURCE: Final = ("aws:ResourceAccount", "aws:ResourceOrgID", "aws:ResourceOrgPaths")
_RESERVED: Final = frozenset(lower_ascii(key.name) for key in all_keys() if not key.family and _is_reserved(key))
# Of families only the tags of a principal, and what nobody supplies; claims of an issuer come with its token.
_RESERVED_PREFIXES: Final = (
    _PRINCIPAL_TAG,
    *(lower_ascii(key.prefix) for key in all_keys() if key.prefix and not key.supplied and key.family),
)


def context_of(
    caller: Caller,
    now: datetime,
    more: Mapping[str, ContextValue] | None = None,
    *,
    resource_account: str = "",
    places: Places = NOWHERE,
) -> Context:
    """All keys for one request; `more` are those of the operation."""
    context = _of_operation(more) if more else Context()
    if caller.tags:
        context.update(_tags_of(caller))
    # ORDER: last, so that no tag or key of an operation can stand for what the server itself knows.
    _add_request(context, caller.origin, now)
    _add_resource(context, resource_account, places)
    _add_principal(context, caller, places)
    _add_session(context, caller, now)
    return context


def standing_context_of(caller: Caller, *, places: Places = NOWHERE) -> Context:
    """The keys that are the same for every request of a principal, for one that is named instead of present."""
    context = _tags_of(caller)
    _add_principal(context, caller, places)
    if caller.source_identity:
        context["aws:sourceidentity"] = caller.source_identity
    return context


def request_context_of(
    origin: Origin,
    now: datetime,
    more: Mapping[str, ContextValue],
    *,
    provider: str = "",
    resource_account: str = "",
    places: Places = NOWHERE,
) -> Context:
    """The keys for an outside identity that is not a principal yet; `provider` is the trust that proved it."""
    context = _of_operation(more)
    _add_request(context, origin, now)
    _add_resource(context, resource_account, places)
    context["aws:principalisawsservice"] = "false"
    if provider:
        context["aws:federatedprovider"] = provider
    return context


def resource_context_of(resource_account: str, *, places: Places = NOWHERE) -> Context:
    """The keys of a resource that its account alone tells."""
    context = Context()
    _add_resource(context, resource_account, places)
    return context


def with_tags_of(role: Role, more: Mapping[str, ContextValue]) -> Mapping[str, ContextValue]:
    """The keys of an operation on a role, with those of the role's own tags."""
    if not role.tags:
        return more
    tags = {f"{prefix}{key}": value for key, value in role.tags.items() for prefix in _ROLE_TAGS}
    return {**more, **tags}


_ROLE_TAGS: Final = ("aws:ResourceTag/", "iam:ResourceTag/")


def _of_operation(more: Mapping[str, ContextValue]) -> Context:
    # INVARIANT: a key that the server answers for is absent when the server does not know it, whoever names it.
    context = Request.context_of(more)
    for key in tuple(context):
        if key in _RESERVED or key.startswith(_RESERVED_PREFIXES):
            del context[key]
    return context


def _tags_of(caller: Caller) -> Context:
    # Spellings of one tag that differ in case become one key with all values (see Request.context_of).
    return Request.context_of({f"{_PRINCIPAL_TAG}{key}": value for key, value in caller.tags.items()})


def _add_request(context: Context, origin: Origin, now: datetime) -> None:
    context["aws:currenttime"] = iso(now)
    context["aws:epochtime"] = str(int(now.timestamp()))
    context["aws:securetransport"] = "true" if origin.secure_transport else "false"
    # No AWS service ever calls for somebody else.
    context["aws:viaawsservice"] = "false"
    context["ostiary:door"] = origin.door.value
    if origin.source_ip:
        context["aws:sourceip"] = origin.source_ip
    if origin.user_agent:
        context["aws:useragent"] = origin.user_agent
    if origin.region:
        context["aws:requestedregion"] = origin.region
    if origin.referer:
        context["aws:referer"] = origin.referer
    if origin.posture:
        context["ostiary:deviceposture"] = origin.posture


def _add_resource(context: Context, account: str, places: Places) -> None:
    if account:
        context["aws:resourceaccount"] = account
        path = places.organization_path(account)
        if path:
            context["aws:resourceorgid"] = places.organization_id
            context["aws:resourceorgpaths"] = (path,)


def _add_principal(context: Context, caller: Caller, places: Places) -> None:
    context["aws:principalisawsservice"] = "false"
    if caller.kind is CallerKind.ANONYMOUS:
        context["aws:principaltype"] = "Anonymous"
        return
    # As in AWS, the key holds the role's ARN for a session: sessions come and go, policies name roles.
    context["aws:principalarn"] = caller.role_arn or caller.arn
    if caller.account:
        context["aws:principalaccount"] = caller.account
        path = places.organization_path(caller.account)
        if path:
            context["aws:principalorgid"] = places.organization_id
            context["aws:principalorgpaths"] = (path,)
    if caller.kind in _PRINCIPAL_TYPES:
        context["aws:principaltype"] = _PRINCIPAL_TYPES[caller.kind]
    if caller.user_id:
        context["aws:userid"] = caller.user_id
    if caller.kind in (CallerKind.IAM_USER, CallerKind.PERSON):
        context["aws:username"] = caller.name


def _add_session(context: Context, caller: Caller, now: datetime) -> None:
    if caller.source_identity:
        context["aws:sourceidentity"] = caller.source_identity
    if caller.issued_at is not None:
        context["aws:tokenissuetime"] = iso(caller.issued_at)
    _add_assurance(context, caller.assurance, now)
    # Long-term keys prove no factor and lack the key, as in AWS; temporary credentials always have it.
    if caller.kind in (CallerKind.ROLE_SESSION, CallerKind.PERSON):
        multi_factor = caller.assurance.multi_factor
        context["aws:multifactorauthpresent"] = "true" if multi_factor else "false"
        if multi_factor and caller.assurance.authenticated_at is not None:
            context["aws:multifactorauthage"] = _age(caller.assurance.authenticated_at, now)
    if caller.lineage is not None and caller.lineage.provider:
        context["aws:federatedprovider"] = caller.lineage.provider


def _add_assurance(context: Context, assurance: Assurance, now: datetime) -> None:
    level = assurance.level
    if level is None:
        return
    context["ostiary:authenticationmethods"] = assurance.methods
    context["ostiary:assurancelevel"] = level.value
    if assurance.authenticated_at is not None:
        context["ostiary:authenticationage"] = _age(assurance.authenticated_at, now)


def _age(then: datetime, now: datetime) -> str:
    return str(max(0, int((now - then).total_seconds())))
