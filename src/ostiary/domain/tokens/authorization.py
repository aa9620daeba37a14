"""How does a signed-in person get an application the code that it will turn into tokens? RFC 6749 section 4.1.

There is no page of consent: applications are registered by administrators, who decide which groups use them and what
they learn. Who is in none of the groups gets nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from ostiary.domain.applications.model import Application
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import AuditSlice, EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.model import Person
from ostiary.domain.tokens.errors import ApplicationForbidden, LoginRequired
from ostiary.domain.tokens.model import AuthorizationCode
from ostiary.domain.tokens.permissions import Operation, check_member
from ostiary.domain.tokens.ports import TokenSlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

CODE_LIFE = timedelta(seconds=60)
CODE_PREFIX = "osta"


@dataclass(frozen=True, slots=True)
class RequestedAuthorization:
    """What a verified client asked for; every field was checked by the door."""

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    nonce: str = ""


class AuthorizationSlice(TokenSlice, AuditSlice, Protocol): ...


class Authorization:
    def __init__(
        self,
        *,
        transactions: Transactions[AuthorizationSlice],
        recorder: EventRecorder,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._last_use = last_use
        self._clock = clock

    def authorize(self, caller: Caller, person: Person, requested: RequestedAuthorization) -> Secret:
        """A code for the application, good once and for a minute; `caller` is the person with her full session.

        Raises ApplicationForbidden, LoginRequired.
        """
        application = requested.application
        try:
            check_member(Operation.AUTHORIZE, caller, person.groups, application)
        except ApplicationForbidden as refused:
            self._record_denial(caller, application, refused)
            raise
        text = ids.opaque_token(CODE_PREFIX)
        code = self._code(text, caller, person, requested)
        self._transactions.write(lambda tx: _keep(tx, caller, application, code))
        operation = EventName.AUTHORIZE_APPLICATION.value
        self._last_use.note(
            LastUse(Used.APPLICATION, application.client_id, code.created_at, caller.origin.source_ip, operation)
        )
        return Secret(text)

    def _code(self, text: str, caller: Caller, person: Person, requested: RequestedAuthorization) -> AuthorizationCode:
        proved = caller.assurance
        if proved.authenticated_at is None or not caller.session_id:
            raise LoginRequired("sign in first")
        now = self._clock.now()
        return AuthorizationCode(
            code_hash=hash_secret(text),
            client_id=requested.application.client_id,
            person_id=person.person_id,
            session_id=caller.session_id,
            redirect_uri=requested.redirect_uri,
            code_challenge=requested.code_challenge,
            scopes=requested.scopes,
            nonce=requested.nonce,
            methods=proved.methods,
            authenticated_at=proved.authenticated_at,
            created_at=now,
            expires_at=now + CODE_LIFE,
            family_id=ids.uuid7(),
        )

    def _record_denial(self, caller: Caller, application: Application, refused: ApplicationForbidden) -> None:
        event = event_of(
            caller,
            EventName.AUTHORIZE_APPLICATION,
            at=self._clock.now(),
            outcome=Outcome.DENIED,
            resources=[application.arn],
            error_code="access_denied",
            error_message=refused.operator_text,
        )
        self._recorder.record(event)


def _keep(tx: AuthorizationSlice, caller: Caller, application: Application, code: AuthorizationCode) -> None:
    tx.tokens.add_code(code)
    details: Details = {"scopes": list(code.scopes), "redirectUri": code.redirect_uri, "familyId": code.family_id}
    tx.audit.append(
        event_of(
            caller,
            EventName.AUTHORIZE_APPLICATION,
            at=code.created_at,
            resources=[application.arn],
            details=details,
        )
    )
