"""What is a policy after it was compiled, and which of its statements can concern an action?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ostiary.policy.language.conditions import Condition
from ostiary.policy.language.elements import Actions, Resources
from ostiary.policy.language.principals import Principals, Reach
from ostiary.policy.language.scope import Miss, Scope
from ostiary.policy.model import Effect, Layer, MatchedStatement, PolicyKind

_REMEMBERED_ACTIONS = 512
# Names of their own: looking up an enumeration's member costs as much as a comparison, for each candidate statement.
_NONE, _DIRECT = Reach.NONE, Reach.DIRECT
_RESOURCE, _PRINCIPAL, _CONDITION = Miss.RESOURCE, Miss.PRINCIPAL, Miss.CONDITION


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """`index` counts from 0; `condition_keys` are the keys, in lower case, that the conditions read."""

    policy_id: str
    index: int
    sid: str | None
    effect: Effect
    principals: Principals | None
    actions: Actions
    resources: Resources | None
    conditions: tuple[Condition, ...]
    condition_keys: tuple[str, ...] = field(init=False)
    _as_matched: dict[Layer, MatchedStatement] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "condition_keys", _each_once(key for one in self.conditions for key in one.keys))

    @property
    def path(self) -> str:
        return f"Statement[{self.index}]"

    @property
    def keys(self) -> tuple[str, ...]:
        """Every condition key, in lower case, that the statement may read: as condition or as variable."""
        of_resources = self.resources.keys if self.resources is not None else ()
        return _each_once((*of_resources, *self.condition_keys))

    def reach(self, scope: Scope) -> Reach:
        """How directly the statement concerns the principal; NONE unless everything but the action applies.

        After NONE, `scope.missed` says what did not apply, and `scope.failed` which condition.
        """
        resources = self.resources
        if resources is not None:
            plain = resources.plain
            if not (plain(scope.resource) if plain is not None else resources.match(scope)):
                scope.missed = _RESOURCE
                return _NONE
        reach = _DIRECT if self.principals is None else self.principals.reach(scope, self.effect)
        if reach is _NONE:
            scope.missed = _PRINCIPAL
        elif self.conditions:
            scope.note_missing(self.condition_keys)
            for index, condition in enumerate(self.conditions):
                if not condition.holds(scope):
                    scope.missed, scope.failed = _CONDITION, index
                    return _NONE
        return reach

    def as_matched(self, layer: Layer) -> MatchedStatement:
        """Made once: most of the cost of a decision would else be telling about it."""
        known = self._as_matched.get(layer)
        if known is None:
            known = MatchedStatement(self.policy_id, self.index, self.sid, layer, self.effect)
            self._as_matched[layer] = known
        return known


class ActionIndex:
    """Statements by the action that they speak of, in their order.

    Actions that are named in full are found in one look; patterns are tried, and what was found for an action is
    remembered, up to a bound.
    """

    __slots__ = ("_by_name", "_known", "_tried", "statements")

    def __init__(self, statements: Iterable[Statement]) -> None:
        self.statements = tuple(statements)
        self._by_name: dict[str, list[int]] = {}
        self._tried: list[int] = []
        self._known: dict[str, tuple[Statement, ...]] = {}
        for position, statement in enumerate(self.statements):
            self._add(position, statement)

    def _add(self, position: int, statement: Statement) -> None:
        if statement.actions.patterns or statement.actions.negated:
            self._tried.append(position)
        else:
            for name in statement.actions.exact:
                self._by_name.setdefault(name, []).append(position)

    @property
    def remembered(self) -> int:
        """How many actions' statements are in memory."""
        return len(self._known)

    def about(self, lowered_action: str) -> tuple[Statement, ...]:
        known = self._known.get(lowered_action)
        return self._find(lowered_action) if known is None else known

    def _find(self, lowered_action: str) -> tuple[Statement, ...]:
        named = self._by_name.get(lowered_action, ())
        tried = (at for at in self._tried if self.statements[at].actions.match(lowered_action))
        found = tuple(self.statements[position] for position in sorted((*named, *tried)))
        if len(self._known) >= _REMEMBERED_ACTIONS:
            # Names that nobody asks about again, such as an attacker's, must not keep others out for ever.
            self._known.clear()
        self._known[lowered_action] = found
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A compiled policy: immutable, to be kept as long as its document does not change.

    `text` is the document as it was given, `document_id` its Id.
    """

    policy_id: str
    kind: PolicyKind
    version: str
    statements: tuple[Statement, ...]
    document_id: str | None = None
    text: str = ""
    by_action: ActionIndex = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_action", ActionIndex(self.statements))

    @property
    def variables(self) -> bool:
        """Whether `${...}` are variables: only since version 2012-10-17."""
        return self.version == "2012-10-17"


def _each_once(keys: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(keys))
