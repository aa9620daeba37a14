"""Which policies are in force for one request?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ostiary.policy.language.statement import Policy
from ostiary.policy.model import PolicyKind

_WITHOUT_PRINCIPAL = frozenset({PolicyKind.IDENTITY, PolicyKind.SESSION, PolicyKind.BOUNDARY})
_RESOURCE = frozenset({PolicyKind.RESOURCE})
_GUARDRAIL = frozenset({PolicyKind.GUARDRAIL})


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Everything that is in force.

    `session` is None when no session policies are in force; an empty sequence allows nothing. Each of the guardrails
    is one level (organization, unit, account) and must allow by itself.
    Raises ValueError when a policy stands in a layer that its kind does not belong to.
    """

    identity: Sequence[Policy] = ()
    resource: Policy | None = None
    boundary: Policy | None = None
    session: Sequence[Policy] | None = None
    guardrails: Sequence[Sequence[Policy]] = ()

    def __post_init__(self) -> None:
        # INVARIANT: only policies with principals stand where principals decide, or "no principal" would mean everyone.
        check_kinds(self.identity, _WITHOUT_PRINCIPAL)
        if self.resource is not None:
            check_kinds((self.resource,), _RESOURCE)
        if self.boundary is not None:
            check_kinds((self.boundary,), _WITHOUT_PRINCIPAL)
        if self.session is not None:
            check_kinds(self.session, _WITHOUT_PRINCIPAL)
        for level in self.guardrails:
            check_kinds(level, _GUARDRAIL)


def check_kinds(policies: Iterable[Policy], kinds: frozenset[PolicyKind]) -> None:
    """Raises ValueError: the caller mixed up its policies."""
    for policy in policies:
        if policy.kind not in kinds:
            raise ValueError(
                f"the {policy.kind} policy `{policy.policy_id}` stands where {', '.join(kinds)} is expected"
            )
