"""What may stand in an organization file?

Each section is an array of tables and one struct here; the names of the fields are the keys of the file. A key that is
absent is None where absence means "leave it as it is", and the default otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec
from msgspec import Meta

from ostiary.domain.applications.model import ApplicationKind, ClientAuthentication
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import AttributeType, PasswordProfile, WorkloadStatus
from ostiary.domain.signin_policy.model import Factor, Prompt, Registration, RiskAnswer, WithoutFactor

Line = Annotated[str, Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
Name = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*\Z")]
IamName = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_+=,.@-]+\Z")]
SetName = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[A-Za-z0-9_+=,.@-]+\Z")]
SecretName = Annotated[str, Meta(min_length=1, max_length=512, pattern=r"^[A-Za-z0-9/_+=.@-]+\Z")]
Path = Annotated[str, Meta(max_length=512, pattern=r"^/([!-.0-~]+/)*\Z")]
AccountId = Annotated[str, Meta(pattern=r"^[0-9]{12}\Z")]
Text = Annotated[str, Meta(max_length=2048)]
Uri = Annotated[str, Meta(min_length=1, max_length=2000, pattern=r"^[!-~]+\Z")]
Subject = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+\Z")]
Token = Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[!#-\[\]-~]+\Z")]
Policy = str | dict[str, Any]
Policies = dict[IamName, Policy]
Tags = dict[
    Annotated[str, Meta(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+\Z")],
    Annotated[str, Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f]*\Z")],
]
SessionSeconds = Annotated[int, Meta(ge=900, le=43_200)]
SessionMinutes = Annotated[int, Meta(ge=5, le=7 * 24 * 60)]
IdleMinutes = Annotated[int, Meta(ge=1, le=24 * 60)]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One table of the file."""


class OrganizationEntry(Entry, frozen=True, kw_only=True):
    name: Line


class AccountEntry(Entry, frozen=True, kw_only=True):
    name: Name
    id: AccountId | None = None


class DirectoryEntry(Entry, frozen=True, kw_only=True):
    name: Name
    password_profile: PasswordProfile | None = None
    session_minutes: SessionMinutes | None = None
    idle_minutes: IdleMinutes | None = None


class SignInPolicyEntry(Entry, frozen=True, kw_only=True):
    """A row of the table of sign-in policies: for exactly one of `directory`, `group`, `application`."""

    directory: Name | None = None
    group: Name | None = None
    application: Name | None = None
    factors: Annotated[tuple[Factor, ...], Meta(min_length=1)] | None = None
    required: AssuranceLevel | None = None
    prompt: Prompt | None = None
    trust_device_days: Annotated[int, Meta(ge=1, le=365)] | None = None
    session_minutes: SessionMinutes | None = None
    idle_minutes: IdleMinutes | None = None
    step_up_minutes: Annotated[int, Meta(ge=1, le=60)] | None = None
    networks: Annotated[tuple[Line, ...], Meta(min_length=1)] | None = None
    without_factor: WithoutFactor | None = None
    authenticators: Annotated[tuple[Line, ...], Meta(min_length=1)] | None = None
    risk_low: RiskAnswer | None = None
    risk_medium: RiskAnswer | None = None
    risk_high: RiskAnswer | None = None
    risk_observe_only: bool | None = None
    risk_allow_networks: tuple[Line, ...] | None = None
    risk_deny_networks: tuple[Line, ...] | None = None
    dormant_days: Annotated[int, Meta(ge=1, le=3650)] | None = None
    posture: tuple[Token, ...] | None = None
    registration: Registration | None = None
    terms_url: Uri | None = None
    terms_version: Line | None = None
    recovery_approvers: tuple[Name, ...] | None = None


class AttributeEntry(Entry, frozen=True, kw_only=True):
    name: Name
    type: AttributeType
    source: Line
    access: bool = False
    self_editable: bool = False


class GroupEntry(Entry, frozen=True, kw_only=True):
    name: Name
    owner: Line
    purpose: Line


class PersonEntry(Entry, frozen=True, kw_only=True):
    user_name: Line
    display_name: Line | None = None
    email: str | None = None
    directory: Name | None = None
    groups: tuple[Name, ...] | None = None
    attributes: dict[Name, str | int | bool] | None = None
    status: Literal["active", "disabled"] | None = None


class WorkloadEntry(Entry, frozen=True, kw_only=True):
    name: Name
    owner: Line
    purpose: Line
    expires: datetime
    account: Line | None = None
    issuer: Uri | None = None
    subject: Subject | None = None
    tags: Tags = {}
    status: WorkloadStatus = WorkloadStatus.ACTIVE


class RoleEntry(Entry, frozen=True, kw_only=True):
    name: IamName
    trust_policy: Policy
    account: Line | None = None
    path: Path = "/"
    description: Text = ""
    policies: Policies = {}
    permissions_boundary: Policy | None = None
    max_session_seconds: SessionSeconds = 3600
    tags: Tags = {}


class PermissionSetEntry(Entry, frozen=True, kw_only=True):
    name: SetName
    policies: Policies
    description: Text = ""
    session_seconds: SessionSeconds = 3600


class AssignmentEntry(Entry, frozen=True, kw_only=True):
    group: Name
    permission_set: SetName
    account: Line | None = None
    until: datetime | None = None


class ApplicationEntry(Entry, frozen=True, kw_only=True):
    client_id: Name
    name: Line
    kind: ApplicationKind
    authentication: ClientAuthentication
    owner: Line
    redirect_uris: tuple[Uri, ...] = ()
    post_logout_redirect_uris: tuple[Uri, ...] = ()
    scopes: tuple[Token, ...] = ("openid",)
    groups: tuple[Name, ...] = ()
    audience: str = ""
    jwks: str | dict[str, Any] | None = None
    jwks_file: Line | None = None
    id_token_alg: Literal["ES256", "RS256"] = "ES256"  # noqa: S105 - the name of an algorithm
    claims: tuple[Name, ...] = ()
    launch_url: str = ""
    description: Text = ""
    enabled: bool = True
    policies: Policies = {}
    everyone: bool = False
    device_flow: bool = False
    ends_with_session: bool = False
    consent: bool = False


class IssuerTrustEntry(Entry, frozen=True, kw_only=True):
    issuer: Uri
    audiences: Annotated[tuple[Line, ...], Meta(min_length=1, max_length=100)]
    account: Line | None = None
    algorithms: Annotated[tuple[Literal["RS256", "ES256", "ES384", "PS256", "EdDSA"], ...], Meta(min_length=1)] = (
        "RS256",
        "ES256",
    )
    jwks: str | dict[str, Any] | None = None
    jwks_file: Line | None = None
    jwks_uri: Uri | None = None
    max_token_seconds: Annotated[int, Meta(ge=60, le=86_400)] = 3600


class UpstreamProviderEntry(Entry, frozen=True, kw_only=True):
    name: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9-]*\Z")]
    directory: Name
    issuer: Uri
    client_id: Token
    label: Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
    client_secret_file: Line | None = None
    scopes: tuple[Token, ...] = ("openid", "email")
    authorization_endpoint: Uri | None = None
    token_endpoint: Uri | None = None
    jwks_uri: Uri | None = None
    mfa_acr: tuple[Token, ...] = ()
    mfa_amr: tuple[Token, ...] = ()
    phishing_resistant_acr: tuple[Token, ...] = ()
    phishing_resistant_amr: tuple[Token, ...] = ()
    max_age_minutes: Annotated[int, Meta(ge=1, le=24 * 60)] | None = None
    enabled: bool = True


class OrganizationalUnitEntry(Entry, frozen=True, kw_only=True):
    name: Name
    parent: Name | None = None
    accounts: tuple[Line, ...] = ()
    description: Text = ""


class ControlPolicyEntry(Entry, frozen=True, kw_only=True):
    name: Name
    targets: tuple[Line, ...]
    policy: Policy
    description: Text = ""


class ServiceControlPolicyEntry(ControlPolicyEntry, frozen=True, kw_only=True):
    pass


class ResourceControlPolicyEntry(ControlPolicyEntry, frozen=True, kw_only=True):
    pass


class SecretEntry(Entry, frozen=True, kw_only=True):
    name: SecretName
    account: Line | None = None
    description: Text | None = None
    tags: Tags | None = None


class IamUserEntry(Entry, frozen=True, kw_only=True):
    name: IamName
    owner: Line
    reason: Line
    expires: datetime
    account: Line | None = None
    policies: Policies = {}


SECTIONS: Mapping[str, type[Entry]] = {
    "organization": OrganizationEntry,
    "account": AccountEntry,
    "organizational_unit": OrganizationalUnitEntry,
    "service_control_policy": ServiceControlPolicyEntry,
    "resource_control_policy": ResourceControlPolicyEntry,
    "directory": DirectoryEntry,
    "sign_in_policy": SignInPolicyEntry,
    "attribute": AttributeEntry,
    "group": GroupEntry,
    "person": PersonEntry,
    "workload": WorkloadEntry,
    "role": RoleEntry,
    "permission_set": PermissionSetEntry,
    "assignment": AssignmentEntry,
    "application": ApplicationEntry,
    "issuer_trust": IssuerTrustEntry,
    "upstream_provider": UpstreamProviderEntry,
    "secret": SecretEntry,
    "iam_user": IamUserEntry,
}
AUTHORITATIVE = frozenset(
    {
        "organizational_unit",
        "service_control_policy",
        "resource_control_policy",
        "attribute",
        "group",
        "workload",
        "role",
        "permission_set",
        "assignment",
        "application",
        "issuer_trust",
        "upstream_provider",
        "iam_user",
        "sign_in_policy",
    }
)  # an object of such a kind that the file does not have is deleted, when the file speaks of the kind at all

EntryT_co = TypeVar("EntryT_co", bound=Entry, covariant=True)
EntryT = TypeVar("EntryT", bound=Entry)


@dataclass(frozen=True, slots=True)
class Declared(Generic[EntryT_co]):
    """An entry with the line on which it begins and the lines of its keys, such as `policies` and `policies.Read`."""

    entry: EntryT_co
    line: int
    lines: Mapping[str, int]

    def line_of(self, key: str) -> int:
        return self.lines.get(key) or self.lines.get(key.partition(".")[0], self.line)


def printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    line: int
    text: str


class DocumentRefused(Exception):
    """Everything that is wrong with the file; each line of the text names the file's line.

    Texts repeat parts of the file, so what would move a terminal's cursor or turn its direction is shown as `?`.
    """

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.problems = sorted({Problem(problem.line, printable(problem.text)) for problem in problems})
        super().__init__("\n".join(f"{file}:{problem.line}: {problem.text}" for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Document:
    """A file in its right form; whether it fits what is kept is another question.

    `digest` is the file's SHA-256; what the file names by a relative path is looked for in `folder`.
    """

    file: str
    folder: FilePath
    digest: str
    sections: Mapping[str, tuple[Declared[Entry], ...]]

    def speaks_of(self, kind: str) -> bool:
        return kind in self.sections

    def declared(self, kind: str, entry_type: type[EntryT]) -> list[Declared[EntryT]]:
        """The entries of one kind in the order of the file."""
        return [
            Declared(one.entry, one.line, one.lines)
            for one in self.sections.get(kind, ())
            if isinstance(one.entry, entry_type)
        ]
