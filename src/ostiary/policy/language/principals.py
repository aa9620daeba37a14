"""Whom does a Principal or NotPrincipal element speak of?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum

from ostiary.kit import arn as arns
from ostiary.policy.language.document import members_of, shown, texts_of
from ostiary.policy.language.scope import Scope
from ostiary.policy.model import Effect, PolicyError, Principal, PrincipalKind

_ACCOUNT = re.compile(r"[0-9]{12}", re.ASCII)
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?", re.ASCII)
_IAM_ENTITY = re.compile(r"(user|role)/.*[^/]", re.DOTALL)
_SESSION = re.compile(r"assumed-role/[^/]+/[^/]+|federated-user/[^/]+")
_PROVIDER = re.compile(r"(oidc-provider|saml-provider)/.+", re.DOTALL)
_OUTSIDERS = frozenset({PrincipalKind.FEDERATED, PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS})


class Reach(IntEnum):
    """How directly an element names the principal; the greater, the fewer other policies can limit the grant."""

    NONE = 0
    ACCOUNT = 1
    """Its account: authority is delegated to the account's identity policies."""
    EVERYONE = 2
    """By `*`."""
    ROLE = 3
    """The role behind the session: limited by permissions boundary and session policies."""
    DIRECT = 4
    """The user or session itself."""


@dataclass(frozen=True, slots=True)
class Principals:
    """Principal or NotPrincipal; `texts` are its types with their names as written, empty for a mere `*`."""

    texts: tuple[tuple[str, tuple[str, ...]], ...]
    everyone: bool
    accounts: frozenset[str]
    arns: frozenset[str]
    federated: frozenset[str]
    services: frozenset[str]
    negated: bool

    def reach(self, scope: Scope, effect: Effect) -> Reach:
        if self.negated:
            return Reach.NONE if self._spares(scope) else Reach.DIRECT
        return self._named(scope.principal, effect)

    def _named(self, principal: Principal, effect: Effect) -> Reach:
        match principal.kind:
            case PrincipalKind.FEDERATED:
                named = principal.arn in self.federated
            case PrincipalKind.SERVICE:
                named = principal.arn in self.services
            case PrincipalKind.ANONYMOUS:
                return Reach.EVERYONE if self.everyone else Reach.NONE
            case _:
                return self._named_account_member(principal)
        # `*` means everyone for a Deny. That it grants to outside identities is not documented: it does not.
        return Reach.DIRECT if named or (self.everyone and effect is Effect.DENY) else Reach.NONE

    def _named_account_member(self, principal: Principal) -> Reach:
        if principal.arn in self.arns or (principal.kind is PrincipalKind.ROOT and principal.account in self.accounts):
            return Reach.DIRECT
        if principal.role_arn is not None and principal.role_arn in self.arns:
            return Reach.ROLE
        if self.everyone:
            return Reach.EVERYONE
        return Reach.ACCOUNT if principal.account in self.accounts else Reach.NONE

    def _spares(self, scope: Scope) -> bool:
        """Whether NotPrincipal excepts the caller from the Deny.

        Services may check account, role and session one after the other, so each must be listed; and a caller with
        a permissions boundary is never spared.
        """
        principal = scope.principal
        if scope.has_boundary or self.everyone:
            return not scope.has_boundary
        if principal.kind in _OUTSIDERS:
            return principal.arn in (self.services if principal.kind is PrincipalKind.SERVICE else self.federated)
        if principal.account not in self.accounts:
            return False
        if principal.kind is PrincipalKind.ROOT:
            return True
        return principal.arn in self.arns and (principal.role_arn is None or principal.role_arn in self.arns)


def parse_principals(element: object, path: str, *, negated: bool) -> Principals:
    """Raises PolicyError."""
    if isinstance(element, str):
        if element != "*":
            raise PolicyError(path, '`*` is the only principal without a type; write {"AWS": ...}')
        return Principals((), True, frozenset(), frozenset(), frozenset(), frozenset(), negated)
    members = members_of(element, path)
    if not members:
        raise PolicyError(path, "names nobody")
    names: dict[str, set[str]] = {"*": set(), "account": set(), "arn": set(), "Federated": set(), "Service": set()}
    written: list[tuple[str, tuple[str, ...]]] = []
    for kind, value in members.items():
        texts = tuple(texts_of(value, f"{path}.{shown(kind)}"))
        written.append((kind, tuple(text for text, _path in texts)))
        for text, text_path in texts:
            group, name = _read(kind, text, text_path)
            names[group].add(name)
    return Principals(
        texts=tuple(written),
        everyone=bool(names["*"]),
        accounts=frozenset(names["account"]),
        arns=frozenset(names["arn"]),
        federated=frozenset(names["Federated"]),
        services=frozenset(names["Service"]),
        negated=negated,
    )


def _read(kind: str, text: str, path: str) -> tuple[str, str]:
    match kind:
        case "AWS":
            return _read_aws(text, path)
        case "Federated":
            return "Federated", _read_federated(text, path)
        case "Service":
            if not _DOMAIN.fullmatch(text) or "." not in text:
                raise PolicyError(path, f"`{shown(text)}` is not the name of a service")
            return "Service", text
        case "CanonicalUser":
            raise PolicyError(path, "canonical users exist only in Amazon S3; name the account or the user's ARN")
        case _:
            raise PolicyError(path, "is not a type of principal; use AWS, Federated or Service")


def _read_aws(text: str, path: str) -> tuple[str, str]:
    if text == "*":
        return "*", text
    if _ACCOUNT.fullmatch(text):
        return "account", text
    arn = _parse_arn(text, path)
    if arn.service == "iam" and arn.resource == "root" and not arn.region:
        return "account", arn.account
    pattern = {"iam": _IAM_ENTITY, "sts": _SESSION}.get(arn.service)
    if arn.region or (pattern is not None and not pattern.fullmatch(arn.resource)):
        raise PolicyError(path, f"`{shown(text)}` is not the ARN of a user, a role, a session or an account")
    return "arn", text


def _read_federated(text: str, path: str) -> str:
    if _DOMAIN.fullmatch(text) and "." in text:
        return text
    arn = _parse_arn(text, path)
    if arn.service != "iam" or not _PROVIDER.fullmatch(arn.resource):
        raise PolicyError(path, f"`{shown(text)}` is not the ARN of an oidc-provider or a saml-provider")
    return text


def _parse_arn(text: str, path: str) -> arns.Arn:
    if "*" in text or "?" in text:
        raise PolicyError(
            path, "a wildcard cannot stand for a part of a principal; use a condition on aws:PrincipalArn"
        )
    try:
        arn = arns.parse(text)
    except ValueError as error:
        raise PolicyError(path, str(error)) from None
    if not _ACCOUNT.fullmatch(arn.account):
        raise PolicyError(path, f"`{shown(text)}` has no 12-digit account")
    return arn
