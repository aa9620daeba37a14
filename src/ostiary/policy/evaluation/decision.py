"""May this principal do this to that resource, and why?

Explicit deny wins, default is deny; decide and explain are one path.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from collections.abc import Iterable

from ostiary.policy.evaluation import wording
from ostiary.policy.evaluation.policy_set import PolicySet, check_kinds
from ostiary.policy.language.principals import Reach
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.statement import Policy
from ostiary.policy.model import Decision, Effect, Layer, MatchedStatement, PolicyKind, PrincipalKind, Request

_TRUST = frozenset({PolicyKind.TRUST})
_NO_POLICIES = PolicySet()
_WITHOUT_OWN_POLICIES = frozenset({PrincipalKind.FEDERATED, PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS})
# The layers that must allow, in the order in which a missing one is told.
_OWN = (Layer.GUARDRAIL, Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
_BOTH = {
    owner: (Layer.GUARDRAIL, owner, Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)
    for owner in (Layer.RESOURCE, Layer.TRUST)
}
_OWNER_AND_LIMITS = {
    owner: (Layer.GUARDRAIL, owner, Layer.BOUNDARY, Layer.SESSION) for owner in (Layer.RESOURCE, Layer.TRUST)
}
_OWNER_ALONE = {owner: (Layer.GUARDRAIL, owner) for owner in (Layer.RESOURCE, Layer.TRUST)}
_NEVER_GRANTED_BY = {
    # An outside identity acts on resources only through a role; anonymous callers and root users assume no role.
    Layer.RESOURCE: frozenset({PrincipalKind.FEDERATED}),
    Layer.TRUST: frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.ROOT}),
}


def decide(request: Request, policies: PolicySet) -> Decision:
    """Whether the request is allowed by all policies that are in force for it."""
    return _Evaluation(request, policies, policies.resource, Layer.RESOURCE).decide()


def decide_trust(request: Request, trust: Policy) -> Decision:
    """Whether a role's trust policy, alone, lets the principal do this (`request.resource` is the role's ARN)."""
    check_kinds((trust,), _TRUST)
    return _Evaluation(request, _NO_POLICIES, trust, Layer.TRUST).decide(by_owner_alone=True)


def decide_assume(request: Request, trust: Policy, policies: PolicySet) -> Decision:
    """Whether the principal may assume the role: its trust policy together with the principal's own policies.

    An outside identity or a service needs the trust policy; a principal of the same account that the trust policy
    names itself too; anybody else needs an identity-based policy besides. `policies.resource` has no part in it.
    """
    check_kinds((trust,), _TRUST)
    return _Evaluation(request, policies, trust, Layer.TRUST).decide()


class _Evaluation:
    """One pass over all layers. The owner's policy is that of the resource's side: resource policy or trust policy."""

    __slots__ = ("_allows", "_denies", "_owner", "_owner_layer", "_policies", "_request", "_scope")

    def __init__(self, request: Request, policies: PolicySet, owner: Policy | None, owner_layer: Layer) -> None:
        self._request, self._policies, self._owner, self._owner_layer = request, policies, owner, owner_layer
        self._scope = Scope(request, has_boundary=policies.boundary is not None)
        self._allows: list[MatchedStatement] = []
        self._denies: list[MatchedStatement] = []

    def decide(self, *, by_owner_alone: bool = False) -> Decision:
        silent = self._survey_guardrails()
        owner = self._survey_owner()
        if owner is Reach.NONE:
            silent.add(self._owner_layer)
        silent |= self._survey_own_layers()
        if self._denies:
            return self._refuse_explicitly()
        needed = self._needed_layers(owner, by_owner_alone=by_owner_alone)
        for layer in needed:
            if layer in silent:
                return self._answer(layer, wording.implicit_deny(self._request, layer), self._allows, allowed=False)
        granting = Layer.IDENTITY if Layer.IDENTITY in needed else self._owner_layer
        return self._answer(granting, wording.allow(self._request, granting), self._allows, allowed=True)

    def _survey_guardrails(self) -> set[Layer]:
        # Every level is surveyed, also after a silent one: an explicit deny further down must be found.
        reaches = [self._survey(level, Layer.GUARDRAIL) for level in self._policies.guardrails]
        return set() if all(reaches) else {Layer.GUARDRAIL}

    def _survey_owner(self) -> Reach:
        if self._owner is None:
            return Reach.NONE
        reach = self._survey((self._owner,), self._owner_layer)
        return Reach.NONE if self._request.principal.kind in _NEVER_GRANTED_BY[self._owner_layer] else reach

    def _survey_own_layers(self) -> set[Layer]:
        """The layers of the principal's own policies that are in force and do not allow."""
        policies, silent = self._policies, set()
        if (
            not self._survey(policies.identity, Layer.IDENTITY)
            and self._request.principal.kind is not PrincipalKind.ROOT
        ):
            silent.add(Layer.IDENTITY)
        if policies.boundary is not None and not self._survey((policies.boundary,), Layer.BOUNDARY):
            silent.add(Layer.BOUNDARY)
        if policies.session is not None and not self._survey(policies.session, Layer.SESSION):
            silent.add(Layer.SESSION)
        return silent

    def _survey(self, policies: Iterable[Policy], layer: Layer) -> Reach:
        """Note every statement that applies; returns the most direct Allow."""
        scope, action = self._scope, self._scope.action
        best = none = Reach.NONE
        for policy in policies:
            candidates = policy.by_action.get(action)
            for statement in policy.candidates(action) if candidates is None else candidates:
                reach = statement.reach(scope)
                if reach is none:
                    continue
                if statement.effect is Effect.DENY:
                    self._denies.append(statement.as_matched(layer))
                else:
                    self._allows.append(statement.as_matched(layer))
                    best = max(best, reach)
        return best

    def _needed_layers(self, owner: Reach, *, by_owner_alone: bool) -> tuple[Layer, ...]:
        principal, owner_layer = self._request.principal, self._owner_layer
        if by_owner_alone or principal.kind in _WITHOUT_OWN_POLICIES:
            return _OWNER_ALONE[owner_layer]
        if principal.account != self._request.resource_account:
            return _BOTH[owner_layer]
        match self._limited(owner):
            case Reach.DIRECT:
                return _OWNER_ALONE[owner_layer]
            case Reach.ROLE:
                return _OWNER_AND_LIMITS[owner_layer]
            case _:
                return _OWN if owner_layer is Layer.RESOURCE else _BOTH[owner_layer]

    def _limited(self, owner: Reach) -> Reach:
        """How far the owner's grant reaches inside one account; where the documents disagree, less far."""
        if owner is Reach.NONE:
            return owner
        if owner is Reach.EVERYONE and self._owner_layer is Layer.RESOURCE:
            return Reach.ROLE
        principal = self._request.principal
        is_session = principal.kind is PrincipalKind.ROLE_SESSION or ":federated-user/" in principal.arn
        if owner is Reach.DIRECT and self._policies.session is not None and not is_session:
            # The grant names the user, but the caller is a session of that user: its session policies limit it.
            return Reach.ROLE
        return owner

    def _refuse_explicitly(self) -> Decision:
        layer = self._denies[0].layer
        return self._answer(layer, wording.explicit_deny(self._request, layer), self._denies, allowed=False)

    def _answer(self, layer: Layer, reason: str, matched: list[MatchedStatement], *, allowed: bool) -> Decision:
        missing = tuple(dict.fromkeys(self._scope.missing)) if self._scope.missing else ()
        return Decision(allowed, reason, layer, tuple(matched), missing)
