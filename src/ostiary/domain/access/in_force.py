"""Which policies are in force for this caller? The one place that says so.

The authorizer asks for who is present, `standing.py` for who is only named; both get the same answer. A kind of caller
that has no policies may do nothing.
"""

from __future__ import annotations

from functools import lru_cache

from ostiary.domain.access import builtin
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.policy import Policy, PolicyError, PolicyKind, PolicySet, parse_policy

NOBODY = PolicySet()
_OPERATOR = PolicySet(identity=(parse_policy(builtin.ALLOW_ALL, policy_id="ostiary/operator"),))
_PERSON = PolicySet(identity=(parse_policy(builtin.SELF_SERVICE, policy_id="ostiary/self-service"),))
_REMEMBERED_SESSION_POLICIES = 2048


def policies_of(index: AccessIndex, caller: Caller) -> tuple[PolicySet, str]:
    """The policies in force for the caller, and why there are none where a stored document is broken."""
    match caller.kind:
        case CallerKind.ROLE_SESSION:
            return _role_policies(index, caller)
        case CallerKind.IAM_USER:
            user = index.user(caller.account, caller.name)
            return (PolicySet(identity=user.identity), user.unusable) if user is not None else (NOBODY, "")
        case CallerKind.WORKLOAD:
            # Applications are among these by their own ARN; workloads act by the roles that they assume.
            application = index.application(caller.arn)
            return (PolicySet(identity=application.identity), application.unusable) if application else (NOBODY, "")
        case CallerKind.OPERATOR:
            return _OPERATOR, ""
        case CallerKind.PERSON:
            return _PERSON, ""
        case _:
            return NOBODY, ""


def _role_policies(index: AccessIndex, caller: Caller) -> tuple[PolicySet, str]:
    entry = index.role(caller.role_arn or "")
    if entry is None:
        return NOBODY, ""
    try:
        session = tuple(map(_session_policy, caller.session_policies)) if caller.session_policies else None
    except PolicyError as error:
        return NOBODY, f"the session policy of `{caller.arn}` cannot be read: {error}"
    return PolicySet(identity=entry.identity, boundary=entry.boundary, session=session), entry.unusable


@lru_cache(maxsize=_REMEMBERED_SESSION_POLICIES)
def _session_policy(text: str) -> Policy:
    """It parsed when it was sealed into the session; a newer server may read more strictly."""
    return parse_policy(text, policy_id="session", kind=PolicyKind.SESSION)
