"""May this principal do this to that resource, and why?

Explicit deny wins, default is deny; decide and explain are one path.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterable

from ostiary.policy.evaluation import wording
from ostiary.policy.evaluation.layers import CONTROLS, NEVER_GRANTED_BY, WITHOUT_IDENTITY_LAYER, needed_layers
from ostiary.policy.evaluation.policy_set import TRUST, PolicySet, checked
from ostiary.policy.evaluation.trace import Trace
from ostiary.policy.language.principals import Reach
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.statement import ActionIndex, Policy
from ostiary.policy.model import Decision, Effect, Layer, MatchedStatement, Request

_NO_POLICIES = PolicySet()
# Names of their own: this is the hot path.
_NONE, _DENY, _IDENTITY, _BOUNDARY, _SESSION = Reach.NONE, Effect.DENY, Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION


def decide(request: Request, policies: PolicySet, *, trace: Trace | None = None) -> Decision:
    """Whether the request is allowed by all policies that are in force for it."""
    return _Evaluation(request, policies, policies.resource, Layer.RESOURCE, trace).decide()


def decide_many(requests: Iterable[Request], policies: PolicySet) -> list[Decision]:
    """The answers to many questions, in their order."""
    return [decide(request, policies) for request in requests]


def decide_trust(request: Request, trust: Policy, *, trace: Trace | None = None) -> Decision:
    """Whether a role's trust policy, alone, lets the principal do this (`request.resource` is the role's ARN)."""
    return _Evaluation(request, _NO_POLICIES, checked(trust, TRUST), Layer.TRUST, trace).decide(by_owner_alone=True)


def decide_assume(request: Request, trust: Policy, policies: PolicySet, *, trace: Trace | None = None) -> Decision:
    """Whether the principal may assume the role: its trust policy together with the principal's own policies.

    An outside identity or a service needs the trust policy; a principal of the same account that the trust policy
    names itself too; anybody else needs an identity-based policy besides. `policies.resource` has no part in it.
    """
    return _Evaluation(request, policies, checked(trust, TRUST), Layer.TRUST, trace).decide()


class _Evaluation:
    """One pass over all layers. The owner's policy is that of the resource's side: resource policy or trust policy."""

    __slots__ = ("_allows", "_denies", "_owner", "_owner_layer", "_policies", "_request", "_scope", "_trace")

    def __init__(
        self,
        request: Request,
        policies: PolicySet,
        owner: Policy | None,
        owner_layer: Layer,
        trace: Trace | None,
    ) -> None:
        self._request, self._policies, self._owner, self._owner_layer = request, policies, owner, owner_layer
        self._trace = trace
        self._scope = Scope(request, has_boundary=policies.boundary is not None)
        self._allows: list[MatchedStatement] = []
        self._denies: list[MatchedStatement] = []

    def decide(self, *, by_owner_alone: bool = False) -> Decision:
        # ORDER: every layer is surveyed, also after a silent one: an explicit deny further down must be found.
        policies = self._policies
        silent = self._survey_controls() if policies.resource_controls or policies.service_controls else []
        owner = self._survey_owner()
        needed = needed_layers(self._request, policies, self._owner_layer, owner, by_owner_alone=by_owner_alone)
        if owner is _NONE and (self._owner is not None or self._owner_layer in needed):
            silent.append(self._owner_layer)
        self._survey_own_layers(silent, by_owner_alone=by_owner_alone)
        if self._denies:
            layer = self._denies[0].layer
            return self._refuse(wording.explicit_deny(self._request, layer), layer, self._denies, silent)
        if silent:
            for layer in needed:
                if layer in silent:
                    return self._refuse(wording.implicit_deny(self._request, layer), layer, self._allows, silent)
        granting = _IDENTITY if _IDENTITY in needed else self._owner_layer
        return Decision(
            True,
            wording.allow(self._request, granting),
            granting,
            tuple(self._allows),
            self._missing_keys(),
            tuple(silent),
        )

    def _survey_controls(self) -> list[Layer]:
        policies, silent = self._policies, []
        for layer, levels in zip(CONTROLS, (policies.resource_controls, policies.service_controls), strict=True):
            if levels:
                reaches = [self._survey(level.by_action, layer) for level in levels]
                if not all(reaches):
                    silent.append(layer)
        return silent

    def _survey_owner(self) -> Reach:
        if self._owner is None:
            return _NONE
        reach = self._survey(self._owner.by_action, self._owner_layer)
        return _NONE if self._request.principal.kind in NEVER_GRANTED_BY[self._owner_layer] else reach

    def _survey_own_layers(self, silent: list[Layer], *, by_owner_alone: bool) -> None:
        """Add to `silent` the layers of the principal's own policies that are in force and do not allow."""
        policies = self._policies
        allowed = self._survey(policies.identity.by_action, _IDENTITY)
        if not allowed and not by_owner_alone and self._request.principal.kind not in WITHOUT_IDENTITY_LAYER:
            silent.append(_IDENTITY)
        if policies.boundary is not None and not self._survey(policies.boundary.by_action, _BOUNDARY):
            silent.append(_BOUNDARY)
        if policies.session is not None and not self._survey(policies.session.by_action, _SESSION):
            silent.append(_SESSION)

    def _survey(self, index: ActionIndex, layer: Layer) -> Reach:
        """Note every statement that applies; returns the most direct Allow."""
        scope, trace, best = self._scope, self._trace, _NONE
        candidates = index.about(scope.action)
        for statement in candidates:
            reach = statement.reach(scope)
            if trace is not None:
                trace.note(statement, layer, reach, scope)
            if reach is _NONE:
                continue
            if statement.effect is _DENY:
                self._denies.append(statement.as_matched(layer))
            else:
                self._allows.append(statement.as_matched(layer))
                best = max(best, reach)
        if trace is not None:
            trace.note_others(index.statements, candidates, layer)
        return best

    def _refuse(self, reason: str, layer: Layer, matched: list[MatchedStatement], silent: list[Layer]) -> Decision:
        return Decision(False, reason, layer, tuple(matched), self._missing_keys(), tuple(silent))

    def _missing_keys(self) -> tuple[str, ...]:
        missing = self._scope.missing
        return tuple(dict.fromkeys(missing)) if missing else ()
