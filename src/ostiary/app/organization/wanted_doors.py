"""Which workloads, outside issuers, applications and secrets does the file want?"""

from __future__ import annotations

import ipaddress
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from ostiary.app.organization.document import (
    ApplicationEntry,
    Declared,
    IssuerTrustEntry,
    SecretEntry,
    WorkloadEntry,
)
from ostiary.app.organization.kept import Key
from ostiary.app.organization.references import References
from ostiary.app.organization.wanted_access import check_future
from ostiary.domain.applications.errors import InvalidApplication
from ostiary.domain.applications.model import Application, ApplicationKind
from ostiary.domain.applications.redirect_uris import check_redirect_uri
from ostiary.domain.applications.registration import check_application
from ostiary.domain.directory.model import Workload
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.secrets.model import Secret
from ostiary.domain.secrets.naming import DEFAULT_REGION, new_secret_arn
from ostiary.domain.tokens.person_claims import GROUPS

_WILDCARDS = ("*", "?", "${")


def wanted_workloads(refs: References) -> dict[Key, Workload]:
    wanted: dict[Key, Workload] = {}
    seen: dict[str, int] = {}
    identities: dict[tuple[str, str], int] = {}
    for one in refs.document.declared("workload", WorkloadEntry):
        workload = _workload(refs, one)
        refs.check_once(seen, workload.name, one, key="name", what=f"the workload `{workload.name}`")
        if workload.issuer:
            pair = (workload.issuer, workload.subject)
            refs.check_once(identities, pair, one, key="subject", what="this issuer with this subject")
        wanted[workload.name,] = workload
    return wanted


def _workload(refs: References, one: Declared[WorkloadEntry]) -> Workload:
    entry = one.entry
    account = refs.account(one, entry.account)
    known = refs.kept.workloads.get(entry.name)
    refs.check_owner(one, entry.owner)
    check_future(refs, one, entry.expires, known.expires_at if known else None)
    _check_identity(refs, one, account)
    return Workload(
        name=entry.name,
        account=account,
        owner=entry.owner,
        purpose=entry.purpose,
        expires_at=entry.expires,
        status=entry.status,
        issuer=entry.issuer or "",
        subject=entry.subject or "",
        tags=entry.tags,
    )


def _check_identity(refs: References, one: Declared[WorkloadEntry], account: str) -> None:
    """BP01-8: one outside identity, exactly."""
    issuer, subject = one.entry.issuer, one.entry.subject
    if (issuer is None) != (subject is None):
        refs.refuse(one, "issuer" if issuer else "subject", "`issuer` and `subject` belong together")
    if subject is not None and any(sign in subject for sign in _WILDCARDS):
        refs.refuse(one, "subject", f"`{subject}` has a wildcard: a workload is exactly one outside identity")
    if issuer is not None and (account, issuer) not in refs.trusted_issuers():
        refs.refuse(one, "issuer", f"the account does not trust the issuer `{issuer}`: declare it in [[issuer_trust]]")


def wanted_issuer_trusts(refs: References) -> dict[Key, IssuerTrust]:
    wanted: dict[Key, IssuerTrust] = {}
    seen: dict[Key, int] = {}
    for one in refs.document.declared("issuer_trust", IssuerTrustEntry):
        entry = one.entry
        account = refs.account(one, entry.account)
        known = refs.kept.issuer_trusts.get((account, entry.issuer))
        _check_issuer(refs, one)
        trust = IssuerTrust(
            account=account,
            issuer=entry.issuer,
            audiences=entry.audiences,
            created_at=known.created_at if known else refs.now,
            algorithms=entry.algorithms,
            jwks=refs.key_set(one, entry.jwks, entry.jwks_file),
            jwks_uri=entry.jwks_uri or "",
            max_token_seconds=entry.max_token_seconds,
        )
        # Two issuers that differ in scheme or last slash would share one provider ARN.
        refs.check_once(seen, (account, trust.name), one, key="issuer", what=f"the issuer `{trust.name}`")
        wanted[account, trust.issuer] = trust
    return wanted


def _check_issuer(refs: References, one: Declared[IssuerTrustEntry]) -> None:
    entry = one.entry
    for key in ("issuer", "jwks_uri"):
        uri = getattr(entry, key)
        if uri is not None and not is_secure(uri):
            refs.refuse(one, key, f"`{key}` must be an https address (http only on loopback), without `?`, `#` and `*`")
    if entry.jwks_uri is not None and (entry.jwks is not None or entry.jwks_file is not None):
        refs.refuse(one, "jwks_uri", "pinned keys and jwks_uri stand side by side: keep one")
    if any(sign in audience for audience in entry.audiences for sign in _WILDCARDS):
        refs.refuse(one, "audiences", "an audience has a wildcard: list the exact values")


def wanted_applications(refs: References) -> dict[Key, Application]:
    wanted: dict[Key, Application] = {}
    seen: dict[str, int] = {}
    for one in refs.document.declared("application", ApplicationEntry):
        entry = one.entry
        refs.check_once(seen, entry.client_id, one, key="client_id", what=f"the application `{entry.client_id}`")
        known = refs.kept.applications.get(entry.client_id)
        application = _application(refs, one, known.created_at if known else refs.now)
        _check_application(refs, one, application)
        wanted[entry.client_id,] = application
    return wanted


def _application(refs: References, one: Declared[ApplicationEntry], created_at: datetime) -> Application:
    entry = one.entry
    return Application(
        client_id=entry.client_id,
        name=entry.name,
        kind=entry.kind,
        authentication=entry.authentication,
        owner=entry.owner,
        created_at=created_at,
        redirect_uris=entry.redirect_uris,
        post_logout_redirect_uris=entry.post_logout_redirect_uris,
        scopes=entry.scopes,
        groups=entry.groups,
        audience=entry.audience,
        jwks=refs.key_set(one, entry.jwks, entry.jwks_file),
        id_token_alg=entry.id_token_alg,
        claims=entry.claims,
        launch_url=entry.launch_url,
        description=entry.description,
        enabled=entry.enabled,
        policies=refs.policies(one, entry.policies, account=refs.kept.organization.account),
        everyone=entry.everyone,
        device_flow=entry.device_flow,
        ends_with_session=entry.ends_with_session,
        consent=entry.consent,
    )


def _check_application(refs: References, one: Declared[ApplicationEntry], application: Application) -> None:
    refs.check_owner(one, application.owner)
    for group in application.groups:
        refs.check_group(one, "groups", group)
    for claim in sorted(set(application.claims) - set(refs.definitions()) - {GROUPS}):
        refs.refuse(one, "claims", f"there is no attribute `{claim}`: declare it in [[attribute]]")
    if application.launch_url:
        _check_address(refs, one, "launch_url", application.launch_url, ApplicationKind.WEB)
    found = len(refs.problems)
    for key in ("redirect_uris", "post_logout_redirect_uris"):
        for uri in getattr(application, key):
            _check_address(refs, one, key, uri, application.kind)
    if len(refs.problems) == found:
        _check_registration(refs, one, application)


def _check_address(
    refs: References, one: Declared[ApplicationEntry], key: str, uri: str, kind: ApplicationKind
) -> None:
    try:
        check_redirect_uri(uri, kind)
    except InvalidApplication as failure:
        refs.refuse(one, key, f"`{key}`: {failure.client_text}")


def _check_registration(refs: References, one: Declared[ApplicationEntry], application: Application) -> None:
    if (one.entry.jwks is not None or one.entry.jwks_file is not None) and not application.jwks:
        return  # the key set was refused already
    try:
        check_application(application)
    except InvalidApplication as failure:
        refs.refuse(one, "client_id", failure.client_text)


def wanted_secrets(refs: References) -> dict[Key, Secret]:
    """Without values: whoever may, puts a value by PutSecretValue."""
    wanted: dict[Key, Secret] = {}
    seen: dict[Key, int] = {}
    for one in refs.document.declared("secret", SecretEntry):
        entry = one.entry
        account = refs.account(one, entry.account)
        refs.check_once(seen, (account, entry.name), one, key="name", what=f"the secret `{entry.name}`")
        known = refs.kept.secret(account, entry.name)
        if known is not None and known.deleted_at is not None:
            refs.refuse(one, "name", f"the secret `{entry.name}` is deleted: restore it or leave it out")
        wanted[account, entry.name] = _secret(refs, entry, account, known)
    return wanted


def _secret(refs: References, entry: SecretEntry, account: str, known: Secret | None) -> Secret:
    before = known or Secret(
        arn=new_secret_arn(entry.name, account, DEFAULT_REGION),
        account=account,
        name=entry.name,
        created_at=refs.now,
        changed_at=refs.now,
    )
    description = before.description if entry.description is None else entry.description
    tags = before.tags if entry.tags is None else entry.tags
    changed = known is not None and (description, dict(tags)) != (known.description, dict(known.tags))
    return Secret(
        arn=before.arn,
        account=account,
        name=entry.name,
        created_at=before.created_at,
        changed_at=refs.now if changed else before.changed_at,
        description=description,
        tags=tags,
        deleted_at=before.deleted_at,
        deletion_at=before.deletion_at,
    )


def is_secure(uri: str) -> bool:
    parts = _split(uri)
    return (
        parts is not None
        and not parts.query
        and not parts.fragment
        and "*" not in uri
        and "?" not in uri
        and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname)))
    )


def _split(uri: str) -> SplitResult | None:
    """None for what is no address of a host, or carries a name before it."""
    try:
        parts = urlsplit(uri)
        fine = parts.hostname and parts.port != 0 and parts.username is None and parts.password is None
    except ValueError:
        return None
    return parts if fine else None


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
