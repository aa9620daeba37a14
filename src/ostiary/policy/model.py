"""What is asked, by whom, and what is answered?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from ostiary.policy.casing import lower_ascii

ContextValue = str | tuple[str, ...]


class PolicyError(Exception):
    """A document that is not a policy; `path` names the place, such as `Statement[2].Condition.StringEquals`."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path
        self.message = message


class PolicyKind(StrEnum):
    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    SESSION = "session"
    BOUNDARY = "boundary"
    SERVICE_CONTROL = "service-control"
    RESOURCE_CONTROL = "resource-control"


class Effect(StrEnum):
    ALLOW = "Allow"
    DENY = "Deny"


class Layer(StrEnum):
    """The kinds of policy that take part in a decision."""

    RESOURCE_CONTROL = "resource-control"
    SERVICE_CONTROL = "service-control"
    RESOURCE = "resource"
    TRUST = "trust"
    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"


class PrincipalKind(StrEnum):
    ROOT = "root"
    USER = "user"
    ROLE_SESSION = "role-session"
    FEDERATED = "federated"
    SERVICE = "service"
    PERSON = "person"
    WORKLOAD = "workload"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `account` is None for federated identities before they assumed a role, services and anonymous callers.

    `role_arn` is the role of a role session: a policy that names the role speaks of its sessions. Of the session of a
    federated user (`arn:aws:sts::...:federated-user/...`) it is the user's ARN, likewise.
    """

    arn: str
    account: str | None
    kind: PrincipalKind
    role_arn: str | None = None


class Context(dict[str, ContextValue]):
    """Condition keys in lower case. Made by `Request.context_of`, once per request."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Request:
    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Mapping[str, ContextValue]

    def __post_init__(self) -> None:
        # INVARIANT: keys are lower-cased before evaluation, or a Deny could be dodged by the spelling of a tag key.
        if not isinstance(self.context, Context):
            object.__setattr__(self, "context", self.context_of(self.context))

    @classmethod
    def context_of(cls, values: Mapping[str, ContextValue]) -> Context:
        """Lower the keys once.

        Keys that differ only in case become one key with all their values, so that an Allow must hold for each
        of them and a Deny for one (see `conditions`).
        """
        context = Context()
        for key, value in values.items():
            lowered = lower_ascii(key)
            kept = value if isinstance(value, str) else tuple(value)
            known = context.get(lowered)
            context[lowered] = kept if known is None or known == kept else _as_tuple(known) + _as_tuple(kept)
        return context

    def with_action(self, action: str) -> Self:
        """The same question about another action; the context is shared."""
        return type(self)(self.principal, action, self.resource, self.resource_account, self.context)


@dataclass(frozen=True, slots=True)
class MatchedStatement:
    """A statement that applied. `index` counts from 0."""

    policy_id: str
    index: int
    sid: str | None
    layer: Layer
    effect: Effect


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer: `layer` decided it, `matched` are the statements that made it so.

    `matched` holds the Deny statements of an explicit deny, otherwise every Allow statement that applied.
    `missing_keys` are the condition keys that the request did not have and that statements about its action, resource
    and principal ask for. `silent` are the layers in force that allowed nothing, in the order of evaluation.
    `layer` is None for a refusal by a rule that is written in no policy.
    """

    allowed: bool
    reason: str
    layer: Layer | None
    matched: tuple[MatchedStatement, ...]
    missing_keys: tuple[str, ...]
    silent: tuple[Layer, ...] = ()

    @property
    def effect(self) -> Effect:
        return Effect.ALLOW if self.allowed else Effect.DENY

    @property
    def explicit(self) -> bool:
        """Whether a Deny statement decided."""
        return not self.allowed and any(one.effect is Effect.DENY for one in self.matched)


def _as_tuple(value: ContextValue) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
