"""Is this an action, what does it do, and which actions does a pattern name?

Only the services behind Ostiary's doors are known. Names do not differ by ASCII case, and what is too long to be a name
is none. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

from ostiary.policy.casing import lower_ascii
from ostiary.policy.registry.iam_actions import IAM
from ostiary.policy.registry.identity_center_actions import IDENTITYSTORE, SSO, SSO_DIRECTORY, SSO_OAUTH
from ostiary.policy.registry.ostiary_actions import OSTIARY
from ostiary.policy.registry.rolesanywhere_actions import ROLESANYWHERE
from ostiary.policy.registry.secretsmanager_actions import SECRETSMANAGER
from ostiary.policy.registry.service_actions import AccessLevel, Action, ServiceActions
from ostiary.policy.registry.sts_actions import STS
from ostiary.policy.registry.trail_actions import ACCESS_ANALYZER, CLOUDTRAIL

__all__ = ["AccessLevel", "Action", "ServiceActions", "all_services", "find_action", "find_service", "matching_actions"]

_MAX_NAME = 192
_REMEMBERED_PATTERNS = 512
_SERVICES = (
    STS,
    IAM,
    SECRETSMANAGER,
    CLOUDTRAIL,
    ACCESS_ANALYZER,
    SSO,
    SSO_DIRECTORY,
    SSO_OAUTH,
    IDENTITYSTORE,
    ROLESANYWHERE,
    OSTIARY,
)
_BY_PREFIX = MappingProxyType({service.prefix: service for service in _SERVICES})


def all_services() -> tuple[ServiceActions, ...]:
    return _SERVICES


def find_service(prefix: str) -> ServiceActions | None:
    return _BY_PREFIX.get(lower_ascii(prefix)) if len(prefix) <= _MAX_NAME else None


def find_action(name: str) -> Action | None:
    """By its whole name, such as `iam:GetUser`."""
    if len(name) > _MAX_NAME:
        return None
    prefix, _, action = lower_ascii(name).partition(":")
    service = _BY_PREFIX.get(prefix)
    return service.actions.get(action) if service is not None else None


def matching_actions(pattern: str) -> tuple[str, ...]:
    """The known actions that the pattern names, such as `iam:GetUser`, sorted within their service."""
    if len(pattern) > _MAX_NAME:
        return ()
    return _matching(lower_ascii(pattern))


@lru_cache(maxsize=_REMEMBERED_PATTERNS)
def _matching(pattern: str) -> tuple[str, ...]:
    prefix, colon, rest = pattern.partition(":")
    if not colon:
        # `*` alone is every action; anything else without a service is none.
        prefix, rest = ("*", "*") if prefix.strip("*") == "" and prefix else ("", "")
    return tuple(
        f"{service.prefix}:{action.name}"
        for service in _SERVICES
        if _matches(prefix, service.prefix)
        for lowered, action in service.actions.items()
        if _matches(rest, lowered)
    )


def _matches(pattern: str, text: str) -> bool:
    """`*` and `?` by greedy matching with one place to return to: at most pattern times text steps."""
    at = place = 0
    star, resume = -1, 0
    while place < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, resume = at, place
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[place]):
            at, place = at + 1, place + 1
        elif star >= 0:
            resume += 1
            at, place = star + 1, resume
        else:
            return False
    return pattern[at:].strip("*") == ""
