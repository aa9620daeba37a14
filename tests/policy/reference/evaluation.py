"""What do all policies together answer, by the documents?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

Policies are plain dicts, as json.loads makes them. Nothing here is fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ostiary.policy import Effect, Layer, MatchedStatement, Principal, PrincipalKind, Request
from policy.reference.conditions import condition_holds
from policy.reference.patterns import Pattern, Values, like_pattern, lowered, matches, resource_pattern, split_variables
from policy.reference.principals import Name, is_spared, names_of
from policy.reference.truth import Truth, all_of, any_of, negated, truth_of

Document = Mapping[str, Any]
Level = Sequence[Document]

_ORDER = (
    Layer.RESOURCE_CONTROL,
    Layer.SERVICE_CONTROL,
    Layer.RESOURCE,
    Layer.TRUST,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)


@dataclass(frozen=True)
class World:
    """Every policy in force, as `PolicySet` has them; `trust` when a role is being assumed."""

    identity: Level = ()
    resource: Document | None = None
    boundary: Document | None = None
    session: Level | None = None
    service_controls: Sequence[Level] = ()
    resource_controls: Sequence[Level] = ()
    trust: Document | None = None

    def levels(self) -> Iterator[tuple[Layer, Level]]:
        """Each level of each layer in force, in the order of evaluation; every level must allow by itself."""
        yield from ((Layer.RESOURCE_CONTROL, level) for level in self.resource_controls)
        yield from ((Layer.SERVICE_CONTROL, level) for level in self.service_controls)
        if self.resource is not None:
            yield Layer.RESOURCE, [self.resource]
        if self.trust is not None:
            yield Layer.TRUST, [self.trust]
        yield Layer.IDENTITY, self.identity
        if self.boundary is not None:
            yield Layer.BOUNDARY, [self.boundary]
        if self.session is not None:
            yield Layer.SESSION, self.session


def merged(context: Values) -> dict[str, str | tuple[str, ...]]:
    """The context of a request by lower-cased keys: "Condition key names are not case-sensitive".

    Record 0004: keys that differ in case only are one key with the values of all.
    """
    grouped: dict[str, list[str | tuple[str, ...]]] = {}
    for key, value in context.items():
        known = grouped.setdefault(lowered(key), [])
        if value not in known:
            known.append(value)
    return {key: values[0] if len(values) == 1 else _one_set(values) for key, values in grouped.items()}


def _one_set(values: Sequence[str | tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(one for value in values for one in ((value,) if isinstance(value, str) else value))


@dataclass(frozen=True)
class Answer:
    allowed: bool
    layer: Layer | None
    matched: tuple[MatchedStatement, ...]
    silent: tuple[Layer, ...]


@dataclass
class Found:
    """What the statements say: the denials, the permissions, and by which names each level of a layer allows."""

    denials: list[MatchedStatement] = field(default_factory=list)
    permissions: list[MatchedStatement] = field(default_factory=list)
    levels: dict[Layer, list[set[Name]]] = field(default_factory=dict)

    def allows(self, layer: Layer) -> bool:
        """Every level of the layer must allow; a layer that is not in force does not limit."""
        return all(self.levels.get(layer, ()))

    def names(self, layer: Layer) -> set[Name]:
        return {name for level in self.levels.get(layer, ()) for name in level}


def decide(world: World, request: Request) -> Answer:
    """ "An explicit deny overrides an explicit allow"; without denial the layers are asked in their order."""
    found = _found(world, request)
    silent = _silent(world, request, found)
    if found.denials:
        return Answer(allowed=False, layer=found.denials[0].layer, matched=tuple(found.denials), silent=silent)
    allowed, layer = _permitted(world, request, found)
    return Answer(allowed=allowed, layer=layer, matched=tuple(found.permissions), silent=silent)


def decide_trust(trust: Document, request: Request) -> Answer:
    """The trust policy alone: what it needs beside it is another question."""
    world = World(trust=trust)
    found = _found(world, request)
    allowed = _consent(world, request, found.names(Layer.TRUST)) is not Consent.NONE
    silent = () if allowed else (Layer.TRUST,)
    matched = tuple(found.denials or found.permissions)
    return Answer(allowed=allowed and not found.denials, layer=Layer.TRUST, matched=matched, silent=silent)


def _found(world: World, request: Request) -> Found:
    found = Found()
    for layer, level in world.levels():
        names: set[Name] = set()
        for document in level:
            names |= _read(document, layer, world, request, found)
        found.levels.setdefault(layer, []).append(names)
    return found


def _read(document: Document, layer: Layer, world: World, request: Request, found: Found) -> set[Name]:
    """Files the statements of a policy that apply; answers by which names its permissions speak of the caller."""
    allowed_by: set[Name] = set()
    listed = document["Statement"]
    for index, statement in enumerate([listed] if isinstance(listed, Mapping) else listed):
        names = _principal_names(statement, layer, world, request.principal)
        effect = Effect(statement["Effect"])
        truth = _applies(statement, document, request) if names else Truth.NO
        match = MatchedStatement(document["Id"], index, statement.get("Sid"), layer, effect)
        if effect is Effect.DENY and truth is not Truth.NO:
            found.denials.append(match)
        elif effect is Effect.ALLOW and truth is Truth.YES:
            found.permissions.append(match)
            allowed_by |= names
    return allowed_by


def _principal_names(statement: Document, layer: Layer, world: World, caller: Principal) -> set[Name]:
    if "NotPrincipal" in statement:
        spared = is_spared(statement["NotPrincipal"], caller, has_boundary=world.boundary is not None)
        return set() if spared else {Name.EVERYONE}
    if layer in {Layer.RESOURCE, Layer.TRUST}:
        return names_of(statement["Principal"], caller, effect=statement["Effect"])
    # Other policies have no principal; the `*` of a resource control policy is truly everyone, or
    # RCPFullAWSAccess would stop services ("allows all principals and actions access to pass through").
    return {Name.EVERYONE}


def _applies(statement: Document, document: Document, request: Request) -> Truth:
    version = document.get("Version", "2008-10-17")
    action = _action_matches(statement, request.action)
    if action is Truth.NO:
        return action
    resource = _resource_matches(statement, version, request)
    return all_of([action, resource, condition_holds(statement.get("Condition", {}), version, request.context)])


def _listed(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value


def _action_matches(statement: Document, action: str) -> Truth:
    """ "The prefix and the action name are case insensitive" (Action element); NotAction is everything else."""
    wanted = _listed(statement.get("Action", statement.get("NotAction", ())))
    patterns = [like_pattern(list(lowered(one)), {}) or () for one in wanted]
    found = any_of(truth_of(holds=matches(pattern, lowered(action))) for pattern in patterns)
    return found if "Action" in statement else negated(found)


def _resource_matches(statement: Document, version: str, request: Request) -> Truth:
    """A variable without a value matches no resource ("Policy variables with no value"); in NotResource it is in doubt
    (decision record 0004). The policy of a role has no resource: it is the role's.
    """
    if "NotResource" in statement:
        return negated(
            any_of(_resource(one, version, request, Truth.DOUBT) for one in _listed(statement["NotResource"]))
        )
    if "Resource" in statement:
        return any_of(_resource(one, version, request, Truth.NO) for one in _listed(statement["Resource"]))
    return Truth.YES


def _resource(template: str, version: str, request: Request, without_value: Truth) -> Truth:
    values: Values = request.context
    pattern: Pattern | None = resource_pattern(split_variables(template, version), values)
    return without_value if pattern is None else truth_of(holds=matches(pattern, request.resource))


def _silent(world: World, request: Request, found: Found) -> tuple[Layer, ...]:
    """The layers in force that allowed nothing; the resource's is in force without a policy when it must consent."""
    caller = request.principal
    side = Layer.RESOURCE if world.trust is None else Layer.TRUST
    silent = {layer for layer in found.levels if not found.allows(layer)}
    consent = _consent(world, request, found.names(side))
    if consent is Consent.NONE and (side in found.levels or side in _that_must_allow(side, consent, request)):
        silent.add(side)
    if caller.account is None or caller.kind is PrincipalKind.ROOT:
        silent.discard(Layer.IDENTITY)
    return tuple(layer for layer in _ORDER if layer in silent)


def _permitted(world: World, request: Request, found: Found) -> tuple[bool, Layer]:
    """The layers in the order of the enforcement code: the first that must allow and does not decides."""
    side = Layer.RESOURCE if world.trust is None else Layer.TRUST
    consent = _consent(world, request, found.names(side))
    needed = _that_must_allow(side, consent, request)
    for layer in _ORDER:
        if layer in needed and not _allows(layer, side, consent, request, found):
            return False, layer
    return True, Layer.IDENTITY if consent in {Consent.NONE, Consent.PARTIAL} else side


class Consent(Enum):
    """What the owner of the resource says, and how far that reaches."""

    NONE = "nothing"
    PARTIAL = "yes, if the caller's own policies say so, too"
    LIMITED = "yes, within the caller's permissions boundary and session policies"
    FINAL = "yes"


def _consent(world: World, request: Request, names: set[Name]) -> Consent:
    """The case of the enforcement code, "Resource-based policies"; across accounts both sides must allow."""
    caller = request.principal
    if not names or _may_not_be_granted(world, caller):
        return Consent.NONE
    if caller.account is None:
        # Outside identities, services and anonymous callers have no policies of their own.
        return Consent.FINAL
    if caller.account != request.resource_account:
        return Consent.PARTIAL
    if _named_directly(world, caller, names):
        return Consent.FINAL
    # Record 0004: `*` is limited like a role, and in a trust policy it is like the account.
    sufficient = {Name.ITSELF, Name.ROLE} | ({Name.EVERYONE} if world.trust is None else set())
    return Consent.LIMITED if names & sufficient else Consent.PARTIAL


def _may_not_be_granted(world: World, caller: Principal) -> bool:
    """The root user assumes no role (API_AssumeRole), nor does an anonymous caller; "Federated" is a principal of trust
    policies only ("in the Principal element of a role trust policy").
    """
    kinds = {PrincipalKind.FEDERATED} if world.trust is None else {PrincipalKind.ROOT, PrincipalKind.ANONYMOUS}
    return caller.kind in kinds


def _named_directly(world: World, caller: Principal, names: set[Name]) -> bool:
    """The grant to a user or a session that no implicit deny of boundary or session policies limits.

    "If a resource-based policy grants permission directly to the IAM user or the session principal that is making the
    request"; the ARN of a user does not name the session that the user federated.
    """
    session = caller.kind is PrincipalKind.ROLE_SESSION or ":federated-user/" in caller.arn
    return Name.ITSELF in names and (world.session is None or session)


def _that_must_allow(side: Layer, consent: Consent, request: Request) -> set[Layer]:
    """A role's trust policy must always allow; another resource's policy unless the caller is of the same account."""
    needed = {Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL}
    account = request.principal.account
    if side is Layer.TRUST or account != request.resource_account:
        needed.add(side)
    if account is not None and consent in {Consent.NONE, Consent.PARTIAL}:
        needed.add(Layer.IDENTITY)
    if account is not None and consent is not Consent.FINAL:
        needed |= {Layer.BOUNDARY, Layer.SESSION}
    return needed


def _allows(layer: Layer, side: Layer, consent: Consent, request: Request, found: Found) -> bool:
    """The root user "has full access" in its account without any identity-based policy."""
    if layer is side:
        return consent is not Consent.NONE
    if layer is Layer.IDENTITY and request.principal.kind is PrincipalKind.ROOT:
        return True
    return found.allows(layer)
