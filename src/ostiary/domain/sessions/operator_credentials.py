"""How does the local operator, whose proof is the root key, get temporary credentials?

The operator is the root user of the organization's account. Root has no access key and never will: it enters a role
whose trust policy names the account, for at most that role's session.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from ostiary.domain.access import builtin
from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.errors import AccessDenied, denied
from ostiary.domain.access.index import AccessIndex, RoleEntry
from ostiary.domain.audit.caller import Caller, CallerKind, Door, Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.issuing import RoleSessionIssuer, ends_at, life_of, seconds_of
from ostiary.domain.sessions.model import EpochKind
from ostiary.domain.sessions.role_session import SessionOrigin, TemporaryCredentials, new_session
from ostiary.kit import arn
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

_NAME = "operator"


class OperatorCredentialSlice(DirectorySlice, Protocol): ...


def operator(account: str, origin: Origin | None = None) -> Caller:
    """The account's root user at the command line."""
    return Caller(
        arn=builtin.root_arn(account),
        account=account,
        kind=CallerKind.OPERATOR,
        name=_NAME,
        origin=origin or Origin(Door.CLI),
        user_id=account,
    )


class OperatorCredentials:
    def __init__(
        self,
        *,
        transactions: Transactions[OperatorCredentialSlice],
        index: Current[AccessIndex],
        authorizer: Authorizer,
        issuer: RoleSessionIssuer,
        recorder: EventRecorder,
    ) -> None:
        self._transactions = transactions
        self._index = index
        self._authorizer = authorizer
        self._issuer = issuer
        self._recorder = recorder

    def issue(self, role_arn: str | None, now: datetime, *, seconds: int | None = None) -> TemporaryCredentials:
        """For the administrator role when none is named. Raises AccessDenied, which is recorded here."""
        caller = operator(self._account())
        wanted = role_arn or arn.iam(caller.account, "role", builtin.ADMINISTRATOR_ROLE)
        try:
            entry = self._load_role(caller, wanted, seconds)
        except AccessDenied as refusal:
            self._record_denial(caller, wanted, refusal, now)
            raise
        session = new_session(
            entry.role,
            session_name=_NAME,
            origin=SessionOrigin.OPERATOR,
            issued_at=now,
            expires_at=ends_at(now, life_of(entry.role, seconds)),
            subjects=[(EpochKind.ROLE.value, entry.role.arn)],
        )
        return self._issuer.issue(caller, replace(session, source_identity=_NAME), EventName.GET_OPERATOR_CREDENTIALS)

    def _account(self) -> str:
        with self._transactions.read() as tx:
            organization = tx.directory.organization()
        if organization is None:
            raise denied("there is no organization yet: run ostiary init")
        return organization.account

    def _load_role(self, caller: Caller, role_arn: str, seconds: int | None) -> RoleEntry:
        entry = self._index.value.role(role_arn)
        if entry is None:
            raise denied(f"there is no role `{role_arn[:200]}`: check the ARN")
        context = {
            "sts:RoleSessionName": _NAME,
            "sts:SourceIdentity": _NAME,
            "sts:DurationSeconds": str(seconds_of(entry.role, seconds)),
        }
        self._authorizer.authorize_assume(caller, ["sts:AssumeRole"], entry, context=context)
        return entry

    def _record_denial(self, caller: Caller, role_arn: str, refusal: AccessDenied, now: datetime) -> None:
        self._recorder.record(
            event_of(
                caller,
                EventName.GET_OPERATOR_CREDENTIALS,
                at=now,
                outcome=Outcome.DENIED,
                resources=[role_arn],
                error_code="AccessDenied",
                error_message=refusal.operator_text,
            )
        )
