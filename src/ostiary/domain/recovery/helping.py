"""Who may help whom back in? The one evaluator says so, by a policy that the house makes from the directory's rules."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.builtin import APPROVE_RECOVERY, HELPER_GROUPS, REQUEST_RECOVERY, recovery_policy
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Door, Origin
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import may_act
from ostiary.domain.recovery.model import RecoveryRequest
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.kit.current import Current
from ostiary.policy import Policy, PolicyKind, parse_policy

_PERSON = "arn:aws:identitystore:::user/"
_SOMEBODY = "arn:aws:identitystore:::user/00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True, slots=True)
class Helper:
    """Somebody who asks to help; `groups` as they are now."""

    caller: Caller
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, here: SignedIn) -> Helper:
        return cls(here.caller, here.person.groups)


class HelperRights:
    def __init__(self, *, authorizer: Authorizer, policies: Current[SignInPolicyIndex]) -> None:
        self._authorizer = authorizer
        self._policies = policies

    def may_request(self, helper: Helper, person: Person) -> bool:
        return self._may(helper, REQUEST_RECOVERY, person.arn, self.approvers_of(person))

    def may_approve(self, helper: Helper, person: Person) -> bool:
        return self._may(helper, APPROVE_RECOVERY, person.arn, self.approvers_of(person))

    def may_help_anybody(self, helper: Helper) -> bool:
        """Whether the people of any directory are hers to help."""
        index = self._policies.value
        return any(
            self._may(helper, REQUEST_RECOVERY, _SOMEBODY, index.rules_of_directory(name).recovery_approvers)
            for name in index.directories
        )

    def could_still_request(self, tx: RecoverySlice, request: RecoveryRequest, person: Person, account: str) -> bool:
        """Whether whoever made the request could make it now: a helper who was removed helps nobody any more."""
        if not request.requested_by.startswith(_PERSON):
            return True  # the operator, who holds the root key
        requester = tx.directory.person(request.requested_by.removeprefix(_PERSON))
        if requester is None or not may_act(requester):
            return False
        # What she had proved when she asked; the policy demanded it then.
        proved = Assurance(("mfa",), request.requested_at)
        caller = Caller(
            arn=requester.arn,
            account=account,
            kind=CallerKind.PERSON,
            name=requester.user_name,
            origin=Origin(Door.INTERNAL),
            user_id=requester.person_id,
            assurance=proved,
        )
        return self.may_request(Helper(caller, requester.groups), person)

    def approvers_of(self, person: Person) -> tuple[str, ...]:
        return self._policies.value.rules_for(person).recovery_approvers

    def _may(self, helper: Helper, action: str, resource: str, groups: tuple[str, ...]) -> bool:
        decision = self._authorizer.decide(
            helper.caller,
            action,
            resource,
            resource_account=helper.caller.account,
            context={HELPER_GROUPS: helper.groups},
            resource_policy=_policy(resource, groups),
        )
        return decision.allowed


@lru_cache(maxsize=1024)
def _policy(person_arn: str, groups: tuple[str, ...]) -> Policy:
    return parse_policy(recovery_policy(person_arn, groups), policy_id="ostiary/recovery", kind=PolicyKind.RESOURCE)
