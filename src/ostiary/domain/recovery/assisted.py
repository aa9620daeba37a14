"""How does somebody come back in who lost everything? One helper asks, another one agrees (BP01-19).

Never the person herself, never one helper twice. When the second agrees, all that she had is void and she begins anew
by an enrolment link to her address. Where no mail can reach her the link is given, once, to the helper who asked and
knows her: that one alone could not have made it, and the one who agreed never sees it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import Details, Event, event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.enrolment_links import issue_link
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.credentials.voiding import void_factors
from ostiary.domain.directory.model import Person, PersonKind, PersonStatus
from ostiary.domain.directory.people import find_user_name
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Mailing, Outbox
from ostiary.domain.recovery.errors import HelpInvalid, HelpRefused, RequestNotOpen
from ostiary.domain.recovery.helping import Helper, HelperRights
from ostiary.domain.recovery.model import RecoveryRequest, RequestOutcome
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.kit import ids
from ostiary.kit.clock import Clock, iso
from ostiary.kit.redaction import Secret
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

ASSIST_PATH = "/assist"
LIFE = timedelta(hours=24)
KEPT = timedelta(days=90)
_LONGEST_REASON = 300
_MAILED_HELPERS = 20


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """A request as one helper sees it; `requester` is a name, `own` that she made it."""

    request: RecoveryRequest
    person: Person
    requester: str
    own: bool
    may_approve: bool
    may_collect: bool


@dataclass(frozen=True, slots=True)
class Approved:
    """`mailed`: the link is on its way to her; otherwise the requester collects it."""

    person: Person
    mailed: bool


@dataclass(frozen=True, slots=True)
class Collected:
    """Whoever holds `link` is taken for the person, so it is shown once."""

    person: Person
    link: Secret
    expires_at: datetime


class AssistedRecovery:
    def __init__(
        self,
        *,
        transactions: Transactions[RecoverySlice],
        recorder: EventRecorder,
        rights: HelperRights,
        risk: RiskAssessor,
        outbox: Outbox,
        not_me: NotMeLinks,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._rights = rights
        self._risk = risk
        self._outbox = outbox
        self._not_me = not_me
        self._clock = clock
        self._issuer = issuer

    def may_help(self, helper: Helper) -> bool:
        return self._rights.may_help_anybody(helper)

    def requests(self, helper: Helper) -> Sequence[OpenRequest]:
        """Those about people whom she may help, and that still want somebody to do something."""
        now = self._clock.now()
        with self._transactions.read() as tx:
            seen = [self._as_seen(tx, helper, request, now) for request in tx.recovery.living_requests(now)]
        return [one for one in seen if one is not None]

    def start(self, helper: Helper, user_name: str, reason: str) -> RecoveryRequest:
        """Raises HelpRefused, which is recorded, and HelpInvalid."""
        why = _check_reason(reason)
        try:
            return self._transactions.write(lambda tx: self._start(tx, helper, user_name, why))
        except HelpRefused as refused:
            self._record_denial(helper.caller, EventName.REQUEST_ASSISTED_RECOVERY, refused.operator_text)
            raise

    def approve(self, helper: Helper, request_id: str) -> Approved:
        """Raises RequestNotOpen, also in the second of two decisions at one moment, and HelpRefused."""
        try:
            return self._transactions.write(lambda tx: self._approve(tx, helper, request_id))
        except HelpRefused as refused:
            self._record_denial(helper.caller, EventName.DECIDE_ASSISTED_RECOVERY, refused.operator_text)
            raise

    def refuse(self, helper: Helper, request_id: str) -> None:
        """Whoever asked may take it back. Raises RequestNotOpen, HelpRefused."""

        def work(tx: RecoverySlice) -> None:
            request, person = self._open_request(tx, request_id)
            own = request.requested_by == helper.caller.arn
            if not own and not self._rights.may_approve(helper, person):
                raise HelpRefused("the caller may not decide about this person")
            self._decide(tx, helper.caller, request, RequestOutcome.REFUSED, {})

        self._transactions.write(work)

    def collect(self, helper: Helper, request_id: str) -> Collected:
        """The link for somebody whom no mail reaches, once, for the helper who asked.

        Raises RequestNotOpen, HelpRefused.
        """
        return self._transactions.write(lambda tx: self._collect(tx, helper, request_id))

    def recover_alone(self, helper: Helper, user_name: str, reason: str) -> Collected | RecoveryRequest:
        """For the operator: at once where the directory names no helpers, else a request that one of them must approve.

        Raises HelpRefused, HelpInvalid.
        """
        why = _check_reason(reason)

        def work(tx: RecoverySlice) -> Collected | RecoveryRequest:
            person = self._helped(tx, helper, user_name)
            if self._rights.approvers_of(person):
                return self._start(tx, helper, user_name, why)
            now = self._clock.now()
            details: Details = {"reason": why, "approver": "none"}
            tx.audit.append(_event(helper.caller, EventName.REQUEST_ASSISTED_RECOVERY, person, now, details))
            self._begin_anew(tx, helper.caller, person, {"outcome": RequestOutcome.APPROVED.value, "approver": "none"})
            return self._issue(tx, person)

        return self._transactions.write(work)

    def _start(self, tx: RecoverySlice, helper: Helper, user_name: str, reason: str) -> RecoveryRequest:
        now = self._clock.now()
        person = self._helped(tx, helper, user_name)
        if any(known.is_open(now) for known in tx.recovery.requests_for(person.person_id)):
            raise HelpInvalid(Text("there is an open request for this person already: somebody must decide it first"))
        request = RecoveryRequest(ids.uuid7(), person.person_id, reason, helper.caller.arn, now, now + LIFE)
        tx.recovery.add_request(request)
        details: Details = {"requestId": request.request_id, "reason": reason}
        tx.audit.append(_event(helper.caller, EventName.REQUEST_ASSISTED_RECOVERY, person, now, details))
        self._notify(tx, person, MailKind.RECOVERY_STARTED, EventName.REQUEST_ASSISTED_RECOVERY)
        self._ask_approvers(tx, helper.caller, person, request)
        return request

    def _approve(self, tx: RecoverySlice, helper: Helper, request_id: str) -> Approved:
        request, person = self._open_request(tx, request_id)
        caller = helper.caller
        if request.requested_by == caller.arn:
            raise HelpRefused("the caller made this request: somebody else must agree")
        if not self._rights.may_approve(helper, person):
            raise HelpRefused("the caller may not approve for this person")
        if not self._rights.could_still_request(tx, request, person, caller.account):
            raise HelpRefused("whoever asked may not help this person any more")
        # ORDER: the request is used up before anything is made from it.
        self._decide(tx, caller, request, RequestOutcome.APPROVED, {})
        self._begin_anew(tx, caller, person, {"requestId": request_id})
        mailed = self._can_mail(person)
        if mailed:
            self._mail_link(tx, person)
        return Approved(person, mailed)

    def _collect(self, tx: RecoverySlice, helper: Helper, request_id: str) -> Collected:
        now = self._clock.now()
        request = tx.recovery.request(request_id)
        person = tx.directory.person(request.person_id) if request is not None else None
        if request is None or person is None or not request.awaits_collection(now) or self._can_mail(person):
            raise RequestNotOpen("nothing to collect")
        if request.requested_by != helper.caller.arn or not self._rights.may_request(helper, person):
            raise HelpRefused("only the helper who asked collects the link")
        self._move(tx, request, RequestOutcome.COLLECTED, request.decided_by)
        details: Details = {"requestId": request_id, "outcome": RequestOutcome.COLLECTED.value}
        tx.audit.append(_event(helper.caller, EventName.DECIDE_ASSISTED_RECOVERY, person, now, details))
        return self._issue(tx, person)

    def _helped(self, tx: RecoverySlice, helper: Helper, user_name: str) -> Person:
        name = find_user_name(user_name)
        person = tx.directory.person_by_user_name(name) if name is not None else None
        if person is None:
            raise HelpRefused("nobody of that name")
        if person.status is PersonStatus.DISABLED:
            raise HelpRefused(f"`{person.user_name}` is disabled: enable the person first")
        if person.kind is PersonKind.BREAK_GLASS:
            raise HelpRefused(f"`{person.user_name}` is a sealed account: seal a new one instead")
        if not self._rights.may_request(helper, person):
            raise HelpRefused(f"the caller may not help `{person.user_name}`")
        return person

    def _open_request(self, tx: RecoverySlice, request_id: str) -> tuple[RecoveryRequest, Person]:
        request = tx.recovery.request(request_id)
        person = tx.directory.person(request.person_id) if request is not None else None
        if request is None or person is None or not request.is_open(self._clock.now()):
            raise RequestNotOpen("no open request of that id")
        if person.status is PersonStatus.DISABLED:
            raise RequestNotOpen("the person is disabled by now")
        return request, person

    def _decide(
        self, tx: RecoverySlice, caller: Caller, request: RecoveryRequest, outcome: RequestOutcome, details: Details
    ) -> None:
        self._move(tx, request, outcome, caller.arn)
        said: Details = {"requestId": request.request_id, "outcome": outcome.value, **details}
        resources = [f"arn:aws:identitystore:::user/{request.person_id}"]
        name, now = EventName.DECIDE_ASSISTED_RECOVERY, self._clock.now()
        tx.audit.append(event_of(caller, name, at=now, resources=resources, details=said))

    def _move(self, tx: RecoverySlice, request: RecoveryRequest, outcome: RequestOutcome, decided_by: str) -> None:
        now = self._clock.now()
        moved = tx.recovery.decide_request(
            request.request_id, outcome, was=request.outcome, decided_by=decided_by, now=now
        )
        if not moved:
            raise RequestNotOpen("decided at the same moment")

    def _begin_anew(self, tx: RecoverySlice, caller: Caller, person: Person, details: Details) -> None:
        """All that she had, and that somebody else may have, is void: what is left to her is enrolment."""
        now = self._clock.now()
        voided = void_factors(tx.credentials, person.person_id)
        ended = end_everything_of(tx, person.person_id, now)
        tx.directory.set_person_status(person.person_id, PersonStatus.INVITED)
        self._risk.forget(tx, person)
        said: Details = {**details, "voidedFactors": voided, "endedSessions": ended}
        tx.audit.append(_event(caller, EventName.FINISH_RECOVERY, person, now, said))
        self._notify(tx, person, MailKind.RECOVERY_DONE, EventName.FINISH_RECOVERY)

    def _issue(self, tx: RecoverySlice, person: Person) -> Collected:
        issued = issue_link(tx.credentials, person.person_id, self._clock.now())
        return Collected(person, Secret(f"{self._issuer}/enroll/{issued.token.reveal()}"), issued.expires_at)

    def _mail_link(self, tx: RecoverySlice, person: Person) -> None:
        issued, now = self._issue(tx, person), self._clock.now()
        values = {"link": issued.link.reveal(), "user_name": person.user_name, "expires_at": iso(issued.expires_at)}
        self._outbox.send(tx, MailKind.ENROLMENT, recipient=recipient_of(person), values=values, now=now)

    def _can_mail(self, person: Person) -> bool:
        return bool(person.email) and self._outbox.mailing is not Mailing.OFF

    def _notify(self, tx: RecoverySlice, person: Person, kind: MailKind, event: EventName) -> None:
        now = self._clock.now()
        values = {"at": iso(now), "not_me": self._not_me.link_for(tx, person, now, event.value)}
        self._outbox.send(tx, kind, recipient=recipient_of(person), values=values, now=now)

    def _ask_approvers(self, tx: RecoverySlice, caller: Caller, person: Person, request: RecoveryRequest) -> None:
        values = {
            "person": person.user_name,
            "requester": caller.name,
            "link": f"{self._issuer}{ASSIST_PATH}",
            "expires_at": iso(request.expires_at),
        }
        groups = self._rights.approvers_of(person)
        helpers = {one.arn: one for group in groups for one in tx.directory.members(group, limit=_MAILED_HELPERS)}
        for helper in list(helpers.values())[:_MAILED_HELPERS]:
            if helper.arn not in {caller.arn, person.arn} and helper.status is PersonStatus.ACTIVE:
                to, now = recipient_of(helper), self._clock.now()
                self._outbox.send(tx, MailKind.RECOVERY_APPROVAL, recipient=to, values=values, now=now)

    def _as_seen(
        self, tx: RecoverySlice, helper: Helper, request: RecoveryRequest, now: datetime
    ) -> OpenRequest | None:
        person = tx.directory.person(request.person_id)
        if person is None:
            return None
        own = request.requested_by == helper.caller.arn
        may_approve = request.is_open(now) and not own and self._rights.may_approve(helper, person)
        collects = request.awaits_collection(now) and not self._can_mail(person)
        may_collect = own and collects and self._rights.may_request(helper, person)
        if not (may_approve or may_collect or (own and request.is_open(now))):
            return None
        return OpenRequest(request, person, _name_of(tx, request.requested_by), own, may_approve, may_collect)

    def _record_denial(self, caller: Caller, name: EventName, reason: str) -> None:
        now = self._clock.now()
        denied = Outcome.DENIED
        self._recorder.record(
            event_of(caller, name, at=now, outcome=denied, error_code="HelpRefused", error_message=reason)
        )


def forget_old_requests(tx: RecoverySlice, now: datetime) -> int:
    return tx.recovery.delete_requests(expired_before=now - KEPT)


def _check_reason(given: str) -> str:
    reason = unicodedata.normalize("NFC", given).strip()
    if not reason or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise HelpInvalid(Text("say why, in one line of at most {count} characters", count=_LONGEST_REASON))
    return reason


def _event(caller: Caller, name: EventName, person: Person, now: datetime, details: Details) -> Event:
    return event_of(caller, name, at=now, resources=[person.arn], details=details)


def _name_of(tx: RecoverySlice, helper_arn: str) -> str:
    person = tx.directory.person(helper_arn.rpartition("/")[2])
    return person.display_name if person is not None else "operator"
