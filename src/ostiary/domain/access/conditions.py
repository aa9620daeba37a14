"""What does a policy see of the caller and the request?

Keys are written in lower case here, because that is how policies look them up; what cannot be known is absent.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ostiary.domain.audit.caller import Caller, CallerKind, Origin
from ostiary.kit.clock import iso
from ostiary.policy import Context, ContextValue, Principal, PrincipalKind, Request

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


def context_of(caller: Caller, now: datetime, more: Mapping[str, ContextValue] | None = None) -> Context:
    """All keys for one request; `more` are those of the operation."""
    context = Request.context_of(more) if more else Context()
    if caller.tags:
        context.update(_tags_of(caller))
    # ORDER: last, so that no tag or key of an operation can stand for what the server itself knows.
    _add_request(context, caller.origin, now)
    _add_principal(context, caller)
    _add_session(context, caller, now)
    return context


def standing_context_of(caller: Caller) -> Context:
    """The keys that are the same for every request of a principal, for one that is named instead of present."""
    context = _tags_of(caller)
    _add_principal(context, caller)
    if caller.source_identity:
        context["aws:sourceidentity"] = caller.source_identity
    return context


def request_context_of(origin: Origin, now: datetime, more: Mapping[str, ContextValue]) -> Context:
    """The keys for an outside identity that is not a principal yet."""
    context = Request.context_of(more)
    _add_request(context, origin, now)
    return context


def _tags_of(caller: Caller) -> Context:
    # Spellings of one tag that differ in case become one key with all values (see Request.context_of).
    return Request.context_of({f"aws:principaltag/{key}": value for key, value in caller.tags.items()})


def _add_request(context: Context, origin: Origin, now: datetime) -> None:
    context["aws:currenttime"] = iso(now)
    context["aws:epochtime"] = str(int(now.timestamp()))
    context["aws:securetransport"] = "true" if origin.secure_transport else "false"
    context["ostiary:door"] = origin.door.value
    if origin.source_ip:
        context["aws:sourceip"] = origin.source_ip
    if origin.user_agent:
        context["aws:useragent"] = origin.user_agent
    if origin.region:
        context["aws:requestedregion"] = origin.region


def _add_principal(context: Context, caller: Caller) -> None:
    if caller.kind is CallerKind.ANONYMOUS:
        context["aws:principaltype"] = "Anonymous"
        return
    # As in AWS, the key holds the role's ARN for a session: sessions come and go, policies name roles.
    context["aws:principalarn"] = caller.role_arn or caller.arn
    if caller.account:
        context["aws:principalaccount"] = caller.account
    if caller.kind in _PRINCIPAL_TYPES:
        context["aws:principaltype"] = _PRINCIPAL_TYPES[caller.kind]
    if caller.user_id:
        context["aws:userid"] = caller.user_id
    if caller.kind in (CallerKind.IAM_USER, CallerKind.PERSON):
        context["aws:username"] = caller.name


def _add_session(context: Context, caller: Caller, now: datetime) -> None:
    assurance = caller.assurance
    if caller.source_identity:
        context["aws:sourceidentity"] = caller.source_identity
    if caller.issued_at is not None:
        context["aws:tokenissuetime"] = iso(caller.issued_at)
    if assurance.methods:
        context["ostiary:authenticationmethods"] = assurance.methods
    # Long-term keys prove no factor and lack the key, as in AWS; temporary credentials always have it.
    if caller.kind in (CallerKind.ROLE_SESSION, CallerKind.PERSON):
        context["aws:multifactorauthpresent"] = "true" if assurance.multi_factor else "false"
        if assurance.multi_factor and assurance.authenticated_at is not None:
            context["aws:multifactorauthage"] = str(max(0, int((now - assurance.authenticated_at).total_seconds())))
    if caller.lineage is not None and caller.lineage.provider:
        context["aws:federatedprovider"] = caller.lineage.provider
