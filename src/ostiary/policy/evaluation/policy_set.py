"""Which policies are in force for one request?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import overload

from ostiary.policy.language.statement import ActionIndex, Policy
from ostiary.policy.model import PolicyKind

Kinds = frozenset[PolicyKind]

_WITHOUT_PRINCIPAL: Kinds = frozenset({PolicyKind.IDENTITY, PolicyKind.SESSION, PolicyKind.BOUNDARY})
_RESOURCE: Kinds = frozenset({PolicyKind.RESOURCE})
_SERVICE_CONTROL: Kinds = frozenset({PolicyKind.SERVICE_CONTROL})
_RESOURCE_CONTROL: Kinds = frozenset({PolicyKind.RESOURCE_CONTROL})
TRUST: Kinds = frozenset({PolicyKind.TRUST})


class PolicyGroup(Sequence[Policy]):
    """Policies of one layer, with one index over the statements of all: worth keeping as long as none changes."""

    __slots__ = ("_kinds", "_policies", "by_action")

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        self._policies = tuple(policies)
        self._kinds = frozenset(policy.kind for policy in self._policies)
        # One policy has its index already.
        if len(self._policies) == 1:
            self.by_action = self._policies[0].by_action
        else:
            self.by_action = ActionIndex(statement for policy in self._policies for statement in policy.statements)

    @classmethod
    def of(cls, policies: Iterable[Policy]) -> PolicyGroup:
        """The same group, when it is one."""
        return policies if isinstance(policies, PolicyGroup) else cls(policies)

    def check(self, kinds: Kinds) -> PolicyGroup:
        """Raises ValueError when another kind is among them: the caller mixed up its policies."""
        if not self._kinds <= kinds:
            for policy in self._policies:
                checked(policy, kinds)
        return self

    def __len__(self) -> int:
        return len(self._policies)

    def __iter__(self) -> Iterator[Policy]:
        return iter(self._policies)

    @overload
    def __getitem__(self, index: int) -> Policy: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Policy]: ...
    def __getitem__(self, index: int | slice) -> Policy | Sequence[Policy]:
        return self._policies[index]


def checked(policy: Policy, kinds: Kinds) -> Policy:
    """Raises ValueError: the caller mixed up its policies."""
    if policy.kind not in kinds:
        raise ValueError(
            f"the {policy.kind} policy `{policy.policy_id}` stands where {', '.join(sorted(kinds))} is expected"
        )
    return policy


_NOTHING = PolicyGroup()


class PolicySet:
    """Everything that is in force.

    `session` is None when no session policies are in force; an empty sequence allows nothing. Service controls belong
    to the principal's account, resource controls to the resource's; each of their levels (organization, units,
    account) must allow by itself. Sets are not changed after they are made.
    Raises ValueError when a policy stands in a layer that its kind does not belong to.
    """

    __slots__ = ("boundary", "identity", "resource", "resource_controls", "service_controls", "session")

    def __init__(
        self,
        *,
        identity: Iterable[Policy] = _NOTHING,
        resource: Policy | None = None,
        boundary: Policy | None = None,
        session: Iterable[Policy] | None = None,
        service_controls: Iterable[Iterable[Policy]] = (),
        resource_controls: Iterable[Iterable[Policy]] = (),
    ) -> None:
        # INVARIANT: only policies with principals stand where principals decide, or "no principal" would mean everyone.
        self.identity = PolicyGroup.of(identity).check(_WITHOUT_PRINCIPAL)
        self.resource = None if resource is None else checked(resource, _RESOURCE)
        self.boundary = None if boundary is None else checked(boundary, _WITHOUT_PRINCIPAL)
        self.session = None if session is None else PolicyGroup.of(session).check(_WITHOUT_PRINCIPAL)
        self.service_controls = tuple(PolicyGroup.of(level).check(_SERVICE_CONTROL) for level in service_controls)
        self.resource_controls = tuple(PolicyGroup.of(level).check(_RESOURCE_CONTROL) for level in resource_controls)

    def with_resource(
        self, resource: Policy | None, resource_controls: Iterable[Iterable[Policy]] | None = None
    ) -> PolicySet:
        """The same policies of the principal, and the other side's: the resource's own and those of its account."""
        changed = self._copy()
        changed.resource = None if resource is None else checked(resource, _RESOURCE)
        if resource_controls is not None:
            changed.resource_controls = tuple(
                PolicyGroup.of(level).check(_RESOURCE_CONTROL) for level in resource_controls
            )
        return changed

    def with_session(self, session: Iterable[Policy]) -> PolicySet:
        changed = self._copy()
        changed.session = PolicyGroup.of(session).check(_WITHOUT_PRINCIPAL)
        return changed

    def _copy(self) -> PolicySet:
        changed = object.__new__(PolicySet)
        changed.identity, changed.resource, changed.boundary = self.identity, self.resource, self.boundary
        changed.session = self.session
        changed.service_controls, changed.resource_controls = self.service_controls, self.resource_controls
        return changed
