"""What happens when somebody says "this was not me"? Everything is locked out, and she alone is mailed the way back in.

The link in a notice needs no session, for whoever reads it may have lost hers. Somebody else who has the link can end
sessions with it, and nothing more.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ostiary.domain.audit.caller import Origin, anonymous
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.errors import LinkInvalid
from ostiary.domain.credentials.model import LinkPurpose
from ostiary.domain.credentials.one_time_links import check_one_time_link, use_one_time_link
from ostiary.domain.credentials.voiding import void_added_since
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.recovery.asking import RecoveryLinks
from ostiary.domain.recovery.model import RequestOutcome
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.domain.risk.assessment import RiskAssessor
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.kit.clock import Clock, iso
from ostiary.kit.transactions import Transactions


class NotMe:
    def __init__(
        self,
        *,
        transactions: Transactions[RecoverySlice],
        links: RecoveryLinks,
        risk: RiskAssessor,
        outbox: Outbox,
        clock: Clock,
    ) -> None:
        self._transactions = transactions
        self._links = links
        self._risk = risk
        self._outbox = outbox
        self._clock = clock

    def look(self, token: str) -> str:
        """The name of the event that the notice told of, without using the link up. Raises LinkInvalid."""
        with self._transactions.read() as tx:
            link = check_one_time_link(tx.credentials, LinkPurpose.NOT_ME, token, self._clock.now())
            _person(tx, link.person_id)
            return link.payload.get("event", "")

    def disown(self, token: str, origin: Origin) -> bool:
        """End all that is open for her; whether a link to come back in was mailed. Raises LinkInvalid."""
        return self._transactions.write(lambda tx: self._disown(tx, token, origin))

    def _disown(self, tx: RecoverySlice, token: str, origin: Origin) -> bool:
        now = self._clock.now()
        link = use_one_time_link(tx.credentials, LinkPurpose.NOT_ME, token, now)
        person = _person(tx, link.person_id)
        ended = end_everything_of(tx, person.person_id, now)
        tx.credentials.delete_one_time_links(person.person_id, LinkPurpose.RECOVERY)
        tx.credentials.delete_one_time_links(person.person_id, LinkPurpose.NOT_ME)
        _distrust_password(tx, person, now)
        # Whoever was here may have added a key of his own, at that moment or since.
        voided = void_added_since(tx.credentials, person.person_id, link.created_at)
        self._risk.forget(tx, person)
        refused = _refuse_requests(tx, person, now)
        caller = replace(anonymous(origin), name=person.user_name)
        said: Details = {
            "endedSessions": ended,
            "refusedRequests": refused,
            "voidedFactors": voided,
            "disowned": link.payload.get("event", ""),
        }
        tx.audit.append(event_of(caller, EventName.DISOWN_SIGN_IN, at=now, resources=[person.arn], details=said))
        mailed = self._links.mail_link(tx, person, now)
        self._outbox.send(tx, MailKind.SESSIONS_ENDED, recipient=recipient_of(person), values={"at": iso(now)}, now=now)
        return mailed


def _person(tx: RecoverySlice, person_id: str) -> Person:
    person = tx.directory.person(person_id) if person_id else None
    if person is None or person.status is PersonStatus.DISABLED:
        raise LinkInvalid("the link's person is disabled or gone")
    return person


def _distrust_password(tx: RecoverySlice, person: Person, now: datetime) -> None:
    password = tx.credentials.password(person.person_id)
    if password is not None and password.compromised_at is None:
        tx.credentials.put_password(replace(password, compromised_at=now))


def _refuse_requests(tx: RecoverySlice, person: Person, now: datetime) -> int:
    """Somebody may be asking for a new enrolment in her name."""
    living = [request for request in tx.recovery.requests_for(person.person_id) if now < request.expires_at]
    undecided = {RequestOutcome.OPEN, RequestOutcome.APPROVED}
    return sum(
        tx.recovery.decide_request(
            request.request_id, RequestOutcome.REFUSED, was=request.outcome, decided_by=person.arn, now=now
        )
        for request in living
        if request.outcome in undecided
    )
