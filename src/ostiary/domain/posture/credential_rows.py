"""Which line does a person, an IAM user, a workload or the root user have in the credential report?

The columns are AWS's, exactly; what this house does not have is told as AWS tells it (`N/A`, `not_supported`).
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from ostiary.domain.audit.last_use import LastUse
from ostiary.domain.credentials.model import AccessKey, IamUser, Password
from ostiary.domain.directory.model import Organization, PasswordProfile, Person, PersonStatus, Workload, WorkloadStatus
from ostiary.kit import arn

COLUMNS = (
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
    "additional_credentials_info",
)
PASSWORD_AGE = timedelta(days=90)
_ABSENT = "N/A"
_NO_KEY = ("false", _ABSENT, _ABSENT, _ABSENT, _ABSENT)
_NO_CERTIFICATES = ("false", _ABSENT, "false", _ABSENT)
_NO_PASSWORD = ("false", _ABSENT, _ABSENT, _ABSENT)
_KEYS = 2
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """`used_at` is when the password was accepted last; `second_factor` says whether a confirmed one is there."""

    person: Person
    profile: PasswordProfile
    password: Password | None
    used_at: datetime | None
    second_factor: bool


def root_row(organization: Organization, account: str) -> Row:
    """Root has no password, no key and no sign-in: its proof is the server's root key, at the command line."""
    password = ("not_supported", "no_information", "not_supported", "not_supported")
    return _row(
        "<root_account>",
        f"arn:aws:iam::{account}:root",
        _moment(organization.created_at),
        password,
        mfa="false",
        more="no sign-in: local operator by the server's root key",
    )


def person_row(facts: PersonFacts) -> Row:
    person, password = facts.person, facts.password
    if password is None:
        shown: Sequence[str] = _NO_PASSWORD
    else:
        due = password.changed_at + PASSWORD_AGE if facts.profile is PasswordProfile.AWS else None
        usable = person.status is not PersonStatus.DISABLED
        used = "no_information" if facts.used_at is None else _moment(facts.used_at)
        shown = (_flag(value=usable), used, _moment(password.changed_at), _moment(due))
    return _row(
        person.user_name,
        person.arn,
        _moment(person.created_at),
        shown,
        mfa=_flag(value=facts.second_factor),
        more=f"person in directory {person.directory}: {person.status.value}",
    )


def user_row(user: IamUser, keys: Sequence[AccessKey], uses: Mapping[str, LastUse], now: datetime) -> Row:
    ordered = sorted(keys, key=lambda key: (key.created_at, key.access_key_id))
    shown = [_key(key, uses.get(key.access_key_id), min(key.expires_at, user.expires_at), now) for key in ordered]
    return _row(
        user.name,
        arn.iam(user.account, "user", user.name),
        _moment(user.created_at),
        _NO_PASSWORD,
        keys=shown,
        more=f"IAM user owned by {user.owner} until {_moment(user.expires_at)}",
    )


def workload_row(workload: Workload, now: datetime) -> Row:
    """A workload holds no credential of ours: it proves itself by an outside issuer's token."""
    in_force = workload.status is WorkloadStatus.ACTIVE and workload.expires_at > now
    state = "active" if in_force else "not active"
    more = f"workload owned by {workload.owner} until {_moment(workload.expires_at)}: {state}"
    return _row(workload.name, workload.arn, _ABSENT, _NO_PASSWORD, more=more)


def _row(
    user: str,
    user_arn: str,
    created: str,
    password: Sequence[str],
    *,
    mfa: str = "false",
    keys: Sequence[Sequence[str]] = (),
    more: str = "",
) -> Row:
    shown = [*keys, *[_NO_KEY] * _KEYS][:_KEYS]
    return (user, user_arn, created, *password, mfa, *shown[0], *shown[1], *_NO_CERTIFICATES, more)


def _key(key: AccessKey, use: LastUse | None, expires_at: datetime, now: datetime) -> Row:
    active = key.active and expires_at > now
    if use is None:
        return (_flag(value=active), _moment(key.created_at), _ABSENT, _ABSENT, _ABSENT)
    return (_flag(value=active), _moment(key.created_at), _moment(use.at), _ABSENT, use.service or _ABSENT)


def _moment(at: datetime | None) -> str:
    return _ABSENT if at is None else at.astimezone(UTC).isoformat(timespec="seconds")


def _flag(*, value: bool) -> str:
    return "true" if value else "false"
