"""What would be decided, if somebody asked?

Simulated is one principal with its policies, as they are or changed; each question is answered by the evaluator that
decides real requests. Nothing is looked up about resources, and what only a request has must be given.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from functools import partial
from typing import Final

from ostiary.domain.access import simulation_inputs as inputs
from ostiary.domain.access.conditions import NOWHERE, Places, resource_context_of
from ostiary.domain.access.context_keys import context_keys
from ostiary.domain.access.errors import InvalidSimulation, PrincipalBroken
from ostiary.domain.access.guardrails import NO_GUARDRAILS, Guardrails
from ostiary.domain.access.in_force import guardrails_on
from ostiary.domain.access.index import AccessIndex
from ostiary.domain.access.simulation_effort import MAX_EFFORT, effort_of
from ostiary.domain.access.simulation_inputs import Entity, Excluded, Wanted
from ostiary.domain.access.standing import Standing, Standings
from ostiary.kit import arn
from ostiary.kit.current import Current
from ostiary.policy import (
    Context,
    Decision,
    Effect,
    Layer,
    MatchedStatement,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    decide,
)

MAX_QUESTIONS: Final = 5_000
# Characters of policies times questions: what one request may cost, in time and in the length of its answer.
MAX_WORK: Final = 2_000_000
_OUTSIDE_IDENTITY: Final = (Layer.SERVICE_CONTROL, Layer.RESOURCE_CONTROL)
_SUMMED_UP: Final = (Layer.IDENTITY, Layer.RESOURCE, Layer.BOUNDARY)


class Verdict(IntEnum):
    """The greater, the more restrictive."""

    ALLOWED = 0
    DENIED = 1
    DENIED_EXPLICITLY = 2


@dataclass(frozen=True, slots=True)
class Outcome:
    """One action on one resource.

    `statements` are those of identity and resource policies that made the decision; `missing` are keys that policies
    in force, guardrails apart, ask for in vain; `boundary_allows` and `organization_allows` are None where nothing of
    the kind is in force; `layers` is filled only when the resource is another account's.
    """

    resource: str
    verdict: Verdict
    statements: tuple[MatchedStatement, ...]
    missing: tuple[str, ...]
    boundary_allows: bool | None
    organization_allows: bool | None
    layers: Mapping[Layer, Verdict] | None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A principal with everything in force for it; `owner` has the resources whose ARN names no account."""

    principal: Principal
    policies: PolicySet
    context: Context
    owner: str
    texts: Mapping[str, Policy]
    entity: Entity | None
    resource_policy: Policy | None
    guardrails: Callable[[str], Guardrails]
    places: Places
    spellings: Mapping[str, str] = field(repr=False)

    def actions_at_once(self, actions: Sequence[str], resources: Sequence[str]) -> int:
        """How many of the actions can be simulated for one page. Raises InvalidSimulation when all are too much."""
        questions = len(actions) * len(resources)
        if questions > MAX_QUESTIONS:
            raise InvalidSimulation(
                f"{len(actions)} actions on {len(resources)} resources are too much at once:"
                f" ask at most {MAX_QUESTIONS} questions in a request"
            )
        if questions * sum(len(policy.text) for policy in self._all_policies()) > MAX_WORK:
            raise InvalidSimulation(
                f"{questions} questions about policies of this length are too much at once:"
                " ask about fewer actions, resources or policies in a request"
            )
        effort = effort_of(self._all_policies(), self.context).of(resources)
        if effort > MAX_EFFORT:
            raise InvalidSimulation(
                "so many patterns on resources and context values of this length are too much at once:"
                " ask about fewer resources, or give fewer or shorter values"
            )
        return MAX_EFFORT // max(effort, 1)

    def simulate(self, action: str, resource: str) -> Outcome:
        """Raises PrincipalBroken where a guardrail cannot be read."""
        account = _account_in(resource) or self.owner
        policies = self._with_resource_side(account)
        # ORDER: what is told about the request replaces what the server knows of the account.
        context = resource_context_of(account, places=self.places)
        context.update(self.context)
        decision = decide(Request(self.principal, action, resource, account, context), policies)
        return Outcome(
            resource=resource,
            verdict=_verdict(decision),
            statements=tuple(one for one in decision.matched if one.layer in (Layer.IDENTITY, Layer.RESOURCE)),
            missing=tuple(self.spellings[key] for key in decision.missing_keys if key in self.spellings),
            boundary_allows=_allows(decision, Layer.BOUNDARY) if policies.boundary is not None else None,
            organization_allows=_organization_allows(decision, policies),
            layers=_summary(decision, policies) if account != self.principal.account else None,
        )

    def _with_resource_side(self, account: str) -> PolicySet:
        guardrails = self.guardrails(account)
        if guardrails.resource_fault:
            text = "a guardrail over the simulated resource cannot be read: nothing may be done with it now"
            raise PrincipalBroken(text, operator_text=guardrails.resource_fault)
        return self.policies.with_resource(self.resource_policy, guardrails.resource_controls)

    def _all_policies(self) -> Iterable[Policy]:
        yield from self.texts.values()
        for level in self.policies.service_controls:
            yield from level


class Simulations:
    def __init__(self, *, index: Current[AccessIndex], standings: Standings) -> None:
        self._index = index
        self._standings = standings

    def of_principal(self, account: str, source_arn: str, wanted: Wanted) -> Scenario:
        """A principal of this account. Raises InvalidSimulation, NoStanding."""
        entity, standing = self._stand(account, source_arn)
        excluded = wanted.excluded
        given = inputs.read_boundary(wanted.boundaries)
        kept = None if Excluded.BOUNDARY in excluded else standing.policies.boundary
        policies = PolicySet(
            identity=(*inputs.without_excluded(standing.policies.identity, entity, wanted), *_policy_inputs(wanted)),
            boundary=given or kept,
            service_controls=() if Excluded.SERVICE_CONTROL in excluded else standing.policies.service_controls,
        )
        principal, context = standing.principal, Request.context_of(standing.context)
        if wanted.caller_arn not in {"", source_arn}:
            principal, context = inputs.principal_of_entity(inputs.read_entity(wanted.caller_arn, "CallerArn"))
        index = self._index.value
        guardrails = partial(guardrails_on, index, standing.caller)
        return _scenario(principal, policies, context, wanted, entity=entity, guardrails=guardrails, places=index)

    def of_texts(self, account: str, wanted: Wanted) -> Scenario:
        """Only what was given. Raises InvalidSimulation."""
        if wanted.resource_policy and not wanted.caller_arn:
            raise InvalidSimulation("a ResourcePolicy needs a CallerArn: its Principal speaks of somebody")
        policies = PolicySet(
            identity=_policy_inputs(wanted),
            boundary=inputs.read_boundary(wanted.boundaries),
            service_controls=inputs.read_levels(wanted.organization),
        )
        principal, context = Principal(f"arn:aws:iam::{account}:user/", account, PrincipalKind.USER), Context()
        if wanted.caller_arn:
            principal, context = inputs.principal_of_entity(inputs.read_entity(wanted.caller_arn, "CallerArn"))
        return _scenario(principal, policies, context, wanted)

    def context_keys_of_principal(self, account: str, source_arn: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Those of identity policies alone. Raises InvalidSimulation, NoStanding."""
        _, standing = self._stand(account, source_arn)
        given = inputs.read_policies(texts, inputs.POLICY_INPUT, PolicyKind.IDENTITY)
        return tuple(context_keys((*standing.policies.identity, *given)).values())

    def context_keys_of_texts(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Raises InvalidSimulation."""
        return tuple(context_keys(inputs.read_policies(texts, inputs.POLICY_INPUT, PolicyKind.IDENTITY)).values())

    def _stand(self, account: str, source_arn: str) -> tuple[Entity, Standing]:
        entity = inputs.read_entity(source_arn, "PolicySourceArn")
        if entity.account != account:
            raise InvalidSimulation("PolicySourceArn must name a user or role of the account that asks")
        (standing,) = self._standings.of(source_arn)
        return entity, standing


def _policy_inputs(wanted: Wanted) -> tuple[Policy, ...]:
    return inputs.read_policies(wanted.policies, inputs.POLICY_INPUT, PolicyKind.IDENTITY)


def _scenario(
    principal: Principal,
    policies: PolicySet,
    context: Context,
    wanted: Wanted,
    *,
    entity: Entity | None = None,
    guardrails: Callable[[str], Guardrails] = lambda _account: NO_GUARDRAILS,
    places: Places = NOWHERE,
) -> Scenario:
    resource_policy = None
    if wanted.resource_policy:
        resource_policy = inputs.read_policy(wanted.resource_policy, inputs.RESOURCE_POLICY, PolicyKind.RESOURCE)
    # ORDER: an inline policy may have the id of the boundary; statements are told of the first kind alone.
    told = [*(one for one in (policies.boundary, resource_policy) if one is not None), *policies.identity]
    # ORDER: what the caller made up replaces what the server knows: she asks what would be.
    context.update(wanted.context)
    return Scenario(
        principal=principal,
        policies=policies,
        context=context,
        owner=inputs.read_owner(wanted.resource_owner) or principal.account or "",
        texts={policy.policy_id: policy for policy in told},
        entity=entity,
        resource_policy=resource_policy,
        guardrails=guardrails,
        places=places,
        spellings=context_keys(told),
    )


def _account_in(resource: str) -> str:
    return "" if resource == "*" else arn.parse(resource).account


def _verdict(decision: Decision) -> Verdict:
    if decision.allowed:
        return Verdict.ALLOWED
    return Verdict.DENIED_EXPLICITLY if decision.explicit else Verdict.DENIED


def _allows(decision: Decision, layer: Layer) -> bool:
    return _verdict_of(decision, layer) is Verdict.ALLOWED


def _verdict_of(decision: Decision, layer: Layer) -> Verdict:
    if any(one.layer is layer and one.effect is Effect.DENY for one in decision.matched):
        return Verdict.DENIED_EXPLICITLY
    return Verdict.DENIED if layer in decision.silent else Verdict.ALLOWED


def _organization_allows(decision: Decision, policies: PolicySet) -> bool | None:
    if not (policies.service_controls or policies.resource_controls):
        return None
    return all(_allows(decision, layer) for layer in _OUTSIDE_IDENTITY)


def _summary(decision: Decision, policies: PolicySet) -> dict[Layer, Verdict] | None:
    """None when a guardrail denies: then nothing else is looked at."""
    if _organization_allows(decision, policies) is False:
        return None
    layers = (layer for layer in _SUMMED_UP if layer is not Layer.BOUNDARY or policies.boundary is not None)
    return {layer: _verdict_of(decision, layer) for layer in layers}
