"""Which organizational units and which service and resource control policies does the file want?

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_authorization_policies.html
"""

from __future__ import annotations

from ostiary.app.organization.document import (
    ControlPolicyEntry,
    Declared,
    OrganizationalUnitEntry,
    ResourceControlPolicyEntry,
    ServiceControlPolicyEntry,
)
from ostiary.app.organization.kept import Key
from ostiary.app.organization.references import References
from ostiary.domain.access.guardrails import ACCOUNT, POLICY_KINDS, UNIT
from ostiary.domain.access.model import ROOT, ControlKind, ControlPolicy, OrganizationalUnit
from ostiary.domain.access.organization_tree import TreeBroken
from ostiary.policy import Effect, Policy

MOST_AT_ONE_TARGET = 10
Targets = dict[str, list[tuple[Declared[ControlPolicyEntry], Policy]]]


def wanted_units(refs: References) -> dict[Key, OrganizationalUnit]:
    wanted: dict[Key, OrganizationalUnit] = {}
    seen: dict[str, int] = {}
    placed: dict[str, int] = {}
    for one in refs.document.declared("organizational_unit", OrganizationalUnitEntry):
        entry = one.entry
        refs.check_once(seen, entry.name, one, key="name", what=f"the organizational unit `{entry.name}`")
        _check_place(refs, one)
        accounts = {refs.account(one, given, key="accounts") for given in entry.accounts} - {""}
        for account in sorted(accounts):
            refs.check_once(placed, account, one, key="accounts", what=f"the account {account}, which is in one unit,")
        wanted[entry.name,] = OrganizationalUnit(
            name=entry.name,
            parent=entry.parent or "",
            accounts=tuple(sorted(accounts)),
            description=entry.description,
        )
    return wanted


def _check_place(refs: References, one: Declared[OrganizationalUnitEntry]) -> None:
    if one.entry.name == ROOT:
        refs.refuse(one, "name", f"`{ROOT}` is above all units: choose another name")
        return
    try:
        refs.tree.chain(one.entry.name)
    except TreeBroken as broken:
        refs.refuse(one, "parent", f"{broken}: correct `parent`, or declare the unit in [[organizational_unit]]")


def wanted_service_controls(refs: References) -> dict[Key, ControlPolicy]:
    wanted, attached = _wanted(refs, "service_control_policy", ServiceControlPolicyEntry, ControlKind.SERVICE)
    for target, policies in attached.items():
        if not any(statement.effect is Effect.ALLOW for _one, policy in policies for statement in policy.statements):
            refs.refuse(
                policies[0][0],
                "policy",
                f"what is attached to `{target}` allows nothing, so its accounts could do nothing:"
                ' add a statement such as {"Effect": "Allow", "Action": "*", "Resource": "*"}',
            )
    return wanted


def wanted_resource_controls(refs: References) -> dict[Key, ControlPolicy]:
    wanted, attached = _wanted(refs, "resource_control_policy", ResourceControlPolicyEntry, ControlKind.RESOURCE)
    for one, policy in {id(one): (one, policy) for found in attached.values() for one, policy in found}.values():
        if any(statement.effect is Effect.ALLOW for statement in policy.statements):
            refs.refuse(one, "policy", "a resource control policy only denies: what it does not deny, it lets pass")
    return wanted


def _wanted(
    refs: References, section: str, entry_type: type[ControlPolicyEntry], kind: ControlKind
) -> tuple[dict[Key, ControlPolicy], Targets]:
    """With the policies that could be read, by their targets."""
    wanted: dict[Key, ControlPolicy] = {}
    attached: Targets = {}
    seen: dict[str, int] = {}
    for one in refs.document.declared(section, entry_type):
        entry = one.entry
        refs.check_once(seen, entry.name, one, key="name", what=f"the policy `{entry.name}`")
        text, policy = refs.policy(one, "policy", entry.policy, kind=POLICY_KINDS[kind], account=None)
        targets = sorted({_target(refs, one, given) for given in entry.targets} - {""})
        if policy is not None:
            for target in targets:
                attached.setdefault(target, []).append((one, policy))
        wanted[entry.name,] = ControlPolicy(kind, entry.name, text, tuple(targets), entry.description)
    for target, policies in attached.items():
        if len(policies) > MOST_AT_ONE_TARGET:
            many = f"more than {MOST_AT_ONE_TARGET} policies are attached to `{target}`: join some"
            refs.refuse(policies[-1][0], "targets", many)
    return wanted, attached


def _target(refs: References, one: Declared[ControlPolicyEntry], given: str) -> str:
    """As it is kept: accounts by their ids. Empty, and a problem, when there is no such target."""
    if given == ROOT:
        return ROOT
    if given.startswith(ACCOUNT):
        account = refs.account(one, given.removeprefix(ACCOUNT), key="targets")
        return f"{ACCOUNT}{account}" if account else ""
    if given.startswith(UNIT) and given.removeprefix(UNIT) in refs.tree.units:
        return given
    refs.refuse(one, "targets", f"there is no target `{given}`: write `root`, `unit:NAME` or `account:NAME`")
    return ""
