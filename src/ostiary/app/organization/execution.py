"""How is a plan carried out? One write transaction with all that follows from it, and one event that tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ostiary.app.organization.consequences import end_what_rests_on
from ostiary.app.organization.document import Document
from ostiary.app.organization.kept import Kept, ProviderWithSecret, UserWithPolicies
from ostiary.app.organization.plan import Action, Change, Plan, make_plan
from ostiary.domain.access.model import Role, UserPolicy
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import AttributeDefinition, Person, Workload
from ostiary.domain.signin.invitation import Invitation, Invitations, Invitee
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.sealing import Keyring
from ostiary.storage.engine import Database
from ostiary.storage.transaction import Transaction

_MAX_LISTED = 100
# ORDER: what refers goes before what is referred to, and what is new comes in the opposite order.
_GONE_FIRST = (
    "service_control_policy",
    "resource_control_policy",
    "organizational_unit",
    "sign_in_policy",
    "assignment",
    "application",
    "workload",
    "issuer_trust",
    "upstream_provider",
    "iam_user",
    "role",
    "permission_set",
)
_MADE = (
    "organization",
    "account",
    "organizational_unit",
    "service_control_policy",
    "resource_control_policy",
    "directory",
    "attribute",
    "group",
    "issuer_trust",
    "upstream_provider",
    "role",
    "permission_set",
    "iam_user",
    "workload",
    "application",
    "secret",
    "person",
    "assignment",
    "sign_in_policy",
)
_GONE_LAST = ("group", "attribute")  # people leave a group before it goes


@dataclass(frozen=True, slots=True)
class Applied:
    """`invitations` are those of new people, when they were asked for."""

    plan: Plan
    ended: Sequence[str] = ()
    invitations: Sequence[Invitation] = ()


def plan_only(database: Database, document: Document, *, clock: Clock, keyring: Keyring | None = None) -> Plan:
    """Raises DocumentRefused; changes nothing. `keyring` is needed when the file speaks of upstream providers."""
    with database.read() as tx:
        return make_plan(document, Kept(tx, keyring), clock.now())


def apply(
    database: Database,
    document: Document,
    *,
    caller: Caller,
    clock: Clock,
    invitations: Invitations | None = None,
    keyring: Keyring | None = None,
) -> Applied:
    """All of the file or nothing of it. Raises DocumentRefused, FactsConflict, UnstorableText."""
    return database.write(lambda tx: _apply(tx, document, caller, clock.now(), invitations, keyring))


def _apply(
    tx: Transaction,
    document: Document,
    caller: Caller,
    now: datetime,
    invitations: Invitations | None,
    keyring: Keyring | None,
) -> Applied:
    # Planned inside the transaction: what is kept cannot change between the plan and its execution.
    plan = make_plan(document, Kept(tx, keyring), now)
    if not plan.changes:
        return Applied(plan)
    ended = execute(tx, plan, caller, now)
    if invitations is None:
        return Applied(plan, ended)
    new = [c.after for c in plan.of("person", Action.CREATE) if isinstance(c.after, Person)]
    return Applied(plan, ended, [invitations.invite_in(tx, caller, Invitee(person.user_name)) for person in new])


def execute(tx: Transaction, plan: Plan, caller: Caller, now: datetime) -> list[str]:
    """What ended by it."""
    ended = end_what_rests_on(tx, plan, now)
    _free_identities(tx, plan)
    for kind in _GONE_FIRST:
        _each(tx, plan.of(kind, Action.DELETE), _DELETE[kind], "before")
    for kind in _MADE:
        _each(tx, plan.of(kind, Action.CREATE, Action.CHANGE), _PUT[kind], "after")
    for kind in _GONE_LAST:
        _each(tx, plan.of(kind, Action.DELETE), _DELETE[kind], "before")
    details: dict[str, str | int | bool | list[str]] = {
        "file": plan.document.file,
        "digest": plan.document.digest,
        "changes": len(plan.changes),
        "created": _listed(_named(change) for change in plan.changes if change.action is Action.CREATE),
        "changed": _listed(_named(change) for change in plan.changes if change.action is Action.CHANGE),
        "deleted": _listed(_named(change) for change in plan.changes if change.action is Action.DELETE),
        "ended": _listed(ended),
    }
    resources = _arns(plan)[:_MAX_LISTED]
    tx.audit.append(event_of(caller, EventName.APPLY_ORGANIZATION, at=now, resources=resources, details=details))
    return ended


def _each(tx: Transaction, changes: Iterable[Change], do: Callable[[Transaction, Any], None], side: str) -> None:
    for change in changes:
        do(tx, getattr(change, side))


def _free_identities(tx: Transaction, plan: Plan) -> None:
    """Two workloads may exchange their outside identities: for a moment neither has one."""
    for change in plan.of("workload", Action.CHANGE):
        before, after = change.before, change.after
        if isinstance(before, Workload) and isinstance(after, Workload) and before.subject != after.subject:
            tx.directory.put_workload(replace(before, issuer="", subject=""))


def _named(change: Change) -> str:
    """`person ana: groups, attributes.team`; values stay out of the trail."""
    what = f"{change.kind} {change.label}"
    return what if change.action is not Action.CHANGE else f"{what}: {', '.join(f.name for f in change.fields)}"


def _listed(texts: Iterable[str]) -> list[str]:
    listed = list(texts)
    more = len(listed) - _MAX_LISTED
    return listed if more <= 0 else [*listed[:_MAX_LISTED], f"and {more} more"]


def _arns(plan: Plan) -> list[str]:
    facts: list[Any] = [change.after or change.before for change in plan.changes]
    return [fact.arn for fact in facts if hasattr(fact, "arn")]


def _put_user(tx: Transaction, wanted: UserWithPolicies) -> None:
    user = wanted.user
    tx.credentials.put_iam_user(user)
    for policy in tx.access.user_policies():
        if (policy.account, policy.user_name) == (
            user.account,
            user.name,
        ) and policy.policy_name not in wanted.policies:
            tx.access.delete_user_policy(user.account, user.name, policy.policy_name)
    for name, document in wanted.policies.items():
        tx.access.put_user_policy(UserPolicy(user.account, user.name, name, document))


def _delete_user(tx: Transaction, gone: UserWithPolicies) -> None:
    for name in gone.policies:
        tx.access.delete_user_policy(gone.user.account, gone.user.name, name)
    tx.credentials.delete_iam_user(gone.user.account, gone.user.name)


def _put_upstream(tx: Transaction, wanted: ProviderWithSecret) -> None:
    provider = wanted.provider
    if any(one.name == provider.name and one.issuer != provider.issuer for one in tx.federation.upstream_providers()):
        # Another issuer's subjects are other people, even where they are spelled alike.
        tx.federation.delete_upstream_identities(provider.name)
    tx.federation.put_upstream_provider(replace(provider, sealed_secret=wanted.sealed))


def _delete_attribute(tx: Transaction, definition: AttributeDefinition) -> None:
    """With its values: they must not come back as rights when somebody defines the name again."""
    for person in Kept(tx).people():
        if definition.name in person.attributes:
            rest = {name: value for name, value in person.attributes.items() if name != definition.name}
            tx.directory.put_person(replace(person, attributes=rest))
    tx.directory.delete_attribute_definition(definition.name)


def _delete_role(tx: Transaction, role: Role) -> None:
    tx.access.delete_role(role.account, role.name)


_PUT: Mapping[str, Callable[[Transaction, Any], None]] = {
    "organization": lambda tx, fact: tx.directory.put_organization(fact),
    "account": lambda tx, fact: tx.directory.put_account(fact),
    "organizational_unit": lambda tx, fact: tx.access.put_organizational_unit(fact),
    "service_control_policy": lambda tx, fact: tx.access.put_control_policy(fact),
    "resource_control_policy": lambda tx, fact: tx.access.put_control_policy(fact),
    "directory": lambda tx, fact: tx.directory.put_directory(fact),
    "sign_in_policy": lambda tx, fact: tx.signin_policies.put_signin_policy(fact),
    "attribute": lambda tx, fact: tx.directory.put_attribute_definition(fact),
    "group": lambda tx, fact: tx.directory.put_group(fact),
    "issuer_trust": lambda tx, fact: tx.federation.put_issuer_trust(fact),
    "upstream_provider": _put_upstream,
    "role": lambda tx, fact: tx.access.put_role(fact),
    "permission_set": lambda tx, fact: tx.access.put_permission_set(fact),
    "iam_user": _put_user,
    "workload": lambda tx, fact: tx.directory.put_workload(fact),
    "application": lambda tx, fact: tx.applications.put_application(fact),
    "secret": lambda tx, fact: tx.secrets.put_secret(fact),
    "person": lambda tx, fact: tx.directory.put_person(fact),
    "assignment": lambda tx, fact: tx.access.put_assignment(fact),
}
_DELETE: Mapping[str, Callable[[Transaction, Any], None]] = {
    "organizational_unit": lambda tx, fact: tx.access.delete_organizational_unit(fact.name),
    "service_control_policy": lambda tx, fact: tx.access.delete_control_policy(fact.kind, fact.name),
    "resource_control_policy": lambda tx, fact: tx.access.delete_control_policy(fact.kind, fact.name),
    "sign_in_policy": lambda tx, fact: tx.signin_policies.delete_signin_policy(fact.kind, fact.name),
    "attribute": _delete_attribute,
    "group": lambda tx, fact: tx.directory.delete_group(fact.name),
    "issuer_trust": lambda tx, fact: tx.federation.delete_issuer_trust(fact.account, fact.issuer),
    "upstream_provider": lambda tx, fact: tx.federation.delete_upstream_provider(fact.provider.name),
    "role": _delete_role,
    "permission_set": lambda tx, fact: tx.access.delete_permission_set(fact.name),
    "iam_user": _delete_user,
    "workload": lambda tx, fact: tx.directory.delete_workload(fact.name),
    "application": lambda tx, fact: tx.applications.delete_application(fact.client_id),
    "assignment": lambda tx, fact: tx.access.delete_assignment(fact),
}
