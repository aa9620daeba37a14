"""May this principal do this, as far as is known: yes, no, or on which condition?

Condition keys that the request does not hold are unknown here, unless they are said to be absent. The answer is sound:
yes means that every request with these keys is allowed, no that none is, and the remaining condition holds exactly for
the requests that `decide` allows.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from ostiary.policy.casing import lower_ascii
from ostiary.policy.evaluation.layers import CONTROLS, NEVER_GRANTED_BY, WITHOUT_IDENTITY_LAYER, needed_layers
from ostiary.policy.evaluation.policy_set import TRUST, PolicyGroup, PolicySet, checked
from ostiary.policy.language.principals import Reach
from ostiary.policy.language.scope import Scope
from ostiary.policy.language.statement import ActionIndex, Policy, Statement
from ostiary.policy.model import Effect, Layer, Request
from ostiary.policy.reach.formula import ALWAYS, NEVER, Formula, Test, conjunction, disjunction, negation


class Verdict(StrEnum):
    YES = "yes"
    NO = "no"
    IF = "if"


@dataclass(frozen=True, slots=True)
class Answer:
    """`condition` is what remains to be asked: always for yes, never for no. `str()` of it is readable."""

    verdict: Verdict
    condition: Formula
    has_boundary: bool = False

    def holds(self, request: Request) -> bool:
        """Whether the remaining condition holds for the request, in which every key is known or absent."""
        return self.condition.holds(Scope(request, has_boundary=self.has_boundary))


def may(request: Request, policies: PolicySet, *, absent: Collection[str] = ()) -> Answer:
    """The answer to `decide` when only the keys in `request.context` are known; `absent` are known to be missing."""
    return _Question(request, policies, policies.resource, Layer.RESOURCE, absent).answer()


def may_assume(request: Request, trust: Policy, policies: PolicySet, *, absent: Collection[str] = ()) -> Answer:
    """The answer to `decide_assume`, likewise."""
    return _Question(request, policies, checked(trust, TRUST), Layer.TRUST, absent).answer()


def who_may(questions: Iterable[tuple[Request, PolicySet]], *, absent: Collection[str] = ()) -> Iterator[Answer]:
    """Which of these principals may: an answer for each, in their order."""
    return (may(request, policies, absent=absent) for request, policies in questions)


def what_may(
    request: Request, actions: Iterable[str], policies: PolicySet, *, absent: Collection[str] = ()
) -> dict[str, Answer]:
    """Which of these actions the principal may do with the resource of the request; those with no are left out."""
    answers = {action: may(request.with_action(action), policies, absent=absent) for action in actions}
    return {action: answer for action, answer in answers.items() if answer.verdict is not Verdict.NO}


class _Question:
    def __init__(
        self, request: Request, policies: PolicySet, owner: Policy | None, owner_layer: Layer, absent: Collection[str]
    ) -> None:
        self._request, self._policies, self._owner, self._owner_layer = request, policies, owner, owner_layer
        self._scope = Scope(request, has_boundary=policies.boundary is not None)
        self._absent = frozenset(map(lower_ascii, absent))
        self._denials: list[Formula] = []

    def answer(self) -> Answer:
        granted = self._granted()
        condition = conjunction([granted, negation(disjunction(self._denials))])
        verdict = {ALWAYS: Verdict.YES, NEVER: Verdict.NO}.get(condition, Verdict.IF)
        return Answer(verdict, condition, self._scope.has_boundary)

    def _granted(self) -> Formula:
        layers = self._own_layers()
        by_reach = self._owner_grants()
        ways = []
        for reach in Reach:
            needed = needed_layers(self._request, self._policies, self._owner_layer, reach)
            others = [layers[layer] for layer in needed if layer is not self._owner_layer]
            named = by_reach.get(reach, NEVER)
            if reach is Reach.NONE:
                named = NEVER if self._owner_layer in needed else ALWAYS
            ways.append(conjunction([named, *others]))
        return disjunction(ways)

    def _own_layers(self) -> Mapping[Layer, Formula]:
        """When each layer but the owner's allows; a layer that is not in force does."""
        policies = self._policies
        levels = zip(CONTROLS, (policies.resource_controls, policies.service_controls), strict=True)
        found = {layer: conjunction([self._allows(level) for level in groups]) for layer, groups in levels}
        found[Layer.IDENTITY] = self._allows(policies.identity)
        if self._request.principal.kind in WITHOUT_IDENTITY_LAYER:
            found[Layer.IDENTITY] = ALWAYS
        found[Layer.BOUNDARY] = ALWAYS if policies.boundary is None else self._allows(policies.boundary)
        found[Layer.SESSION] = ALWAYS if policies.session is None else self._allows(policies.session)
        return found

    def _owner_grants(self) -> Mapping[Reach, Formula]:
        """When the owner's policy allows, by how directly it names the principal."""
        if self._owner is None:
            return {}
        found: dict[Reach, Formula] = {}
        for statement, reach, formula in self._applying(self._owner.by_action):
            if statement.effect is Effect.DENY:
                self._denials.append(formula)
            elif self._request.principal.kind not in NEVER_GRANTED_BY[self._owner_layer]:
                found[reach] = disjunction([found.get(reach, NEVER), formula])
        return found

    def _allows(self, policies: PolicyGroup | Policy) -> Formula:
        allows: list[Formula] = []
        for statement, _reach, formula in self._applying(policies.by_action):
            (self._denials if statement.effect is Effect.DENY else allows).append(formula)
        return disjunction(allows)

    def _applying(self, index: ActionIndex) -> Iterator[tuple[Statement, Reach, Formula]]:
        """The statements about the action that can concern the principal, with the condition under which they do."""
        for statement in index.about(self._scope.action):
            reach = Reach.DIRECT
            if statement.principals is not None:
                reach = statement.principals.reach(self._scope, statement.effect)
            if reach is not Reach.NONE:
                formula = conjunction(self._tests(statement))
                if formula != NEVER:
                    yield statement, reach, formula

    def _tests(self, statement: Statement) -> Iterator[Formula]:
        if statement.resources is not None:
            yield self._decided(Test(statement.resources), statement.resources.keys)
        for condition in statement.conditions:
            yield self._decided(Test(condition), condition.keys)

    def _decided(self, test: Test, keys: Iterable[str]) -> Formula:
        if any(key not in self._request.context and key not in self._absent for key in keys):
            return test
        return ALWAYS if test.holds(self._scope) else NEVER
