"""What is doubtful about the policies that a change brings? Nothing is refused for it: it may be meant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ostiary.app.organization.kept import UserWithPolicies
from ostiary.app.organization.plan import Change
from ostiary.domain.access.guardrails import POLICY_KINDS
from ostiary.domain.access.model import ControlPolicy, PermissionSet, Role
from ostiary.domain.applications.model import Application
from ostiary.policy import PolicyKind
from ostiary.policy.validation.findings import Finding, FindingType, validate

_TOLD: Final = frozenset({FindingType.ERROR, FindingType.SECURITY_WARNING})


@dataclass(frozen=True, slots=True)
class Remark:
    """`field` is called as in the difference, such as `policies.Read`."""

    field: str
    finding: Finding


def remarks_on(change: Change) -> tuple[Remark, ...]:
    """Errors and security warnings, such as an action that is not there; `ostiary policy check` finds more."""
    return tuple(
        Remark(field, finding)
        for field, kind, text in _policies_of(change)
        for finding in validate(text, kind=kind)
        if finding.type in _TOLD
    )


def _policies_of(change: Change) -> Iterator[tuple[str, PolicyKind, str]]:
    fact = change.after
    if isinstance(fact, ControlPolicy):
        yield "document", POLICY_KINDS[fact.kind], fact.document
    if isinstance(fact, Role):
        yield "trust_policy", PolicyKind.TRUST, fact.trust_policy
        if fact.permissions_boundary:
            yield "permissions_boundary", PolicyKind.BOUNDARY, fact.permissions_boundary
    if isinstance(fact, Role | PermissionSet | Application | UserWithPolicies):
        for name, text in fact.policies.items():
            yield f"policies.{name}", PolicyKind.IDENTITY, text
