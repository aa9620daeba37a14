"""What is the difference between the file and what is kept?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from ostiary.app.initialization import ADMINISTRATOR_ACCESS, ADMINISTRATORS
from ostiary.app.organization.document import (
    AUTHORITATIVE,
    Declared,
    Document,
    DocumentRefused,
    Entry,
    Problem,
    printable,
)
from ostiary.app.organization.kept import Fact, Kept, Key, ProviderWithSecret, UserWithPolicies
from ostiary.app.organization.references import References
from ostiary.app.organization.wanted_access import (
    wanted_assignments,
    wanted_iam_users,
    wanted_permission_sets,
    wanted_roles,
)
from ostiary.app.organization.wanted_controls import (
    wanted_resource_controls,
    wanted_service_controls,
    wanted_units,
)
from ostiary.app.organization.wanted_doors import (
    wanted_applications,
    wanted_issuer_trusts,
    wanted_secrets,
    wanted_workloads,
)
from ostiary.app.organization.wanted_people import (
    wanted_accounts,
    wanted_attributes,
    wanted_directories,
    wanted_groups,
    wanted_organization,
    wanted_people,
)
from ostiary.app.organization.wanted_signin import wanted_signin_policies
from ostiary.app.organization.wanted_upstream import wanted_upstream_providers
from ostiary.domain.access.builtin import ADMINISTRATOR_ROLE
from ostiary.domain.access.guardrails import UNIT
from ostiary.domain.credentials.model import IamUser
from ostiary.domain.directory.model import Person
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.upstream import UpstreamProvider
from ostiary.domain.signin_policy.model import ScopeKind
from ostiary.kit.clock import iso

_NOT_SHOWN = frozenset({"created_at", "changed_at", "role_id", "person_id", "user_id", "sealed_secret"})
_MAX_SHOWN = 160
_CONTEXT = 30


class Action(StrEnum):
    CREATE = "create"
    CHANGE = "change"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """Both sides as readable text, cut when they are long; one of them is empty when the field comes or goes."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    action: Action
    kind: str
    label: str
    before: Fact | None
    after: Fact | None
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    document: Document
    changes: tuple[Change, ...]

    def of(self, kind: str, *actions: Action) -> list[Change]:
        return [
            change for change in self.changes if change.kind == kind and change.action in (actions or tuple(Action))
        ]

    def as_json(self) -> dict[str, Any]:
        shown = [
            {
                "action": change.action.value,
                "kind": change.kind,
                "name": change.label,
                "fields": [{"name": f.name, "before": f.before, "after": f.after} for f in change.fields],
            }
            for change in self.changes
        ]
        return {"file": self.document.file, "digest": self.document.digest, "changes": shown}


_WANTED: Mapping[str, Callable[[References], Mapping[Any, Any]]] = {
    "organization": wanted_organization,
    "account": wanted_accounts,
    "organizational_unit": wanted_units,
    "service_control_policy": wanted_service_controls,
    "resource_control_policy": wanted_resource_controls,
    "directory": wanted_directories,
    "sign_in_policy": wanted_signin_policies,
    "attribute": wanted_attributes,
    "group": wanted_groups,
    "issuer_trust": wanted_issuer_trusts,
    "upstream_provider": wanted_upstream_providers,
    "role": wanted_roles,
    "permission_set": wanted_permission_sets,
    "iam_user": wanted_iam_users,
    "workload": wanted_workloads,
    "application": wanted_applications,
    "secret": wanted_secrets,
    "person": wanted_people,
    "assignment": wanted_assignments,
}


def make_plan(document: Document, kept: Kept, now: datetime) -> Plan:
    """Raises DocumentRefused with everything that is wrong."""
    refs = References(document, kept, now=now)
    changes = [change for kind in _WANTED if document.speaks_of(kind) for change in _changes(refs, kind)]
    plan = Plan(document, tuple(changes))
    if not refs.problems:
        _check_deletions(refs, plan)
    if refs.problems:
        raise DocumentRefused(document.file, refs.problems)
    return plan


def _changes(refs: References, kind: str) -> Iterator[Change]:
    wanted = _WANTED[kind](refs)
    for key, after in wanted.items():
        before = _kept_fact(refs.kept, kind, key)
        if before is None:
            yield Change(Action.CREATE, kind, _label(kind, key, after), None, after, tuple(_differences(None, after)))
        elif different := tuple(_differences(before, after)):
            yield Change(Action.CHANGE, kind, _label(kind, key, after), before, after, different)
    if kind in AUTHORITATIVE:
        for key, before in sorted(refs.kept.all_of(kind).items()):
            if key not in wanted and not _is_protected(refs, kind, key):
                yield Change(Action.DELETE, kind, _label(kind, key, before), before, None, ())


def _kept_fact(kept: Kept, kind: str, key: Any) -> Fact | None:
    match kind:
        case "organization":
            return kept.organization
        case "account":
            return kept.accounts.get(key[0])
        case "directory":
            return kept.directories.get(key[0])
        case "person":
            return kept.person(key[0])
        case "secret":
            return kept.secret(*key)
        case _:
            found: Fact | None = kept.all_of(kind).get(key)
            return found


def _is_protected(refs: References, kind: str, key: Key) -> bool:
    """What `init` made is how the operator gets in; a file may change it, but not lose it by not naming it."""
    made = {
        "role": lambda: key[1] == ADMINISTRATOR_ROLE,
        "group": lambda: key == (ADMINISTRATORS,),
        "permission_set": lambda: key == (ADMINISTRATOR_ACCESS,),
        "assignment": lambda: key == (ADMINISTRATORS, ADMINISTRATOR_ACCESS, refs.kept.organization.account),
    }
    return kind in made and made[kind]()


def _label(kind: str, key: Key, fact: Any) -> str:
    return printable(_named(kind, key, fact))


def _named(kind: str, key: Key, fact: Any) -> str:
    match kind:
        case "organization":
            return str(fact.name)
        case "account":
            return f"{fact.name} ({fact.account_id})"
        case "sign_in_policy":
            return f"of {fact.kind.value} {fact.name}"
        case "role" | "iam_user" | "issuer_trust" | "secret":
            return f"{key[1]} in {key[0]}"
        case "assignment":
            return f"{key[0]} -> {key[1]} in {key[2]}"
        case _:
            return key[0]


def _differences(before: Fact | None, after: Fact) -> Iterator[FieldChange]:
    old, new = _flat(before), _flat(after)
    for name in [*new, *(name for name in old if name not in new)]:
        if old.get(name) != new.get(name):
            yield FieldChange(name, *_shown_pair(_text(old.get(name)), _text(new.get(name))))


def _flat(fact: Fact | IamUser | UpstreamProvider | None) -> dict[str, Any]:
    """Members of mappings become fields of their own, such as `tags.team`; what is empty is absent."""
    if fact is None:
        return {}
    if isinstance(fact, UserWithPolicies):
        return _flat(fact.user) | {f"policies.{name}": text for name, text in fact.policies.items()}
    if isinstance(fact, ProviderWithSecret):
        return _flat(fact.provider) | {"client_secret": fact.secret}
    flat: dict[str, Any] = {}
    for field in fields(fact):
        value = getattr(fact, field.name)
        if field.name in _NOT_SHOWN or value in (None, "", ()):
            continue
        if isinstance(value, Mapping):
            flat |= {f"{field.name}.{name}": member for name, member in value.items()}
        else:
            flat[field.name] = value
    return flat


def _shown_pair(before: str, after: str) -> tuple[str, str]:
    """Long texts, such as policies, are shown from a little before the place where they begin to differ."""
    same = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    start = max(0, same - _CONTEXT) if max(len(before), len(after)) > _MAX_SHOWN else 0
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    end = start + _MAX_SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if len(text) > end else "")


def _text(value: Any) -> str:
    match value:
        case None:
            return ""
        case datetime():
            text = iso(value)
        case tuple():
            text = ", ".join(map(str, value))
        case bool():
            text = "true" if value else "false"
        case _:
            text = str(value)
    return "".join(c if c.isprintable() else " " for c in text)


def _check_deletions(refs: References, plan: Plan) -> None:
    """What the file does not speak of may still need what it deletes."""
    groups = {change.label for change in plan.of("group", Action.DELETE)}
    sets = {change.label for change in plan.of("permission_set", Action.DELETE)}
    _check_controls(refs, {f"{UNIT}{change.label}" for change in plan.of("organizational_unit", Action.DELETE)})
    issuers = [c.before for c in plan.of("issuer_trust", Action.DELETE) if isinstance(c.before, IssuerTrust)]
    _check_scopes(refs, ScopeKind.GROUP, groups)
    _check_scopes(refs, ScopeKind.APPLICATION, {change.label for change in plan.of("application", Action.DELETE)})
    if groups:
        _check_members(refs, plan, groups)
        _check_users_of_groups(refs, groups)
    if (sets or groups) and not refs.document.speaks_of("assignment"):
        for assignment in refs.kept.assignments.values():
            if assignment.group in groups or assignment.permission_set in sets:
                _refuse_deletion(
                    refs,
                    "group" if assignment.group in groups else "permission_set",
                    f"the assignment {assignment.group} -> {assignment.permission_set} needs what is deleted:"
                    " declare [[assignment]] too",
                )
    if issuers and not refs.document.speaks_of("workload"):
        deleted = {(trust.account, trust.issuer) for trust in issuers}
        for workload in refs.kept.workloads.values():
            if (workload.account, workload.issuer) in deleted:
                _refuse_deletion(refs, "issuer_trust", f"the workload `{workload.name}` needs a deleted issuer trust")


def _check_scopes(refs: References, kind: ScopeKind, deleted: set[str]) -> None:
    """A sign-in policy must not wait for the next group or application of the same name."""
    if refs.document.speaks_of("sign_in_policy"):
        return
    for scope, name in refs.kept.signin_policies:
        if scope is kind and name in deleted:
            text = f"the sign-in policy of {kind.value} `{name}` would be left: declare [[sign_in_policy]] too"
            _refuse_deletion(refs, kind.value, text)


def _check_controls(refs: References, units: set[str]) -> None:
    for kind, controls in refs.kept.controls.items():
        if refs.document.speaks_of(f"{kind}_control_policy"):
            continue
        for control in controls.values():
            if left := units & set(control.targets):
                text = f"the {kind} control policy `{control.name}` is attached to {', '.join(sorted(left))}"
                _refuse_deletion(refs, "organizational_unit", f"{text}, which would be deleted")


def _check_members(refs: References, plan: Plan, groups: set[str]) -> None:
    """A person in the file has the groups of the file, so only others can still be members."""
    after = {c.after.user_name: c.after for c in plan.of("person") if isinstance(c.after, Person)}
    for person in refs.kept.people():
        left = groups & set(after.get(person.user_name, person).groups)
        if left:
            named = ", ".join(sorted(left))
            _refuse_deletion(
                refs, "group", f"`{person.user_name}` is still a member of {named}, which would be deleted"
            )


def _check_users_of_groups(refs: References, groups: set[str]) -> None:
    if refs.document.speaks_of("application"):
        return
    for application in refs.kept.applications.values():
        if left := groups & set(application.groups):
            named = ", ".join(sorted(left))
            _refuse_deletion(refs, "group", f"the application `{application.client_id}` is for members of {named}")


def _refuse_deletion(refs: References, kind: str, text: str) -> None:
    declared: tuple[Declared[Entry], ...] = refs.document.sections[kind]
    refs.problems.append(Problem(declared[0].line if declared else 1, text))
