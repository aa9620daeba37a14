"""Does a policy allow anything that another one does not, or anything of what it must not?

Both checks are sound: they pass only when no request can exist that would be the answer. What cannot be decided, or
not with the effort that one check may cost, fails and says so. Every Allow statement is taken apart: what it allows
must be covered by Allow statements of the other policy that grant to the same callers under conditions that follow
from its own, or be denied by its own policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-custom-policy-checks.html
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from ostiary.policy.analysis.callers import Name, content_of, denies, denies_all_of, grants, may_concern, names_of
from ostiary.policy.analysis.complement import left_alone
from ostiary.policy.analysis.effort import Effort, TooHardError
from ostiary.policy.analysis.facts import Fact, facts_of
from ostiary.policy.analysis.implication import all_follow, contradict
from ostiary.policy.analysis.languages import EVERYTHING
from ostiary.policy.analysis.regions import Pair, Region, actions_of, region_of, resources_of, uncovered_pair
from ostiary.policy.language.elements import parse_actions, parse_resources
from ostiary.policy.language.principals import Principals
from ostiary.policy.language.statement import Policy, Statement
from ostiary.policy.model import Effect, PolicyKind

_TOO_HARD = "it cannot be decided whether the access is new: the patterns are too many or too intricate to compare"
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Access:
    """Actions on resources, as a policy writes them; an empty side means all."""

    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """`statement_index` counts from 0; None when the reason lies in no single statement."""

    description: str
    statement_index: int | None
    statement_id: str | None


@dataclass(frozen=True, slots=True)
class Comparison:
    passed: bool
    message: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """A statement, ready to be compared."""

    statement: Statement
    region: Region
    facts: tuple[Fact, ...]
    names: tuple[Name, ...]
    content: Hashable
    """Equal for statements that say the same: most of those of two versions of a policy do."""

    @property
    def principals(self) -> Principals | None:
        return self.statement.principals


@dataclass(frozen=True, slots=True)
class _Sides:
    kind: PolicyKind
    allows: tuple[_Side, ...]
    denies: tuple[_Side, ...]


def check_no_new_access(new: Policy, existing: Policy) -> Comparison:
    """Whether `new` certainly grants nothing that `existing` does not grant, and to nobody more directly.

    A Deny that is gone is new access only where `new` itself allows: what other policies allow is their business.
    Raises ValueError when the policies are of different kinds.
    """
    if new.kind is not existing.kind:
        raise ValueError(f"a {new.kind} policy cannot be compared with a {existing.kind} policy")
    effort = Effort()
    changed, known = _sides_of(new), _sides_of(existing)
    reasons = _reasons(changed.allows, partial(_new_access, changed, known, effort))
    if reasons:
        return Comparison(
            False, "The new policy allows access that the existing policy does not, or might allow it.", reasons
        )
    return Comparison(True, "The new policy allows no access that the existing policy does not.", ())


def check_access_not_granted(policy: Policy, access: Sequence[Access]) -> Comparison:
    """Whether the policy certainly allows none of the actions on any of the resources.

    Raises PolicyError for what cannot stand in a policy as action or resource, ValueError when nothing is asked.
    """
    if not access:
        raise ValueError("name the access that must not be granted")
    effort, sides = Effort(), _sides_of(policy)
    reasons = _reasons(sides.allows, partial(_granted, sides, tuple(map(_region_of_access, access)), effort))
    if reasons:
        return Comparison(False, "The policy allows some of the access that it must not, or might allow it.", reasons)
    return Comparison(True, "The policy allows none of the access that it must not.", ())


def _sides_of(policy: Policy) -> _Sides:
    sides = [_side_of(statement, variables=policy.variables) for statement in policy.statements]
    return _Sides(
        policy.kind,
        tuple(side for side in sides if side.statement.effect is Effect.ALLOW),
        tuple(side for side in sides if side.statement.effect is Effect.DENY),
    )


def _side_of(statement: Statement, *, variables: bool) -> _Side:
    region, facts = region_of(statement, variables=variables), facts_of(statement, variables=variables)
    content = (content_of(statement.principals), region, frozenset(fact.content for fact in facts))
    return _Side(statement, region, facts, names_of(statement.principals), content)


def _reasons(allows: Iterable[_Side], find: Callable[[_Side], str | None]) -> tuple[Reason, ...]:
    reasons = []
    for allow in allows:
        try:
            found = find(allow)
        except TooHardError:
            reasons.append(_reason(_TOO_HARD, allow.statement))
            break
        if found is not None:
            reasons.append(_reason(found, allow.statement))
    return tuple(reasons)


def _reason(why: str, statement: Statement) -> Reason:
    return Reason(f"In the statement with index {statement.index}: {why}.", statement.index, statement.sid)


def _new_access(changed: _Sides, known: _Sides, effort: Effort, allow: _Side) -> str | None:
    if contradict(allow.facts, effort):
        return None
    found = _not_allowed_before(changed, known, effort, allow, allow.facts)
    if found is not None:
        found = _still_new(changed, known, effort, allow, found)
    return found or _denied_before(changed, known, effort, allow)


def _still_new(changed: _Sides, known: _Sides, effort: Effort, allow: _Side, found: str) -> str | None:
    """Look a second time, with what the new policy's own Denies leave alone; `found` when that cannot be afforded."""
    try:
        facts = _with_left_alone(changed.denies, allow.facts, allow.names, [allow.region], effort)
        if len(facts) == len(allow.facts):
            return found
        return None if contradict(facts, effort) else _not_allowed_before(changed, known, effort, allow, facts)
    except TooHardError:
        return found


def _with_left_alone(
    denies_of_policy: Iterable[_Side],
    facts: tuple[Fact, ...],
    names: Sequence[Name],
    required: Sequence[Region],
    effort: Effort,
) -> tuple[Fact, ...]:
    """The facts, and what is certain because none of the Denies that speak of all of the access applies."""
    more = []
    for side in denies_of_policy:
        effort.spend(1 + len(names))
        fact = left_alone(side.facts, facts, effort) if all(denies(side.principals, name) for name in names) else None
        if fact is not None and uncovered_pair(required, [side.region], effort) is None:
            more.append(fact)
    return (*facts, *more)


def _not_allowed_before(
    changed: _Sides, known: _Sides, effort: Effort, allow: _Side, facts: Sequence[Fact]
) -> str | None:
    """What no Allow of the existing policy covers and no Deny of the new one takes away."""
    if any(side.content == allow.content for side in known.allows):
        return None
    usable = [side for side in known.allows if _follow(side, facts, effort)]
    taken = [side for side in changed.denies if _follow(side, facts, effort)]

    def covers_of(name: Name) -> tuple[_Side, ...]:
        effort.spend(len(usable) + len(taken))
        return (
            *(side for side in usable if grants(side.principals, name, known.kind)),
            *(side for side in taken if denies(side.principals, name)),
        )

    found = _uncovered(allow.names, covers_of, [allow.region], effort)
    if found is None:
        return None
    name, pair = found
    if not usable:
        return f"the existing policy allows nothing under conditions that follow from this statement's{_example(pair)}"
    if not any(grants(side.principals, name, known.kind) for side in usable):
        return f"the existing policy does not name `{_shown(name.text or '*')}` as directly"
    return f"the existing policy does not allow all of these actions on all of these resources{_example(pair)}"


def _denied_before(changed: _Sides, known: _Sides, effort: Effort, allow: _Side) -> str | None:
    """What a Deny of the existing policy took away and no Deny of the new one does."""
    kept_unchanged = {side.content for side in changed.denies}
    for deny in known.denies:
        if deny.content in kept_unchanged:
            continue
        facts = (*allow.facts, *deny.facts)
        effort.spend(1 + len(allow.names) * len(deny.names))
        names = [name for name in allow.names if may_concern(deny.principals, name)]
        if not names or contradict(facts, effort):
            continue
        found = _no_longer_denied(changed, deny, facts, names, [allow.region, deny.region], effort)
        if found is None:
            continue
        more = _with_left_alone(changed.denies, facts, names, [allow.region, deny.region], effort)
        if len(more) == len(facts) or not contradict(more, effort):
            return (
                f"the existing policy's statement with index {deny.statement.index} denies some of it,"
                f" and no Deny of the new policy does so as widely{_example(found)}"
            )
    return None


def _no_longer_denied(
    changed: _Sides,
    deny: _Side,
    facts: Sequence[Fact],
    names: Sequence[Name],
    required: Sequence[Region],
    effort: Effort,
) -> Pair | None:
    kept = [side for side in changed.denies if _follow(side, facts, effort)]
    effort.spend(len(kept) * len(deny.names))
    wide = {side for side in kept if denies_all_of(side.principals, deny.principals)}

    def covers_of(name: Name) -> tuple[_Side, ...]:
        effort.spend(len(kept))
        return tuple(side for side in kept if side in wide or denies(side.principals, name))

    found = _uncovered(names, covers_of, required, effort)
    return None if found is None else found[1]


def _granted(sides: _Sides, asked: Sequence[Region], effort: Effort, allow: _Side) -> str | None:
    if contradict(allow.facts, effort):
        return None
    taken = [side for side in sides.denies if _follow(side, allow.facts, effort)]

    def covers_of(name: Name) -> tuple[_Side, ...]:
        effort.spend(len(taken))
        return tuple(side for side in taken if denies(side.principals, name))

    for region in asked:
        found = _uncovered(allow.names, covers_of, [allow.region, region], effort)
        if found is not None:
            return f"some of the access is allowed, or might be{_example(found[1])}"
    return None


def _uncovered(
    names: Iterable[Name], covers_of: Callable[[Name], tuple[_Side, ...]], required: Sequence[Region], effort: Effort
) -> tuple[Name, Pair] | None:
    """Names that have the same covers are asked about once."""
    first_names: dict[tuple[_Side, ...], Name] = {}
    for name in names:
        effort.spend(1)
        first_names.setdefault(covers_of(name), name)
    for covers, name in first_names.items():
        pair = uncovered_pair(required, [side.region for side in covers], effort)
        if pair is not None:
            return name, pair
    return None


def _follow(side: _Side, facts: Sequence[Fact], effort: Effort) -> bool:
    effort.spend(1)
    return all_follow(side.facts, facts, effort)


def _region_of_access(access: Access) -> Region:
    if access.actions:
        parse_actions(list(access.actions), "actions", negated=False, trust=False)
    if access.resources:
        parse_resources(list(access.resources), "resources", negated=False, variables=True, effect=Effect.ALLOW)
    return Region(
        actions_of(access.actions) if access.actions else EVERYTHING,
        resources_of(access.resources, variables=True) if access.resources else EVERYTHING,
    )


def _example(pair: Pair) -> str:
    """The shortest one; what a `*` stands for may be empty, which tells a reader nothing."""
    service, _, name = pair.action.partition(":")
    if not service:
        return ""
    action = f"`{_shown(pair.action)}`" if name else f"an action of `{_shown(service)}`"
    return f", such as {action}" + (f" on `{_shown(pair.resource)}`" if pair.resource else "")


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
