"""Who asks in the tests of the policy language?"""

from __future__ import annotations

import json
from typing import Any

from ostiary.policy import Policy, PolicyKind, Principal, PrincipalKind, Request, parse_policy

ACCOUNT = "123456789012"
CALLERS = {
    "user": Principal(f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, PrincipalKind.USER),
    "session": Principal(
        f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/alice",
        ACCOUNT,
        PrincipalKind.ROLE_SESSION,
        f"arn:aws:iam::{ACCOUNT}:role/ci/reader",
    ),
    "root": Principal(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, PrincipalKind.ROOT),
    "stranger": Principal("arn:aws:iam::999999999999:user/bob", "999999999999", PrincipalKind.USER),
    "federated": Principal(f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.example.com", None, PrincipalKind.FEDERATED),
    "service": Principal("rolesanywhere.amazonaws.com", None, PrincipalKind.SERVICE),
    "workload": Principal(f"arn:aws:ostiary::{ACCOUNT}:workload/build", ACCOUNT, PrincipalKind.WORKLOAD),
    "anonymous": Principal("", None, PrincipalKind.ANONYMOUS),
    "federated-user": Principal(
        f"arn:aws:sts::{ACCOUNT}:federated-user/alice",
        ACCOUNT,
        PrincipalKind.USER,
        f"arn:aws:iam::{ACCOUNT}:user/alice",
    ),
    "strange-session": Principal(
        "arn:aws:sts::999999999999:assumed-role/deployer/build-7",
        "999999999999",
        PrincipalKind.ROLE_SESSION,
        "arn:aws:iam::999999999999:role/deployer",
    ),
    "stranger-root": Principal("arn:aws:iam::999999999999:root", "999999999999", PrincipalKind.ROOT),
    "google": Principal("accounts.google.com", None, PrincipalKind.FEDERATED),
    "saml": Principal(f"arn:aws:iam::{ACCOUNT}:saml-provider/corp", None, PrincipalKind.FEDERATED),
}


def policy(
    statements: Any, kind: PolicyKind = PolicyKind.IDENTITY, *, version: str = "2012-10-17", policy_id: str = "p"
) -> Policy:
    document = {"Version": version, "Statement": statements}
    return parse_policy(json.dumps(document), policy_id=policy_id, kind=kind)


def request(
    caller: str = "user",
    *,
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::lake/x",
    account: str = ACCOUNT,
    context: dict[str, Any] | None = None,
) -> Request:
    values = {key: value if isinstance(value, str) else tuple(value) for key, value in (context or {}).items()}
    return Request(CALLERS[caller], action, resource, account, Request.context_of(values))
