"""How does a person find the device that shows her a code, and say yes or no to it? RFC 8628 sections 3.3, 5.1 and 5.4.

Whoever sends her a code of his own device gets her access when she says yes. So she is told where the question came
from, and a yes counts for the one code that she looked at, once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ostiary.domain.applications.index import ApplicationIndex
from ostiary.domain.applications.model import Application
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.last_use import LastUse, LastUseLog, Used
from ostiary.domain.audit.ports import AuditSlice, EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.ports import CredentialSlice
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import Guess, Guessed, Throttle, succeeded
from ostiary.domain.directory.model import Person
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.mail.ports import MailSlice
from ostiary.domain.tokens.admission import Admission
from ostiary.domain.tokens.device_codes import hash_user_code, typed_user_code
from ostiary.domain.tokens.errors import ApplicationForbidden, DeviceCodeUnknown, LoginRequired
from ostiary.domain.tokens.model import DeviceAuthorization, DeviceStatus
from ostiary.domain.tokens.ports import TokenSlice
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions


@dataclass(frozen=True, slots=True)
class AskingDevice:
    """A device that waits, and where its question came from; `place` is empty when nobody knows."""

    application: Application
    user_code: str
    scopes: tuple[str, ...]
    asked_at: datetime
    source_ip: str
    place: str
    user_agent: str


class DeviceApprovalSlice(TokenSlice, CredentialSlice, MailSlice, AuditSlice, Protocol): ...


class DeviceApprovals:
    def __init__(
        self,
        *,
        transactions: Transactions[DeviceApprovalSlice],
        keys: Current[ServerKeys],
        applications: Current[ApplicationIndex],
        admission: Admission,
        throttle: Throttle,
        outbox: Outbox,
        not_me: NotMeLinks,
        place_of: Callable[[str], str],
        recorder: EventRecorder,
        last_use: LastUseLog,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._keys = keys
        self._applications = applications
        self._admission = admission
        self._throttle = throttle
        self._outbox = outbox
        self._not_me = not_me
        self._place_of = place_of
        self._recorder = recorder
        self._last_use = last_use
        self._clock = clock

    def look(self, caller: Caller, person: Person, typed: str) -> AskingDevice:
        """The waiting device that shows this code. Raises DeviceCodeUnknown, ApplicationForbidden, Throttled."""
        found, application = self._find(caller, person, typed)
        return AskingDevice(
            application=application,
            user_code=typed_user_code(typed) or "",
            scopes=found.scopes,
            asked_at=found.created_at,
            source_ip=found.source_ip,
            place=self._place_of(found.source_ip),
            user_agent=found.user_agent,
        )

    def approve(self, caller: Caller, person: Person, typed: str) -> Application:
        """The device may have tokens for her. Raises as `look` does, LoginRequired."""
        found, application = self._find(caller, person, typed)
        if caller.assurance.authenticated_at is None or not caller.session_id:
            raise LoginRequired("sign in first")
        self._decide(caller, person, found, application, DeviceStatus.APPROVED)
        use = LastUse(
            Used.APPLICATION,
            application.client_id,
            self._clock.now(),
            caller.origin.source_ip,
            EventName.APPROVE_DEVICE.value,
        )
        self._last_use.note(use)
        return application

    def deny(self, caller: Caller, person: Person, typed: str) -> Application:
        """The device gets nothing. Raises as `look` does."""
        found, application = self._find(caller, person, typed)
        self._decide(caller, person, found, application, DeviceStatus.DENIED)
        return application

    def _find(self, caller: Caller, person: Person, typed: str) -> tuple[DeviceAuthorization, Application]:
        code = typed_user_code(typed)
        if code is None:
            raise _unknown()
        # ORDER: the guess is counted before it is looked up.
        guess = self._throttle.count(caller, Guessed.DEVICE_CODE, name=person.user_name)
        found = self._waiting(code)
        registered = self._applications.value.registered(found.client_id) if found is not None else None
        if found is None or registered is None or not registered.application.device_flow:
            raise _unknown()
        self._take_back(guess)
        try:
            self._admission.check(caller, person, registered.application, now=self._clock.now())
        except ApplicationForbidden as refused:
            self._record_denial(caller, registered.application, refused)
            raise
        return found, registered.application

    def _waiting(self, code: str) -> DeviceAuthorization | None:
        with self._transactions.read() as tx:
            found = tx.tokens.device_by_user_code(hash_user_code(code, self._keys.value.password_pepper))
        waiting = found is not None and found.status is DeviceStatus.PENDING and self._clock.now() < found.expires_at
        return found if waiting else None

    def _take_back(self, guess: Guess) -> None:
        now = self._clock.now()
        self._transactions.write(lambda tx: succeeded(tx.credentials, guess, now))

    def _decide(
        self,
        caller: Caller,
        person: Person,
        found: DeviceAuthorization,
        application: Application,
        status: DeviceStatus,
    ) -> None:
        now = self._clock.now()
        name = EventName.APPROVE_DEVICE if status is DeviceStatus.APPROVED else EventName.DENY_DEVICE
        proved = caller.assurance

        def work(tx: DeviceApprovalSlice) -> None:
            decided = tx.tokens.decide_device(
                found.device_code_hash,
                status,
                person_id=person.person_id,
                session_id=caller.session_id,
                methods=proved.methods,
                authenticated_at=proved.authenticated_at,
                now=now,
            )
            if not decided:
                raise _unknown()
            tx.audit.append(event_of(caller, name, at=now, resources=[application.arn], details=_details(found)))
            if status is DeviceStatus.APPROVED:
                self._tell(tx, person, found, application, now)

        self._transactions.write(work)

    def _tell(
        self,
        tx: DeviceApprovalSlice,
        person: Person,
        found: DeviceAuthorization,
        application: Application,
        now: datetime,
    ) -> None:
        """Whoever was talked into saying yes can still take it back."""
        values = {
            "at": iso(now),
            "application": application.name,
            "device": found.user_agent,
            "place": ", ".join(part for part in (found.source_ip, self._place_of(found.source_ip)) if part),
            "not_me": self._not_me.link_for(tx, person, now, EventName.APPROVE_DEVICE.value),
        }
        self._outbox.send(tx, MailKind.DEVICE_SIGNED_IN, recipient=recipient_of(person), values=values, now=now)

    def _record_denial(self, caller: Caller, application: Application, refused: ApplicationForbidden) -> None:
        event = event_of(
            caller,
            EventName.APPROVE_DEVICE,
            at=self._clock.now(),
            outcome=Outcome.DENIED,
            resources=[application.arn],
            error_code="access_denied",
            error_message=refused.operator_text,
        )
        self._recorder.record(event)


def _details(found: DeviceAuthorization) -> dict[str, str | int | bool | list[str]]:
    return {
        "scopes": list(found.scopes),
        "familyId": found.family_id,
        "deviceAddress": found.source_ip,
        "deviceUserAgent": found.user_agent,
    }


def _unknown() -> DeviceCodeUnknown:
    return DeviceCodeUnknown("no device shows this code now: codes work once, and for ten minutes")
