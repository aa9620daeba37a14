"""What holds for every change that a person makes to what is hers?

She is looked up anew inside the transaction, so two changes at one moment see each other; the event and the notice are
written in it; a refusal changes nothing and is an event of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from ostiary.domain.account.notices import Notices
from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.errors import DomainError
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.ports import EventRecorder
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.directory.model import Person
from ostiary.domain.directory.people import may_act
from ostiary.domain.mail.model import MailKind
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import BrowserSession, SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.domain.signin.leaving import end_all_but
from ostiary.kit.clock import Clock
from ostiary.kit.transactions import Transactions

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Change:
    """One change: its transaction, and the person and her session as they are inside it."""

    tx: AccountSlice
    name: EventName
    signed_in: SignedIn
    person: Person
    session: BrowserSession
    now: datetime
    notices: Notices

    def record(self, details: Details) -> None:
        caller, resources = self.signed_in.caller, [self.person.arn]
        self.tx.audit.append(event_of(caller, self.name, at=self.now, resources=resources, details=details))

    def tell(self, kind: MailKind, **values: str) -> None:
        self.notices.send(
            self.tx, kind, self.signed_in, person=self.person, event=self.name, now=self.now, values=values
        )

    def sign_out_elsewhere(self) -> Opened:
        """All other sessions and all tokens end; this session goes on under a new token and id."""
        return end_all_but(self.tx, self.session, self.now)


class Changes:
    def __init__(
        self, *, transactions: Transactions[AccountSlice], recorder: EventRecorder, notices: Notices, clock: Clock
    ) -> None:
        self._transactions = transactions
        self._recorder = recorder
        self._notices = notices
        self._clock = clock

    def make(self, signed_in: SignedIn, name: EventName, work: Callable[[Change], Result]) -> Result:
        """Raises what `work` raises, after it was recorded; NotSignedIn when she was signed out at this moment."""

        def change(tx: AccountSlice) -> Result:
            person, session = _still_here(tx, signed_in)
            return work(Change(tx, name, signed_in, person, session, self._clock.now(), self._notices))

        try:
            return self._transactions.write(change)
        except DomainError as refused:
            self.refused(signed_in, name, refused)
            raise

    def refused(self, signed_in: SignedIn, name: EventName, error: DomainError) -> None:
        """An attempt that changed nothing."""
        event = event_of(
            signed_in.caller,
            name,
            at=self._clock.now(),
            outcome=Outcome.DENIED,
            resources=[signed_in.person.arn],
            error_code=type(error).__name__,
            error_message=error.operator_text,
        )
        self._recorder.record(event)


def _still_here(tx: AccountSlice, signed_in: SignedIn) -> tuple[Person, BrowserSession]:
    person = tx.directory.person(signed_in.person.person_id)
    session = tx.sessions.browser_session(signed_in.session.session_id)
    # A session that was strengthened meanwhile has another token; whoever holds the old one starts again.
    if person is None or not may_act(person) or session is None or session.level is not SessionLevel.FULL:
        raise NotSignedIn("the session or its person ended at this moment")
    if session.token_hash != signed_in.session.token_hash:
        raise NotSignedIn("the session got another token at this moment")
    return person, session
