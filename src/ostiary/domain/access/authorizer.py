"""May this caller do this? The one place that every operation of every door asks.

Policies come from the index in memory, by the kind of caller (`in_force.py`); a kind without policies may do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ostiary.domain.access.conditions import context_of, principal_of, request_context_of, with_tags_of
from ostiary.domain.access.errors import AccessDenied, denied
from ostiary.domain.access.in_force import NOBODY, guardrails_on, policies_of
from ostiary.domain.access.index import AccessIndex, RoleEntry
from ostiary.domain.audit.caller import Caller
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.policy import (
    ContextValue,
    Decision,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    decide,
    decide_assume,
)


class Authorizer:
    def __init__(self, *, index: Current[AccessIndex], clock: Clock) -> None:
        self._index = index
        self._clock = clock

    def authorize(
        self,
        caller: Caller,
        action: str,
        resource: str,
        *,
        resource_account: str,
        context: Mapping[str, ContextValue] | None = None,
        resource_policy: Policy | None = None,
    ) -> Decision:
        """Raises AccessDenied, whose text is AWS's sentence with the reason."""
        decision, unusable = self._judge(caller, action, resource, resource_account, context, resource_policy)
        return _allowed(decision, unusable)

    def decide(
        self,
        caller: Caller,
        action: str,
        resource: str,
        *,
        resource_account: str,
        context: Mapping[str, ContextValue] | None = None,
        resource_policy: Policy | None = None,
    ) -> Decision:
        """The decision with its reason; `context` adds the condition keys of the operation."""
        return self._judge(caller, action, resource, resource_account, context, resource_policy)[0]

    def authorize_assume(
        self, caller: Caller, actions: Sequence[str], entry: RoleEntry, *, context: Mapping[str, ContextValue]
    ) -> Decision:
        """Each of the `sts:` actions by the role's trust policy and the caller's own. Raises AccessDenied."""
        role = entry.role
        policies, unusable = self._policies_on(caller, role.account)
        trust = entry.trust
        if unusable or entry.unusable or trust is None:
            refusal = _out_of_force(caller, actions[0], role.arn)
            raise AccessDenied(refusal, operator_text=entry.unusable or unusable or refusal.reason)
        request = self._request(caller, actions[0], role.arn, role.account, with_tags_of(role, context))
        decision = _allowed(decide_assume(request, trust, policies))
        for action in actions[1:]:
            _allowed(decide_assume(request.with_action(action), trust, policies))
        return decision

    def authorize_federated(
        self, caller: Caller, provider_arn: str, action: str, entry: RoleEntry, *, context: Mapping[str, ContextValue]
    ) -> Decision:
        """By the role's trust policy alone; `context` holds the claims that were proved. Raises AccessDenied."""
        role = entry.role
        policies, unusable = self._policies_on(caller, role.account, NOBODY)
        if unusable or entry.unusable or entry.trust is None:
            raise AccessDenied(_out_of_force(caller, action, role.arn), operator_text=entry.unusable or unusable)
        principal = Principal(provider_arn, None, PrincipalKind.FEDERATED)
        seen = request_context_of(
            caller.origin,
            self._clock.now(),
            with_tags_of(role, context),
            provider=provider_arn,
            resource_account=role.account,
            places=self._index.value,
        )
        return _allowed(decide_assume(Request(principal, action, role.arn, role.account, seen), entry.trust, policies))

    def _judge(
        self,
        caller: Caller,
        action: str,
        resource: str,
        resource_account: str,
        context: Mapping[str, ContextValue] | None,
        resource_policy: Policy | None,
    ) -> tuple[Decision, str]:
        """The decision, and for the operator what is broken."""
        policies, unusable = self._policies_on(caller, resource_account)
        if unusable:
            return _out_of_force(caller, action, resource), unusable
        request = self._request(caller, action, resource, resource_account, context)
        return decide(request, policies if resource_policy is None else policies.with_resource(resource_policy)), ""

    def _policies_on(
        self, caller: Caller, resource_account: str, own: PolicySet | None = None
    ) -> tuple[PolicySet, str]:
        """Those of the caller (or `own`) and the controls over the resource; why not, where one cannot be read."""
        index = self._index.value
        policies, unusable = policies_of(index, caller) if own is None else (own, "")
        guardrails = guardrails_on(index, caller, resource_account)
        if guardrails.resource_controls:
            policies = policies.with_resource(None, guardrails.resource_controls)
        return policies, unusable or guardrails.resource_fault

    def _request(
        self,
        caller: Caller,
        action: str,
        resource: str,
        resource_account: str,
        context: Mapping[str, ContextValue] | None,
    ) -> Request:
        now, places = self._clock.now(), self._index.value
        seen = context_of(caller, now, context, resource_account=resource_account, places=places)
        return Request(principal_of(caller), action, resource, resource_account, seen)


def _allowed(decision: Decision, unusable: str = "") -> Decision:
    if not decision.allowed:
        raise AccessDenied(decision, operator_text=unusable)
    return decision


def _out_of_force(caller: Caller, action: str, resource: str) -> Decision:
    sentence = f"User: {caller.arn} is not authorized to perform: {action} on resource: {resource}"
    return denied(f"{sentence} because a policy that is in force for it cannot be read").decision
