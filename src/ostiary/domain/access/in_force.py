"""Which policies are in force for this caller? The one place that says so.

The authorizer asks for who is present, `standing.py` for who is only named; both get the same answer. A kind of caller
that has no policies may do nothing.
"""

from __future__ import annotations

from functools import lru_cache

from ostiary.domain.access import builtin
from ostiary.domain.access.guardrails import NO_GUARDRAILS, Guardrails
from ostiary.domain.access.index import AccessIndex, ApplicationEntry, RoleEntry, UserEntry
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.policy import Policy, PolicyError, PolicyKind, PolicySet, parse_policy

NOBODY = PolicySet()
_OPERATOR = PolicySet(identity=(parse_policy(builtin.ALLOW_ALL, policy_id="ostiary/operator"),))
_PERSON = PolicySet(identity=(parse_policy(builtin.SELF_SERVICE, policy_id="ostiary/self-service"),))
_REMEMBERED_SESSION_POLICIES = 2048
# People act on themselves alone and are of no account. The operator holds the root key and is the way out of any
# guardrail; nobody acts as root of another account.
_NOT_LIMITED = frozenset({CallerKind.PERSON, CallerKind.OPERATOR})


def policies_of(index: AccessIndex, caller: Caller) -> tuple[PolicySet, str]:
    """The policies in force for the caller, and why there are none where a stored document is broken."""
    match caller.kind:
        case CallerKind.ROLE_SESSION:
            return _role_policies(index, caller)
        case CallerKind.IAM_USER:
            return _entry_policies(index, caller, index.user(caller.account, caller.name))
        case CallerKind.WORKLOAD:
            # Applications are among these by their own ARN; workloads act by the roles that they assume.
            return _entry_policies(index, caller, index.application(caller.arn))
        case CallerKind.OPERATOR:
            return _OPERATOR, ""
        case CallerKind.PERSON:
            return _PERSON, ""
        case _:
            return NOBODY, ""


def guardrails_on(index: AccessIndex, caller: Caller, resource_account: str) -> Guardrails:
    """What limits the caller on the side of the resource: the resource controls of the resource's account."""
    return NO_GUARDRAILS if caller.kind in _NOT_LIMITED else index.guardrails(resource_account)


def _entry_policies(
    index: AccessIndex, caller: Caller, entry: RoleEntry | UserEntry | ApplicationEntry | None
) -> tuple[PolicySet, str]:
    guardrails = index.guardrails(caller.account)
    if entry is None:
        return guardrails.nobody, guardrails.service_fault
    return entry.policies, entry.unusable or guardrails.service_fault


def _role_policies(index: AccessIndex, caller: Caller) -> tuple[PolicySet, str]:
    policies, unusable = _entry_policies(index, caller, index.role(caller.role_arn or ""))
    if not caller.session_policies:
        return policies, unusable
    try:
        return policies.with_session(map(_session_policy, caller.session_policies)), unusable
    except PolicyError as error:
        return NOBODY, f"the session policy of `{caller.arn}` cannot be read: {error}"


@lru_cache(maxsize=_REMEMBERED_SESSION_POLICIES)
def _session_policy(text: str) -> Policy:
    """It parsed when it was sealed into the session; a newer server may read more strictly."""
    return parse_policy(text, policy_id="session", kind=PolicyKind.SESSION)
