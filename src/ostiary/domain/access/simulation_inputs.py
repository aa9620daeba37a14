"""Which policies and which caller does somebody want to be simulated?

Everything here is text from outside: each is read as strictly as a policy that is put in force, and named in the error.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from ostiary.domain.access.errors import InvalidSimulation
from ostiary.domain.access.role_session_identity import session_arn
from ostiary.domain.access.standing import ANY_SESSION
from ostiary.kit import arn
from ostiary.policy import Context, Policy, PolicyError, PolicyKind, Principal, PrincipalKind, Request, parse_policy

POLICY_INPUT: Final = "PolicyInputList"
BOUNDARY_INPUT: Final = "PermissionsBoundaryPolicyInputList"
ORGANIZATION_INPUT: Final = "OrderedOrganizationPolicyInputList"
RESOURCE_POLICY: Final = "ResourcePolicy"
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)
_ACTION: Final = re.compile(r"[A-Za-z0-9-]{1,64}:[A-Za-z0-9_-]{1,128}", re.ASCII)
_IDENTITY: Final = re.compile(r"(user|role)/(?:[!-~]+/)?([A-Za-z0-9_+=,.@-]{1,64})", re.ASCII)
_SHOWN = 200


class Excluded(StrEnum):
    """What can be left out of a simulation by its type; the words are those of the AWS interface."""

    INLINE = "inline"
    AWS_MANAGED = "aws-managed"
    USER_MANAGED = "user-managed"
    BOUNDARY = "permission-boundary"
    SERVICE_CONTROL = "scp"
    RESOURCE_CONTROL = "rcp"


@dataclass(frozen=True, slots=True)
class InlineExclusion:
    """One policy of one entity. The documents speak of wildcards in `entity`; the interface's model allows none."""

    policy_name: str
    entity_type: str
    entity: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is simulated besides, or instead of, the policies of a principal that exists."""

    policies: Sequence[str] = ()
    boundaries: Sequence[str] = ()
    organization: Sequence[Sequence[str]] = ()
    resource_policy: str = ""
    resource_owner: str = ""
    caller_arn: str = ""
    context: Context = field(default_factory=Context)
    excluded: frozenset[Excluded] = frozenset()
    excluded_inline: tuple[InlineExclusion, ...] = ()


@dataclass(frozen=True, slots=True)
class Entity:
    """An IAM user or role, by its ARN alone."""

    arn: str
    account: str
    kind: str
    name: str


def read_policies(texts: Iterable[str], source: str, kind: PolicyKind) -> tuple[Policy, ...]:
    """Named `<source>.<number>`. Raises InvalidSimulation."""
    return tuple(read_policy(text, f"{source}.{number}", kind) for number, text in enumerate(texts, start=1))


def read_policy(text: str, name: str, kind: PolicyKind) -> Policy:
    """Raises InvalidSimulation with the path of what is wrong."""
    try:
        return parse_policy(text, policy_id=name, kind=kind)
    except PolicyError as error:
        raise InvalidSimulation(f"the policy {name} is not valid: {error}") from None


def read_boundary(texts: Sequence[str]) -> Policy | None:
    """Raises InvalidSimulation."""
    if len(texts) > 1:
        raise InvalidSimulation(f"{BOUNDARY_INPUT} takes one policy: an entity has one permissions boundary at a time")
    return next(iter(read_policies(texts, BOUNDARY_INPUT, PolicyKind.BOUNDARY)), None)


def read_levels(levels: Sequence[Sequence[str]]) -> tuple[tuple[Policy, ...], ...]:
    """Raises InvalidSimulation, also for a level without a policy, which would deny everything unseen."""
    found = tuple(
        read_policies(texts, f"{ORGANIZATION_INPUT}.{number}", PolicyKind.SERVICE_CONTROL)
        for number, texts in enumerate(levels, start=1)
    )
    if not all(found):
        raise InvalidSimulation(f"each level of {ORGANIZATION_INPUT} needs at least one policy")
    return found


def check_action(name: str) -> str:
    """Raises InvalidSimulation; a wildcard names no operation."""
    if _ACTION.fullmatch(name) is None:
        raise InvalidSimulation(f"`{name[:_SHOWN]}` is not the name of an action, such as iam:CreateUser")
    return name


def check_resource(name: str) -> str:
    """Raises InvalidSimulation."""
    if name != "*":
        try:
            arn.parse(name)
        except ValueError as error:
            raise InvalidSimulation(f"{error}; or `*`") from None
    return name


def read_owner(owner: str) -> str:
    """The account that ResourceOwner names, as 12 digits or as an ARN; empty for none. Raises InvalidSimulation."""
    if not owner or _ACCOUNT.fullmatch(owner):
        return owner
    try:
        account = arn.parse(owner).account
    except ValueError:
        account = ""
    if _ACCOUNT.fullmatch(account) is None:
        raise InvalidSimulation(f"`{owner[:_SHOWN]}` is not an account: give its 12 digits")
    return account


def read_entity(name: str, member: str) -> Entity:
    """Raises InvalidSimulation for what is not the ARN of an IAM user or role."""
    try:
        parsed = arn.parse(name)
    except ValueError as error:
        raise InvalidSimulation(f"{member}: {error}") from None
    matched = _IDENTITY.fullmatch(parsed.resource)
    if parsed.service != "iam" or parsed.region or matched is None or _ACCOUNT.fullmatch(parsed.account) is None:
        raise InvalidSimulation(
            f"{member} must be the ARN of an IAM user or role, not `{name[:_SHOWN]}`: groups have no policies here,"
            " and sessions have those of their role"
        )
    return Entity(name, parsed.account, matched[1], matched[2])


def principal_of_entity(entity: Entity) -> tuple[Principal, Context]:
    """What a request of the entity shows, known from the ARN alone: nothing is told of what exists."""
    context = {"aws:PrincipalArn": entity.arn, "aws:PrincipalAccount": entity.account}
    if entity.kind == "user":
        context |= {"aws:PrincipalType": "User", "aws:username": entity.name}
        return Principal(entity.arn, entity.account, PrincipalKind.USER), Request.context_of(context)
    context["aws:PrincipalType"] = "AssumedRole"
    session = session_arn(entity.arn, ANY_SESSION)
    return Principal(session, entity.account, PrincipalKind.ROLE_SESSION, entity.arn), Request.context_of(context)


def without_excluded(policies: Iterable[Policy], entity: Entity, wanted: Wanted) -> tuple[Policy, ...]:
    """The entity's own policies, all inline here, less those that the request leaves out."""
    if Excluded.INLINE in wanted.excluded:
        return ()
    named = {
        f"{entity.name}/{one.policy_name}"
        for one in wanted.excluded_inline
        if (one.entity_type, one.entity) == (entity.kind, entity.name)
    }
    return tuple(policy for policy in policies if policy.policy_id not in named)
