"""Which roles do a person's groups give her, and how does she get credentials for one of them?

The access portal's side of permission sets: the assignment of a group decides, attributes that carry access become
principal tags (BP06-2, BP06-5, BP06-7).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec.structs import replace

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.builtin import TASKS
from ostiary.domain.access.errors import AccessDenied, denied
from ostiary.domain.access.index import AccessIndex, AssignedRole
from ostiary.domain.access.role_session_identity import fit_for_name
from ostiary.domain.audit.caller import Caller, CallerKind
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.attributes import access_tags
from ostiary.domain.directory.model import Person, PersonKind, PersonStatus
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.issuing import RoleSessionIssuer, ends_at, life_of
from ostiary.domain.sessions.model import EpochKind
from ostiary.domain.sessions.role_session import RoleSession, SessionOrigin, TemporaryCredentials, new_session
from ostiary.kit.clock import to_micros
from ostiary.kit.current import Current
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

ACTION = "ostiary:GetRoleCredentials"


class PersonCredentialSlice(DirectorySlice, Protocol): ...


class PersonRoleCredentials:
    def __init__(
        self,
        *,
        transactions: Transactions[PersonCredentialSlice],
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

    def roles(self, person: Person, now: datetime) -> Sequence[AssignedRole]:
        return self._index.value.roles_of_groups(person.groups, now)

    def issue(
        self, caller: Caller, person: Person, role_arn: str, now: datetime, *, seconds: int | None = None
    ) -> TemporaryCredentials:
        """Raises AccessDenied, which is recorded here, for every door; InvalidSessionRequest."""
        try:
            self._check_person(caller, person)
            assigned = self._load_assignment(person, role_arn, now)
        except AccessDenied as refusal:
            self._record_denial(caller, role_arn, refusal, now)
            raise
        with self._transactions.read() as tx:
            tags = access_tags(person, tx.directory.attribute_definitions())
        session = _session(caller, person, assigned, now, seconds)
        return self._issuer.issue(
            caller,
            replace(session, tags=tags),
            EventName.GET_ROLE_CREDENTIALS,
            details={"permissionSet": assigned.permission_set},
        )

    def _check_person(self, caller: Caller, person: Person) -> None:
        if caller.kind is not CallerKind.PERSON or caller.arn != person.arn:
            raise denied("these credentials are another person's")
        if person.status is not PersonStatus.ACTIVE:
            raise denied("the person is not active", operator_text=f"`{person.user_name}` is {person.status.value}")
        if not caller.assurance.multi_factor:
            raise denied(Text("role credentials need a second factor: sign in with one"))
        self._authorizer.authorize(caller, ACTION, person.arn, resource_account=caller.account)

    def _load_assignment(self, person: Person, role_arn: str, now: datetime) -> AssignedRole:
        for assigned in self.roles(person, now):
            entry = self._index.value.role(role_arn)
            if assigned.role.arn == role_arn and entry is not None and not entry.unusable:
                return assigned
        raise denied(
            f"the role `{role_arn[:200]}` is not assigned to your groups",
            operator_text=f"`{person.user_name}` has no assignment in force, or the role is out of force",
        )

    def _record_denial(self, caller: Caller, role_arn: str, refusal: AccessDenied, now: datetime) -> None:
        self._recorder.record(
            event_of(
                caller,
                EventName.GET_ROLE_CREDENTIALS,
                at=now,
                outcome=Outcome.DENIED,
                resources=[role_arn],
                error_code="AccessDenied",
                error_message=refusal.operator_text,
            )
        )


def _session(caller: Caller, person: Person, assigned: AssignedRole, now: datetime, seconds: int | None) -> RoleSession:
    proved, name = caller.assurance.authenticated_at, fit_for_name(person.user_name)
    subjects = [
        (EpochKind.ROLE.value, assigned.role.arn),
        (EpochKind.PERSON.value, person.person_id),
        (EpochKind.SESSION.value, caller.session_id),
    ]
    session = new_session(
        assigned.role,
        session_name=name,
        origin=SessionOrigin.PORTAL,
        issued_at=now,
        expires_at=ends_at(now, life_of(assigned.role, seconds), assigned.until, _last_moment(caller, person)),
        subjects=[subject for subject in subjects if subject[1]],
    )
    return replace(
        session,
        policies=TASKS[person.kind],
        source_identity=name,
        methods=caller.assurance.methods,
        authenticated_at=None if proved is None else to_micros(proved),
    )


def _last_moment(caller: Caller, person: Person) -> datetime | None:
    """Of a guarded account nothing outlives the session in which it was used."""
    return None if person.kind is PersonKind.ORDINARY else caller.expires_at
