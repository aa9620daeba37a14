"""What does an application learn about the person behind its access token? OpenID Connect Core 1.0 section 5.3."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.applications.model import Application
from ostiary.domain.applications.scopes import OPENID
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import may_act
from ostiary.domain.directory.ports import DirectorySlice
from ostiary.domain.sessions.revocation import RevocationIndex
from ostiary.domain.tokens import access_token
from ostiary.domain.tokens.access_token import AccessToken
from ostiary.domain.tokens.errors import AccessTokenInvalid, ApplicationForbidden, ScopeInsufficient
from ostiary.domain.tokens.own_keys import OwnKeys
from ostiary.domain.tokens.permissions import Operation, check_member
from ostiary.domain.tokens.person_claims import ClaimValue, released_claims
from ostiary.kit.clock import Clock
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions


class UserInfoSlice(DirectorySlice, Protocol): ...


class UserInfo:
    def __init__(
        self,
        *,
        transactions: Transactions[UserInfoSlice],
        keys: OwnKeys,
        applications: Current[ApplicationIndex],
        revocations: Current[RevocationIndex],
        recorder: EventRecorder,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._applications = applications
        self._revocations = revocations
        self._recorder = recorder
        self._clock = clock
        self._issuer = issuer

    def claims(self, token: str, origin: Origin) -> dict[str, ClaimValue]:
        """Raises AccessTokenInvalid, ScopeInsufficient.

        A refusal leaves no event: anybody can send anything here, and nothing was proved or given.
        """
        now = self._clock.now()
        shown = access_token.verify(
            token, self._keys.verification(), issuer=self._issuer, now=now, revocations=self._revocations.value
        )
        access_token.check_for_us(shown, self._issuer)
        if OPENID not in shown.scopes or not shown.of_person:
            raise ScopeInsufficient("the access token needs the scope `openid`")
        registered = self._applications.value.registered(shown.client_id)
        if registered is None:
            raise AccessTokenInvalid("the application of the token is disabled or gone")
        application = registered.application
        person, claims = self._released(shown, application, origin)
        self._record(shown, person, application, origin, now)
        return {**claims, "sub": shown.subject}

    def _released(
        self, shown: AccessToken, application: Application, origin: Origin
    ) -> tuple[Person, dict[str, ClaimValue]]:
        with self._transactions.read() as tx:
            person = tx.directory.person(shown.subject)
            if person is None or not may_act(person):
                raise AccessTokenInvalid(f"the person `{shown.subject}` is disabled or gone")
            try:
                check_member(Operation.USER_INFO, self._caller(shown, person, origin), person.groups, application)
            except ApplicationForbidden as refused:
                raise AccessTokenInvalid(refused.operator_text) from None
            return person, released_claims(person, application, shown.scopes, tx.directory.attribute_definitions())

    def _caller(self, shown: AccessToken, person: Person, origin: Origin) -> Caller:
        return Caller(
            arn=person.arn,
            account=self._applications.value.account,
            kind=CallerKind.PERSON,
            name=person.user_name,
            user_id=person.person_id,
            origin=origin,
            assurance=Assurance(shown.methods),
            session_id=shown.session_id,
        )

    def _record(
        self, shown: AccessToken, person: Person, application: Application, origin: Origin, now: datetime
    ) -> None:
        event = event_of(
            self._caller(shown, person, origin),
            EventName.GET_USER_INFO,
            at=now,
            resources=[application.arn],
            details={"jti": shown.jti, "clientId": shown.client_id},
        )
        self._recorder.record(event)
