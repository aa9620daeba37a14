"""What is a person, a group, an attribute, a workload?

A typed attribute has one source of truth; one that carries access (`access = true`) becomes a principal tag and is
never self-editable. A workload always has an owner, a purpose and an expiry (BP04-18, BP06-5, BP06-11).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Organization:
    """One deployment; `account` is the account that `init` made, in which the operator acts."""

    name: str
    account: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Account:
    account_id: str
    name: str


class PasswordProfile(StrEnum):
    NIST = "nist"  # SP 800-63B-4
    AWS = "aws"  # length 14, four classes, history 24, age 90 days


@dataclass(frozen=True, slots=True)
class Directory:
    """A population of people with its own sign-in policy; names are `workforce`, `partners`, `consumers`."""

    name: str
    password_profile: PasswordProfile = PasswordProfile.NIST
    session_minutes: int = 12 * 60
    idle_minutes: int = 60


class PersonKind(StrEnum):
    """What kind of person an account is of; all but the first are guarded: listed tasks, an alarm at each use."""

    ORDINARY = "ordinary"
    FIRST_ADMINISTRATOR = "first-administrator"
    BREAK_GLASS = "break-glass"


class PersonStatus(StrEnum):
    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Person:
    """`user_name` is unique in the organization, lower case; `attributes` values are text in the form of their type.

    `language` is the tag of the language of her mails, empty when she never said one.
    """

    person_id: str
    directory: str
    user_name: str
    display_name: str
    email: str
    status: PersonStatus
    created_at: datetime
    attributes: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    groups: tuple[str, ...] = ()
    kind: PersonKind = PersonKind.ORDINARY
    language: str = ""
    email_verified_at: datetime | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:identitystore:::user/{self.person_id}"


@dataclass(frozen=True, slots=True)
class TermsAcceptance:
    """Which version of her directory's terms a person accepted, and when."""

    person_id: str
    version: str
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    owner: str
    purpose: str


class AttributeType(StrEnum):
    STRING = "string"
    INTEGER = "integer"
    BOOLEAN = "boolean"


@dataclass(frozen=True, slots=True)
class AttributeDefinition:
    """`source` names who may write it, for instance `hr` or `self`; `access` attributes become principal tags."""

    name: str
    type: AttributeType
    source: str
    access: bool = False
    self_editable: bool = False


class WorkloadStatus(StrEnum):
    ACTIVE = "active"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Workload:
    """`issuer` and `subject` bind it to exactly one outside identity; no two workloads share a pair (BP01-8)."""

    name: str
    account: str
    owner: str
    purpose: str
    expires_at: datetime
    status: WorkloadStatus
    issuer: str = ""
    subject: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    @property
    def arn(self) -> str:
        return f"arn:aws:ostiary::{self.account}:workload/{self.name}"
