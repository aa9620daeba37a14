"""Which operation of the OAuth and OpenID Connect door needs what? One row per operation; no row, no permission.

Applications act on themselves alone, and people on the applications of their groups: which scopes an application has
and whose members may use it is decided when it is registered, so no policy language is asked on this hot path.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ostiary.domain.applications.model import Application, ApplicationKind
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.tokens.errors import ApplicationForbidden, UnauthorizedClient
from ostiary.kit.texts import Text


class Operation(StrEnum):
    """Every operation of the door; a test holds the routes to this list."""

    AUTHORIZE = "authorize"
    EXCHANGE_CODE = "exchange-code"
    REFRESH = "refresh"
    CLIENT_CREDENTIALS = "client-credentials"
    AUTHORIZE_DEVICE = "authorize-device"
    EXCHANGE_DEVICE_CODE = "exchange-device-code"
    REVOKE = "revoke"
    INTROSPECT = "introspect"
    USER_INFO = "userinfo"
    LOGOUT = "logout"
    JWKS = "jwks"
    DISCOVERY = "discovery"


class Rule(StrEnum):
    MEMBER = "member"  # a person in one of the application's groups; `Admission` asks what she must have proved
    OWN = "own"  # an application on itself
    ANYONE = "anyone"  # what is public, or proves itself by what it carries


@dataclass(frozen=True, slots=True)
class Permission:
    """`action` is what the resource, the application's ARN, is asked for; `kinds` may do it at all.

    `device_flow`: only applications may that are registered for it.
    """

    action: str
    rule: Rule
    event: EventName | None = None
    kinds: frozenset[ApplicationKind] = frozenset(ApplicationKind)
    public_clients: bool = True
    device_flow: bool = False


_SENDS_PEOPLE = frozenset({ApplicationKind.WEB, ApplicationKind.NATIVE})

PERMISSIONS: Mapping[Operation, Permission] = MappingProxyType(
    {
        Operation.AUTHORIZE: Permission(
            "ostiary:AuthorizeApplication", Rule.MEMBER, EventName.AUTHORIZE_APPLICATION, _SENDS_PEOPLE
        ),
        Operation.EXCHANGE_CODE: Permission("ostiary:IssueToken", Rule.OWN, EventName.ISSUE_TOKEN, _SENDS_PEOPLE),
        Operation.REFRESH: Permission("ostiary:IssueToken", Rule.OWN, EventName.ISSUE_TOKEN, _SENDS_PEOPLE),
        Operation.CLIENT_CREDENTIALS: Permission(
            "ostiary:IssueToken",
            Rule.OWN,
            EventName.ISSUE_TOKEN,
            frozenset({ApplicationKind.MACHINE, ApplicationKind.WEB}),
            public_clients=False,
        ),
        Operation.AUTHORIZE_DEVICE: Permission(
            "ostiary:AuthorizeDevice", Rule.OWN, EventName.AUTHORIZE_DEVICE, _SENDS_PEOPLE, device_flow=True
        ),
        Operation.EXCHANGE_DEVICE_CODE: Permission(
            "ostiary:IssueToken", Rule.OWN, EventName.ISSUE_TOKEN, _SENDS_PEOPLE, device_flow=True
        ),
        Operation.REVOKE: Permission("ostiary:RevokeToken", Rule.OWN, EventName.REVOKE_TOKEN),
        Operation.INTROSPECT: Permission(
            "ostiary:IntrospectToken", Rule.OWN, EventName.INTROSPECT_TOKEN, public_clients=False
        ),
        Operation.USER_INFO: Permission("ostiary:GetUserInfo", Rule.MEMBER, EventName.GET_USER_INFO, _SENDS_PEOPLE),
        Operation.LOGOUT: Permission("ostiary:SignOut", Rule.ANYONE),
        Operation.JWKS: Permission("ostiary:GetKeys", Rule.ANYONE),
        Operation.DISCOVERY: Permission("ostiary:GetMetadata", Rule.ANYONE),
    }
)


def check_client(operation: Operation, caller: Caller, application: Application) -> None:
    """Raises UnauthorizedClient unless the row lets this application act on itself."""
    permission = PERMISSIONS.get(operation)
    if permission is None or permission.rule is not Rule.OWN:
        raise UnauthorizedClient("this is not for applications")
    if caller.kind is not CallerKind.WORKLOAD or caller.arn != application.arn:
        raise UnauthorizedClient("an application acts on itself alone")
    if application.kind not in permission.kinds or (application.public and not permission.public_clients):
        raise UnauthorizedClient(
            "this kind of application may not do that",
            operator_text=f"`{application.client_id}` ({application.kind.value}) may not {permission.action}",
        )
    if permission.device_flow and not application.device_flow:
        raise UnauthorizedClient(
            "this application is not registered for device codes",
            operator_text=f"`{application.client_id}` has no `device_flow = true`",
        )


def check_member(operation: Operation, caller: Caller, groups: Sequence[str], application: Application) -> None:
    """Raises ApplicationForbidden unless the row lets this person use the application; deny by default."""
    permission = PERMISSIONS.get(operation)
    if permission is None or permission.rule is not Rule.MEMBER or application.kind not in permission.kinds:
        raise ApplicationForbidden("this is not for people")
    if caller.kind is not CallerKind.PERSON or caller.assurance.level is None:
        raise ApplicationForbidden("sign in first")
    if not is_member(groups, application):
        raise ApplicationForbidden(
            Text("you may not use this application: ask its owner for membership in one of its groups"),
            operator_text=f"`{caller.name}` is in no group of `{application.client_id}`",
        )


def is_member(groups: Sequence[str], application: Application) -> bool:
    return application.everyone or not set(groups).isdisjoint(application.groups)
