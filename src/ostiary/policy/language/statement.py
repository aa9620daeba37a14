"""What is a policy after it was compiled, and which of its statements can concern an action?"""

from __future__ import annotations

from dataclasses import dataclass, field

from ostiary.policy.language.conditions import Condition
from ostiary.policy.language.elements import Actions, Resources
from ostiary.policy.language.principals import Principals, Reach
from ostiary.policy.language.scope import Scope
from ostiary.policy.model import Effect, Layer, MatchedStatement, PolicyKind

_REMEMBERED_ACTIONS = 512
# Names of their own: looking up an enumeration's member costs as much as a comparison, for each candidate statement.
_NONE, _DIRECT = Reach.NONE, Reach.DIRECT


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    policy_id: str
    index: int
    sid: str | None
    effect: Effect
    principals: Principals | None
    actions: Actions
    resources: Resources | None
    conditions: tuple[Condition, ...]
    _as_matched: dict[Layer, MatchedStatement] = field(default_factory=dict, init=False, repr=False)

    @property
    def path(self) -> str:
        return f"Statement[{self.index}]"

    def reach(self, scope: Scope) -> Reach:
        """How directly the statement concerns the principal; NONE unless everything but the action applies."""
        if self.resources is not None and not self.resources.match(scope):
            return _NONE
        reach = _DIRECT if self.principals is None else self.principals.reach(scope, self.effect)
        if reach is not _NONE:
            for condition in self.conditions:
                if not condition.holds(scope):
                    return _NONE
        return reach

    def as_matched(self, layer: Layer) -> MatchedStatement:
        """Made once: most of the cost of a decision would else be telling about it."""
        known = self._as_matched.get(layer)
        if known is None:
            known = MatchedStatement(self.policy_id, self.index, self.sid, layer, self.effect)
            self._as_matched[layer] = known
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A compiled policy: immutable, to be kept as long as its document does not change.

    The index from action to statements fills itself with the actions that are asked about, up to a bound.
    """

    policy_id: str
    kind: PolicyKind
    version: str
    statements: tuple[Statement, ...]
    by_action: dict[str, tuple[Statement, ...]] = field(default_factory=dict, init=False, repr=False)

    def candidates(self, lowered_action: str) -> tuple[Statement, ...]:
        """The statements that speak of an action; ask `by_action` first, which answers without a call."""
        found = tuple(statement for statement in self.statements if statement.actions.match(lowered_action))
        if len(self.by_action) < _REMEMBERED_ACTIONS:
            self.by_action[lowered_action] = found
        return found
