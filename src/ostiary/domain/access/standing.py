"""What is in force for a principal that is named instead of present?

Simulations and questions about others ask here. Known is what holds for every request of the principal; what only a
session's own token knows (session tags, session policies, factors) is absent, and so is what only a request has.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from ostiary.domain.access import builtin
from ostiary.domain.access.conditions import principal_of, standing_context_of
from ostiary.domain.access.errors import PrincipalBroken, PrincipalOutOfForce, UnknownPrincipal
from ostiary.domain.access.in_force import policies_of
from ostiary.domain.access.index import AccessIndex, AssignedRole, RoleEntry
from ostiary.domain.access.ports import StandingSlice
from ostiary.domain.access.role_session_identity import fit_for_name, merged_tags, session_arn
from ostiary.domain.audit.caller import Caller, CallerKind, Door, Origin
from ostiary.domain.directory.attributes import access_tags
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.directory.people import find_user_name
from ostiary.kit import arn
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions
from ostiary.policy import ContextValue, PolicySet, Principal

# INVARIANT: no session can have this name, so a policy that names one session never speaks of a role as such.
ANY_SESSION: Final = "*"
_NOBODY_THERE: Final = Origin(Door.INTERNAL)
_SESSION: Final = re.compile(r"assumed-role/([^/]+)/([A-Za-z0-9_+=,.@-]{2,64}|\*)", re.ASCII)
_NOT_ACTIVE: Final = {
    PersonStatus.INVITED: "the person is invited, not yet enrolled; `ostiary person invite` prints a new link",
    PersonStatus.DISABLED: "the person is disabled",
}
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Standing:
    """One way in which the principal acts; `caller` is who that would be, with nothing proved.

    A role that is named without a session stands as `assumed-role/<name>/*`, whose `aws:userid` is not known.
    """

    principal: Principal
    policies: PolicySet
    context: Mapping[str, ContextValue]
    caller: Caller


@dataclass(frozen=True, slots=True)
class Found:
    """`broken` says why roles that somebody was given are of no use to her."""

    standings: tuple[Standing, ...]
    broken: tuple[str, ...] = ()


class Standings:
    def __init__(self, *, index: Current[AccessIndex], transactions: Transactions[StandingSlice], clock: Clock) -> None:
        self._index = index
        self._transactions = transactions
        self._clock = clock

    def of(self, name: str) -> tuple[Standing, ...]:
        """As `find`, without what is broken."""
        return self.find(name).standings

    def find(self, name: str) -> Found:
        """By ARN or by a person's user name. Raises UnknownPrincipal, PrincipalOutOfForce.

        A person stands for herself first and then in each role that assignments give her; all others stand once.
        """
        index, now = self._index.value, self._clock.now()
        with self._transactions.read() as tx:
            return _Finder(index, tx, now).find(name)


class _Finder:
    """One question on one view of what is kept."""

    def __init__(self, index: AccessIndex, tx: StandingSlice, now: datetime) -> None:
        self._index, self._tx, self._now = index, tx, now

    def find(self, name: str) -> Found:
        if not name.startswith("arn:"):
            return self._person(self._person_named(name), name)
        try:
            parsed = arn.parse(name)
        except ValueError as error:
            raise UnknownPrincipal(str(error)) from None
        if parsed.service == "identitystore":
            person = self._tx.directory.person(parsed.resource.removeprefix("user/"))
            return self._person(person if person is not None and person.arn == name else None, name)
        return self._one(self._caller(parsed, name))

    def _caller(self, parsed: arn.Arn, name: str) -> Caller:
        match parsed.service, parsed.resource.partition("/")[0]:
            case "iam", "role":
                return self._role(name)
            case "sts", "assumed-role":
                return self._role_session(parsed, name)
            case "iam", "user":
                return self._iam_user(name)
            case "iam", "root":
                return self._root(parsed.account, name)
            case "sso", "application":
                return self._application(name)
            case "ostiary", "workload":
                raise UnknownPrincipal(
                    "a workload has no policies, it acts by the roles that it assumes: ask about them"
                )
            case _:
                raise _unknown(name)

    def _one(self, caller: Caller) -> Found:
        policies, unusable = policies_of(self._index, caller)
        if unusable:
            reason = f"`{caller.arn[:_SHOWN]}` may do nothing now: a policy that is in force for it cannot be read"
            raise PrincipalBroken(reason, operator_text=unusable)
        return Found(
            (Standing(principal_of(caller), policies, standing_context_of(caller, places=self._index), caller),)
        )

    def _role(self, name: str) -> Caller:
        entry = self._index.role(name)
        if entry is None:
            raise _unknown(name)
        return _in_role(entry, ANY_SESSION)

    def _role_session(self, parsed: arn.Arn, name: str) -> Caller:
        matched = _SESSION.fullmatch(parsed.resource)
        entry = self._index.role_named(parsed.account, matched[1]) if matched else None
        if matched is None or entry is None or session_arn(entry.role.arn, matched[2]) != name:
            raise _unknown(name)
        return _in_role(entry, matched[2])

    def _iam_user(self, name: str) -> Caller:
        for user in self._tx.credentials.iam_users():
            if arn.iam(user.account, "user", user.name) == name:
                if user.expires_at <= self._now:
                    raise _out_of_force(name, "the user is past its expiry")
                return _caller(name, user.account, CallerKind.IAM_USER, user.name, user_id=user.user_id)
        raise _unknown(name)

    def _root(self, account: str, name: str) -> Caller:
        own = self._account()
        if name == builtin.root_arn(own):
            return _caller(name, own, CallerKind.OPERATOR, "operator", user_id=own)
        if any(known.account_id == account for known in self._tx.directory.accounts()):
            raise _out_of_force(name, f"nobody acts as root of an account but the operator, whose account is {own}")
        raise _unknown(name)

    def _application(self, name: str) -> Caller:
        for application in self._tx.applications.applications():
            if application.arn == name:
                if not application.enabled:
                    raise _out_of_force(name, "the application is disabled")
                client_id = application.client_id
                return _caller(name, self._account(), CallerKind.WORKLOAD, client_id, user_id=client_id)
        raise _unknown(name)

    def _person_named(self, name: str) -> Person | None:
        user_name = find_user_name(name)
        return self._tx.directory.person_by_user_name(user_name) if user_name is not None else None

    def _person(self, person: Person | None, name: str) -> Found:
        if person is None:
            raise _unknown(name)
        if person.status is not PersonStatus.ACTIVE:
            raise _out_of_force(name, _NOT_ACTIVE[person.status])
        tags = access_tags(person, self._tx.directory.attribute_definitions())
        herself = _caller(
            person.arn, self._account(), CallerKind.PERSON, person.user_name, user_id=person.person_id, tags=tags
        )
        standings, broken = list(self._one(herself).standings), []
        for assigned in self._index.roles_of_groups(person.groups, self._now):
            try:
                standings += self._one(self._in_assigned_role(assigned, person, tags)).standings
            except PrincipalBroken as refusal:
                broken.append(refusal.operator_text)
        return Found(tuple(standings), tuple(broken))

    def _in_assigned_role(self, assigned: AssignedRole, person: Person, tags: Mapping[str, str]) -> Caller:
        """Whom the portal's credentials make of her: `sessions/person_credentials.py`."""
        entry = self._index.role(assigned.role.arn) or RoleEntry(assigned.role)
        name = fit_for_name(person.user_name)
        return _in_role(entry, name, tags=tags, source_identity=name, at_most=builtin.TASKS[person.kind])

    def _account(self) -> str:
        organization = self._tx.directory.organization()
        return organization.account if organization is not None else ""


def _in_role(
    entry: RoleEntry,
    session_name: str,
    *,
    tags: Mapping[str, str] | None = None,
    source_identity: str = "",
    at_most: tuple[str, ...] = (),
) -> Caller:
    role = entry.role
    caller = _caller(
        session_arn(role.arn, session_name),
        role.account,
        CallerKind.ROLE_SESSION,
        session_name,
        user_id="" if session_name == ANY_SESSION else f"{role.role_id}:{session_name}",
        tags=merged_tags(role.tags, tags or {}),
        role_arn=role.arn,
        source_identity=source_identity,
    )
    return replace(caller, session_policies=at_most)


def _caller(
    own_arn: str,
    account: str,
    kind: CallerKind,
    name: str,
    *,
    user_id: str,
    tags: Mapping[str, str] | None = None,
    role_arn: str | None = None,
    source_identity: str = "",
) -> Caller:
    return Caller(
        arn=own_arn,
        account=account,
        kind=kind,
        name=name,
        origin=_NOBODY_THERE,
        tags=tags or {},
        source_identity=source_identity,
        role_arn=role_arn,
        user_id=user_id,
    )


def _unknown(name: str) -> UnknownPrincipal:
    return UnknownPrincipal(
        f"there is no principal `{name[:_SHOWN]}`: give the ARN of a role, a role session, an IAM user, an application"
        " or a person, or a person's user name"
    )


def _out_of_force(name: str, why: str) -> PrincipalOutOfForce:
    return PrincipalOutOfForce(f"`{name[:_SHOWN]}` may do nothing now: {why}")
