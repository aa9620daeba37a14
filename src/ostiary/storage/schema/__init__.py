"""Which tables hold the facts? One SQL text for SQLite and PostgreSQL; a file per room, joined here."""

from __future__ import annotations

from ostiary.storage.schema.access import (
    assignment,
    control_policy,
    organizational_unit,
    permission_set,
    role,
    user_policy,
)
from ostiary.storage.schema.applications import (
    application,
    authorization_code,
    client_secret,
    consent,
    device_authorization,
    refresh_token,
    token_family,
    used_assertion,
)
from ostiary.storage.schema.audit import checkpoint, event, generation, last_use, leaf_tile, lease
from ostiary.storage.schema.credentials import (
    access_key,
    enrolment_link,
    guess_count,
    iam_user,
    mail_code,
    one_time_link,
    passkey,
    password,
    recovery_code,
    server_key,
    spent_challenge,
    totp_factor,
)
from ostiary.storage.schema.definition import RowNumber, metadata
from ostiary.storage.schema.directory import (
    account,
    attribute_definition,
    directory,
    group,
    membership,
    organization,
    person,
    terms_acceptance,
    workload,
)
from ostiary.storage.schema.federation import issuer_trust, upstream_identity, upstream_provider
from ostiary.storage.schema.mail import outbox
from ostiary.storage.schema.recovery import recovery_request
from ostiary.storage.schema.risk import known_device, known_network, machine_network, sign_in_place
from ostiary.storage.schema.secrets import secret, secret_stage, secret_version
from ostiary.storage.schema.sessions import browser_session, epoch
from ostiary.storage.schema.signin_policy import sign_in_policy

__all__ = [
    "RowNumber",
    "access_key",
    "account",
    "application",
    "assignment",
    "attribute_definition",
    "authorization_code",
    "browser_session",
    "checkpoint",
    "client_secret",
    "consent",
    "control_policy",
    "device_authorization",
    "directory",
    "enrolment_link",
    "epoch",
    "event",
    "generation",
    "group",
    "guess_count",
    "iam_user",
    "issuer_trust",
    "known_device",
    "known_network",
    "last_use",
    "leaf_tile",
    "lease",
    "machine_network",
    "mail_code",
    "membership",
    "metadata",
    "one_time_link",
    "organization",
    "organizational_unit",
    "outbox",
    "passkey",
    "password",
    "permission_set",
    "person",
    "recovery_code",
    "recovery_request",
    "refresh_token",
    "role",
    "secret",
    "secret_stage",
    "secret_version",
    "server_key",
    "sign_in_place",
    "sign_in_policy",
    "spent_challenge",
    "terms_acceptance",
    "token_family",
    "totp_factor",
    "upstream_identity",
    "upstream_provider",
    "used_assertion",
    "user_policy",
    "workload",
]
