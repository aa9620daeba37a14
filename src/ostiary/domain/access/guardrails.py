"""Which service and resource controls hold in which account? Compiled once per account when the index is built.

Service controls: every level from the root to the account that has policies must allow; a level without any does not
limit, as if AWS's FullAWSAccess stood there. Resource controls only deny, for AWS attaches RCPFullAWSAccess everywhere.
A stored control that is broken stops everything in its scope.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ostiary.domain.access.model import ROOT, ControlKind, ControlPolicy, OrganizationalUnit
from ostiary.domain.access.organization_tree import OrganizationTree, TreeBroken, tree_of
from ostiary.policy import Policy, PolicyError, PolicyGroup, PolicyKind, PolicySet, parse_policy

Levels = tuple[PolicyGroup, ...]
Compile = Callable[[PolicyKind, str, str], Policy]
POLICY_KINDS: Mapping[ControlKind, PolicyKind] = MappingProxyType(
    {ControlKind.SERVICE: PolicyKind.SERVICE_CONTROL, ControlKind.RESOURCE: PolicyKind.RESOURCE_CONTROL}
)
UNIT, ACCOUNT = "unit:", "account:"
_FULL_ACCESS = parse_policy(
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}',
    policy_id="ostiary/full-access",
    kind=PolicyKind.RESOURCE_CONTROL,
)


@dataclass(frozen=True, slots=True, eq=False)
class Guardrails:
    """What holds in one account: for its principals, and for whoever acts on its resources.

    A fault says why a control cannot be told; then nothing is allowed. `nobody` are the policies of a principal of
    the account that has none of its own.
    """

    service_controls: Levels = ()
    resource_controls: Levels = ()
    service_fault: str = ""
    resource_fault: str = ""
    nobody: PolicySet = field(default_factory=PolicySet)


NO_GUARDRAILS = Guardrails()


@dataclass(frozen=True, slots=True, eq=False)
class GuardrailIndex:
    """`elsewhere` holds for accounts directly below the root, and for any that is not known.

    `stored` is what it was made of.
    """

    by_account: Mapping[str, Guardrails] = field(default_factory=lambda: MappingProxyType({}))
    elsewhere: Guardrails = NO_GUARDRAILS
    findings: tuple[str, ...] = ()
    stored: tuple[Sequence[OrganizationalUnit], Sequence[ControlPolicy]] = ((), ())

    def of(self, account: str) -> Guardrails:
        return self.by_account.get(account, self.elsewhere)


def build_guardrails(
    units: Sequence[OrganizationalUnit],
    controls: Sequence[ControlPolicy],
    compile_policy: Compile,
    *,
    previous: GuardrailIndex,
) -> GuardrailIndex:
    """The previous index itself when nothing changed, so that what was made of it stays good."""
    stored = (tuple(units), tuple(controls))
    return previous if previous.stored == stored else _build(stored, compile_policy)


def _build(
    stored: tuple[Sequence[OrganizationalUnit], Sequence[ControlPolicy]], compile_policy: Compile
) -> GuardrailIndex:
    units, controls = stored
    tree = tree_of(units)
    attached = {kind: _Attached(tree, kind, compile_policy) for kind in ControlKind}
    for control in controls:
        attached[control.kind].attach(control)
    service, resource = attached[ControlKind.SERVICE], attached[ControlKind.RESOURCE]
    accounts = {*tree.units_of_accounts, *service.accounts, *resource.accounts}
    found: dict[str, Guardrails] = {}
    findings = [*service.findings, *resource.findings]
    for account in sorted(accounts):
        try:
            targets = [ROOT, *(f"{UNIT}{name}" for name in tree.chain_of_account(account)), f"{ACCOUNT}{account}"]
        except TreeBroken as broken:
            findings.append(f"the account {account} stands nowhere: {broken}")
            found[account] = _guardrails(service.broken(str(broken)), resource.broken(str(broken)))
        else:
            found[account] = _guardrails(service.at(targets), resource.at(targets))
    return GuardrailIndex(found, _guardrails(service.at([ROOT]), resource.at([ROOT])), tuple(findings), stored)


def _guardrails(service: tuple[Levels, str], resource: tuple[Levels, str]) -> Guardrails:
    (levels, service_fault), (resource_levels, resource_fault) = service, resource
    return Guardrails(levels, resource_levels, service_fault, resource_fault, PolicySet(service_controls=levels))


class _Attached:
    """The controls of one kind at their targets."""

    def __init__(self, tree: OrganizationTree, kind: ControlKind, compile_policy: Compile) -> None:
        self._tree, self._kind, self._compile = tree, kind, compile_policy
        self._policies: dict[str, list[Policy]] = {}
        self._faults: dict[str, str] = {}
        self._made: dict[tuple[str, ...], Levels] = {}
        self.accounts: set[str] = set()
        self.findings: list[str] = []

    def attach(self, control: ControlPolicy) -> None:
        policy, fault = None, ""
        try:
            policy = self._compile(POLICY_KINDS[self._kind], f"{self._kind}-control/{control.name}", control.document)
        except PolicyError as error:
            fault = f"the {self._kind} control policy `{control.name}` cannot be read: {error}"
            self.findings.append(fault)
        for target in control.targets:
            self._attach_at(target, control.name, policy, fault)

    def _attach_at(self, target: str, name: str, policy: Policy | None, fault: str) -> None:
        if not self._is_known(target):
            # INVARIANT: a control is never in force for fewer than it was written for; for whom is not known here.
            fault = f"the {self._kind} control policy `{name}` is attached to `{target[:60]}`, which does not exist"
            self.findings.append(fault)
            target = ROOT
        if target.startswith(ACCOUNT):
            self.accounts.add(target.removeprefix(ACCOUNT))
        if fault:
            self._faults.setdefault(target, fault)
        elif policy is not None:
            self._policies.setdefault(target, []).append(policy)

    def _is_known(self, target: str) -> bool:
        if target.startswith(UNIT):
            return target.removeprefix(UNIT) in self._tree.units
        return target == ROOT or target.startswith(ACCOUNT)

    def at(self, targets: Iterable[str]) -> tuple[Levels, str]:
        """What holds where these targets lie above each other, and why it cannot be told."""
        chain = tuple(targets)
        fault = next((self._faults[target] for target in chain if target in self._faults), "")
        return self._levels(tuple(target for target in chain if target in self._policies)), fault

    def broken(self, why: str) -> tuple[Levels, str]:
        """For an account whose place is not known; without any controls that makes no difference."""
        return (), why if self._policies or self._faults else ""

    def _levels(self, targets: tuple[str, ...]) -> Levels:
        if targets not in self._made:
            groups = [self._policies[target] for target in targets]
            if self._kind is ControlKind.RESOURCE:
                groups = [[_FULL_ACCESS, *(policy for group in groups for policy in group)]] if groups else []
            self._made[targets] = tuple(map(PolicyGroup, groups))
        return self._made[targets]
