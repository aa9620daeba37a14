"""May the workload that this token proves become that role?

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.errors import AccessDenied, denied
from ostiary.domain.access.index import AccessIndex, RoleEntry
from ostiary.domain.access.role_session_identity import fit_for_name, merged_tags
from ostiary.domain.audit.caller import Caller, CallerKind, Origin
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import Workload
from ostiary.domain.federation.web_identity import WebIdentity, WebIdentityVerifier
from ostiary.domain.sessions.errors import InvalidSessionRequest
from ostiary.domain.sessions.issuing import (
    RoleSessionIssuer,
    check_session_policy,
    ends_at,
    life_of,
    seconds_of,
)
from ostiary.domain.sessions.model import EpochKind
from ostiary.domain.sessions.role_session import (
    RoleSession,
    SessionOrigin,
    TemporaryCredentials,
    new_session,
)
from ostiary.kit import arn
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.policy import ContextValue, wildcard_subjects

ACTION = "sts:AssumeRoleWithWebIdentity"
_NOT_AUTHORIZED = f"Not authorized to perform {ACTION}"


@dataclass(frozen=True, slots=True)
class WebIdentityRequest:
    role_arn: str
    session_name: str
    token: str
    seconds: int | None = None
    policy: str = ""


@dataclass(frozen=True, slots=True)
class WebIdentityCredentials:
    credentials: TemporaryCredentials
    identity: WebIdentity


class WebIdentityRoles:
    def __init__(
        self,
        *,
        verifier: WebIdentityVerifier,
        index: Current[AccessIndex],
        authorizer: Authorizer,
        issuer: RoleSessionIssuer,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._verifier = verifier
        self._index = index
        self._authorizer = authorizer
        self._issuer = issuer
        self._last_use = last_use
        self._clock = clock

    def assume(self, origin: Origin, request: WebIdentityRequest) -> WebIdentityCredentials:
        """Raises what the verifier raises, AccessDenied, InvalidSessionRequest, InvalidPolicyDocument."""
        now = self._clock.now()
        identity = self._verifier.verify(request.token, now, account=_account_of(request.role_arn))
        caller = workload_caller(identity.workload, origin)
        try:
            entry = self._load_trusting_role(caller, identity, request)
        except AccessDenied as refusal:
            # The client learns no more than AWS tells; the trail names the workload.
            raise denied(_NOT_AUTHORIZED, operator_text=refusal.operator_text, asked_by=caller) from None
        if request.policy:
            check_session_policy(request.policy)
        session = _session(identity, request, entry, now)
        details: dict[str, str | int | bool | list[str]] = {
            "provider": identity.trust.arn,
            "subject": identity.subject,
            "audience": list(identity.audience),
            "sessionPolicyGiven": bool(request.policy),
        }
        credentials = self._issuer.issue(caller, session, EventName.ASSUME_ROLE_WITH_WEB_IDENTITY, details=details)
        self._note_use(identity, origin, now)
        return WebIdentityCredentials(credentials, identity)

    def _load_trusting_role(self, caller: Caller, identity: WebIdentity, request: WebIdentityRequest) -> RoleEntry:
        entry, trust = self._index.value.role(request.role_arn), identity.trust
        if entry is None or entry.trust is None:
            raise denied(f"the role `{request.role_arn[:200]}` does not exist or is out of force")
        # A trust without exact subjects is not used at all, even where a narrower one stands beside it.
        if open_trusts := wildcard_subjects(entry.trust, trust.name):
            raise denied(open_trusts[0])
        context = _conditions(identity, request, seconds_of(entry.role, request.seconds))
        self._authorizer.authorize_federated(caller, trust.arn, ACTION, entry, context=context)
        return entry

    def _note_use(self, identity: WebIdentity, origin: Origin, now: datetime) -> None:
        event = EventName.ASSUME_ROLE_WITH_WEB_IDENTITY.value
        for kind, subject in (Used.ISSUER_TRUST, identity.trust.arn), (Used.WORKLOAD, identity.workload.name):
            self._last_use.note(LastUse(kind, subject, now, origin.source_ip, event, "sts"))


def workload_caller(workload: Workload, origin: Origin) -> Caller:
    """The workload itself, before it has a role."""
    return Caller(
        arn=workload.arn, account=workload.account, kind=CallerKind.WORKLOAD, name=workload.name, origin=origin
    )


def workload_tags(workload: Workload) -> dict[str, str]:
    """Principal tags of the workload's sessions; its name and owner are the directory's and cannot be spelled over."""
    return dict(merged_tags(workload.tags, {"workload": workload.name, "owner": workload.owner}))


def _account_of(role_arn: str) -> str:
    try:
        return arn.parse(role_arn).account
    except ValueError:
        raise InvalidSessionRequest(f"`{role_arn[:200]}` is invalid: give the ARN of a role") from None


def _conditions(identity: WebIdentity, request: WebIdentityRequest, seconds: int) -> dict[str, ContextValue]:
    name, audience = identity.trust.name, identity.audience
    context: dict[str, ContextValue] = {
        f"{name}:sub": identity.subject,
        f"{name}:aud": audience[0] if len(audience) == 1 else audience,
        "sts:RoleSessionName": request.session_name,
        "sts:DurationSeconds": str(seconds),
        "sts:SourceIdentity": fit_for_name(identity.workload.name),
    }
    methods = identity.claims.get("amr")
    if isinstance(methods, list) and methods and all(isinstance(method, str) for method in methods):
        context[f"{name}:amr"] = tuple(methods)
    return context


def _session(identity: WebIdentity, request: WebIdentityRequest, entry: RoleEntry, now: datetime) -> RoleSession:
    workload = identity.workload
    session = new_session(
        entry.role,
        session_name=request.session_name,
        origin=SessionOrigin.WEB_IDENTITY,
        issued_at=now,
        expires_at=ends_at(now, life_of(entry.role, request.seconds), workload.expires_at),
        subjects=[
            (EpochKind.ROLE.value, entry.role.arn),
            (EpochKind.WORKLOAD.value, workload.name),
            (EpochKind.ISSUER_TRUST.value, identity.trust.arn),
        ],
    )
    return replace(
        session,
        tags=workload_tags(workload),
        source_identity=fit_for_name(workload.name),
        policies=(request.policy,) if request.policy else (),
        provider=identity.trust.arn,
    )
