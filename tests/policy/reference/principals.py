"""Does the Principal or NotPrincipal element of a statement speak of this caller, and by which name?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

from ostiary.policy import Principal, PrincipalKind

_OUTSIDE = {PrincipalKind.FEDERATED, PrincipalKind.SERVICE}


class Name(Enum):
    """How a statement names the caller: what else is needed depends on it."""

    ITSELF = "the ARN of the user or of the session, the provider, the service"
    ROLE = "the role of the session, the user who federated it"
    EVERYONE = "*"
    ACCOUNT = "the account, which delegates"


def names_of(principal: Any, caller: Principal, *, effect: str) -> set[Name]:
    """Every name by which the element speaks of the caller; several entries are a logical OR.

    Record 0004: an Allow for `*` does not include outside identities and services, a Deny for `*` does.
    """
    everyone = {Name.EVERYONE} if effect == "Deny" or caller.kind not in _OUTSIDE else set()
    if principal == "*":
        return everyone
    found: set[Name] = set()
    for kind, names in _listed(principal).items():
        for name in names:
            if kind == "AWS" and name == "*":
                found |= everyone
            else:
                found |= _named(kind, name, caller)
    return found


def _listed(principal: Mapping[str, Any]) -> dict[str, Sequence[str]]:
    return {kind: [names] if isinstance(names, str) else names for kind, names in principal.items()}


def _named(kind: str, name: str, caller: Principal) -> set[Name]:
    if kind == "Federated":
        return {Name.ITSELF} if caller.kind is PrincipalKind.FEDERATED and name == caller.arn else set()
    if kind == "Service":
        return {Name.ITSELF} if caller.kind is PrincipalKind.SERVICE and name == caller.arn else set()
    if caller.account is None:
        return set()
    if name in _account_names(caller.account):
        return {Name.ITSELF if caller.kind is PrincipalKind.ROOT else Name.ACCOUNT}
    if name == caller.arn:
        return {Name.ITSELF}
    return {Name.ROLE} if name == caller.role_arn else set()


def _account_names(account: str) -> set[str]:
    """ "The account ARN and the shortened account ID behave the same way"."""
    return {account, f"arn:aws:iam::{account}:root"}


def is_spared(not_principal: Any, caller: Principal, *, has_boundary: bool) -> bool:
    """Whether a Deny with NotPrincipal leaves the caller alone.

    "You must also specify the account ARN of the not-denied principal", for a session the role, too; "will always deny
    any IAM principal that has a permissions boundary policy attached, regardless of the values". Record 0004 takes
    both as rules. `*` lists everyone.
    """
    listed = {"AWS": ["*"]} if not_principal == "*" else _listed(not_principal)
    if has_boundary or "*" in listed.get("AWS", ()):
        return not has_boundary
    if caller.account is None:
        kind = {PrincipalKind.FEDERATED: "Federated", PrincipalKind.SERVICE: "Service"}.get(caller.kind)
        return caller.arn in listed.get(kind or "", ())
    needed = [_account_names(caller.account)]
    if caller.kind is not PrincipalKind.ROOT:
        needed.append({caller.arn})
    if caller.role_arn is not None:
        needed.append({caller.role_arn})
    return all(names & set(listed.get("AWS", ())) for names in needed)
