"""May a person delete her own account, and what is left of it? The trail keeps its events; all her rows go."""

from __future__ import annotations

from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import Person, PersonKind
from ostiary.domain.directory.people import find_user_name
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.recovery.errors import DeletionRefused
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.errors import NotSignedIn
from ostiary.domain.signin.leaving import end_everything_of
from ostiary.domain.signin_policy.model import Registration, SignInRules
from ostiary.kit.clock import Clock, iso
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

_ADMINISTRATORS = "administrators"


class AccountDeletion:
    def __init__(self, *, transactions: Transactions[RecoverySlice], outbox: Outbox, clock: Clock) -> None:
        self._transactions = transactions
        self._outbox = outbox
        self._clock = clock

    def is_open_to(self, here: SignedIn) -> bool:
        return _may_delete(here.person, here.rules)

    def delete(self, here: SignedIn, typed_name: str) -> None:
        """`typed_name` is her user name, as proof that she means it. Raises DeletionRefused, NotSignedIn."""
        if not _may_delete(here.person, here.rules):
            raise DeletionRefused(Text("this account cannot be deleted here: ask your administrator"))
        if find_user_name(typed_name) != here.person.user_name:
            raise DeletionRefused(Text("this is not your user name: nothing was deleted"))
        self._transactions.write(lambda tx: self._delete(tx, here))

    def _delete(self, tx: RecoverySlice, here: SignedIn) -> None:
        now = self._clock.now()
        person = tx.directory.person(here.person.person_id)
        if person is None or tx.sessions.browser_session(here.session.session_id) is None:
            raise NotSignedIn("the person or her session ended at this moment")
        if not _may_delete(person, here.rules):
            raise DeletionRefused(Text("this account cannot be deleted here: ask your administrator"))
        # ORDER: the mail needs her address, the event her name; what she got elsewhere ends before she does.
        values = {"at": iso(now)}
        self._outbox.send(tx, MailKind.ACCOUNT_DELETED, recipient=recipient_of(person), values=values, now=now)
        ended = end_everything_of(tx, person.person_id, now)
        details: Details = {"endedSessions": ended, "directory": person.directory}
        tx.audit.append(
            event_of(here.caller, EventName.DELETE_OWN_ACCOUNT, at=now, resources=[person.arn], details=details)
        )
        tx.directory.delete_person(person.person_id)


def _may_delete(person: Person, rules: SignInRules) -> bool:
    """Whoever could make the account herself; the organization's own people are its own to end."""
    needed = _ADMINISTRATORS in person.groups or not set(person.groups).isdisjoint(rules.recovery_approvers)
    return rules.registration is not Registration.OFF and person.kind is PersonKind.ORDINARY and not needed
