"""What is known of an action, and how is it written down?

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from ostiary.policy.casing import lower_ascii

REQUEST_TAGS = ("aws:RequestTag/${TagKey}", "aws:TagKeys")
RESOURCE_TAGS = ("aws:ResourceTag/${TagKey}",)


class AccessLevel(StrEnum):
    LIST = "List"
    READ = "Read"
    WRITE = "Write"
    PERMISSIONS_MANAGEMENT = "Permissions management"
    TAGGING = "Tagging"


@dataclass(frozen=True, slots=True)
class Action:
    """`name` without the prefix. Without `resources`, patterns of ARNs, the action is about `*` alone.

    `keys` are the condition keys that the service adds to the global ones, in their canonical spelling.
    """

    name: str
    level: AccessLevel
    resources: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ServiceActions:
    """The actions of one prefix by their names in lower case."""

    prefix: str
    actions: Mapping[str, Action]


@dataclass(frozen=True, slots=True)
class Group:
    """Actions, parted by spaces, that are alike in all but the name."""

    level: AccessLevel
    names: str
    resources: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()


def service_actions(prefix: str, *groups: Group) -> ServiceActions:
    actions = {
        lower_ascii(name): Action(name, group.level, group.resources, group.keys)
        for group in groups
        for name in group.names.split()
    }
    return ServiceActions(prefix, MappingProxyType(dict(sorted(actions.items()))))
