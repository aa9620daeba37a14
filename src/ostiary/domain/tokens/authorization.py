"""How does a signed-in person get an application the code that it will turn into tokens? RFC 6749 section 4.1.

Applications are registered by administrators, who decide which groups use them and what they learn; who is in none of
the groups gets nothing. What must be proved before stands in `admission.py`; a person is asked for her own agreement
only where the registration says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, assert_never

from ostiary.domain.applications.model import Application
from ostiary.domain.audit.caller import AssuranceLevel, Caller
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import AuditSlice, EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.directory.model import Person
from ostiary.domain.signin_policy.acr import name_of
from ostiary.domain.tokens.admission import NOTHING, Admission, Demand, check_consent
from ostiary.domain.tokens.errors import ApplicationForbidden, LoginRequired
from ostiary.domain.tokens.model import AuthorizationCode, Consent
from ostiary.domain.tokens.ports import TokenSlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

CODE_LIFE = timedelta(seconds=60)
_ONE_SIGN_IN = timedelta(minutes=1)  # from her yes to the application's code; browsers go on at once
_EVER = datetime(1970, 1, 1, tzinfo=UTC)
CODE_PREFIX = "osta"


@dataclass(frozen=True, slots=True)
class RequestedAuthorization:
    """What a verified client asked for; every field was checked by the door.

    `ask_again`: an agreement that the person gave before that moment does not count.
    """

    application: Application
    redirect_uri: str
    scopes: tuple[str, ...]
    code_challenge: str
    nonce: str = ""
    demand: Demand = NOTHING
    ask_again: datetime | None = None


class AuthorizationSlice(TokenSlice, CredentialSlice, AuditSlice, Protocol): ...


class Authorization:
    def __init__(
        self,
        *,
        transactions: Transactions[AuthorizationSlice],
        recorder: EventRecorder,
        admission: Admission,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._admission = admission
        self._last_use = last_use
        self._clock = clock

    def authorize(self, caller: Caller, person: Person, requested: RequestedAuthorization) -> Secret:
        """A code for the application, good once and for a minute; `caller` is the person with her full session.

        Raises ApplicationForbidden, ProofNeeded, ConsentNeeded, LoginRequired.
        """
        application = requested.application
        try:
            self._admission.check(caller, person, application, now=self._clock.now(), demand=requested.demand)
        except ApplicationForbidden as refused:
            self._record_denial(caller, application, refused)
            raise
        self._check_consent(person, requested)
        text = ids.opaque_token(CODE_PREFIX)
        code = self._code(text, caller, person, requested)
        self._transactions.write(lambda tx: _keep(tx, caller, application, code))
        operation = EventName.AUTHORIZE_APPLICATION.value
        self._last_use.note(
            LastUse(Used.APPLICATION, application.client_id, code.created_at, caller.origin.source_ip, operation)
        )
        return Secret(text)

    def could_prove(self, person: Person, level: AssuranceLevel) -> bool:
        """Whether she has what a sign-in of this level needs."""
        with self._transactions.read() as tx:
            if tx.credentials.passkeys(person.person_id):
                return True
            confirmed = any(f.confirmed_at is not None for f in tx.credentials.totp_factors(person.person_id))
            has_password = tx.credentials.password(person.person_id) is not None
        match level:
            case AssuranceLevel.PHISHING_RESISTANT:
                return False
            case AssuranceLevel.MULTI_FACTOR:
                return has_password and confirmed
            case AssuranceLevel.SINGLE_FACTOR:
                return True
            case _:
                assert_never(level)

    def agree(self, caller: Caller, person: Person, application: Application, scopes: Sequence[str]) -> None:
        """Keep that she lets the application have these scopes, with those that she agreed to before."""
        now = self._clock.now()

        def work(tx: AuthorizationSlice) -> None:
            before = tx.tokens.consent(person.person_id, application.client_id)
            kept = tuple(dict.fromkeys((*(before.scopes if before is not None else ()), *scopes)))
            tx.tokens.put_consent(Consent(person.person_id, application.client_id, kept, now))
            details: Details = {"scopes": list(scopes)}
            event = event_of(caller, EventName.GIVE_CONSENT, at=now, resources=[application.arn], details=details)
            tx.audit.append(event)

        self._transactions.write(work)

    def _check_consent(self, person: Person, requested: RequestedAuthorization) -> None:
        with self._transactions.read() as tx:
            consent = tx.tokens.consent(person.person_id, requested.application.client_id)
        if consent is not None and consent.granted_at < self._oldest_agreement(requested):
            consent = None
        check_consent(consent, requested.application, requested.scopes)

    def _oldest_agreement(self, requested: RequestedAuthorization) -> datetime:
        """RFC 8252 section 8.6: any program on her machine can say that it is a native application, and listen on a
        port; so an agreement to one is for the sign-in that she sees.
        """
        oldest = requested.ask_again or _EVER
        return max(oldest, self._clock.now() - _ONE_SIGN_IN) if requested.application.public else oldest

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
            acr=name_of(proved, requested.demand.acr) if requested.demand.acr else "",
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
    if application.public:
        tx.tokens.delete_consent(code.person_id, application.client_id)
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
