"""How does somebody ask for a link to come back in? The answer and its time tell nothing about who exists.

Whoever was asked for, one transaction does the same work: for nobody a link is made that opens nothing, and a
message is sealed that has no reader. What is left of a difference drowns in each name's own lateness.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from ostiary.domain.audit.caller import Caller, Origin, anonymous
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import LinkPurpose
from ostiary.domain.credentials.one_time_links import issue_one_time_link
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.credentials.throttle import Guessed, Throttle, network_of
from ostiary.domain.directory.model import Person, PersonKind
from ostiary.domain.directory.people import find_user_name, may_act
from ostiary.domain.mail.model import MailKind, Message, Recipient, recipient_of
from ostiary.domain.mail.outbox import Outbox, seal_message
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.transactions import Transactions

LINK_PATH = "/recover"
_PER_HOUR = 3
_HOUR = timedelta(hours=1)
_LONGEST_TYPED = 256
_NOBODY = Recipient(address="nobody@example.invalid", name="Nobody in particular")


class RecoveryLinks:
    """Who asks is a stranger: nothing is proved."""

    def __init__(
        self,
        *,
        transactions: Transactions[RecoverySlice],
        throttle: Throttle,
        hashing: PasswordHashing,
        outbox: Outbox,
        keys: Current[ServerKeys],
        clock: Clock,
        issuer: str,
    ) -> None:
        self._transactions = transactions
        self._throttle = throttle
        self._hashing = hashing
        self._outbox = outbox
        self._keys = keys
        self._clock = clock
        self._issuer = issuer

    def ask(self, typed: str, origin: Origin) -> None:
        """By user name or address. Raises Throttled, for a name that nobody has alike."""
        network = network_of(origin.source_ip)
        # Counted by network alone: a stranger who asks for somebody all day must not keep her from asking. It is never
        # taken back, because who gets a link and who does not must look the same at the next try, too.
        name = f"{network} {_folded(typed)}"
        self._throttle.count(anonymous(origin), Guessed.RECOVERY, name=name)
        self._transactions.write(lambda tx: self._ask(tx, typed, origin))
        self._hashing.be_late(_folded(typed))

    def mail_link(self, tx: RecoverySlice, person: Person, now: datetime) -> bool:
        """Mail her a link, unless she may not have one or had several lately; whether it was mailed."""
        if not may_recover_by_mail(person) or _had_enough(tx, person, now):
            return False
        values = self._issue(tx, person.person_id, now)
        self._outbox.send(tx, MailKind.RECOVERY, recipient=recipient_of(person), values=values, now=now)
        return True

    def _ask(self, tx: RecoverySlice, typed: str, origin: Origin) -> None:
        now = self._clock.now()
        person = find_person(tx, typed)
        # The question about the hour is asked for nobody as well.
        mailed = self.mail_link(tx, person, now) if person is not None else _had_enough(tx, None, now)
        if not mailed:
            self._pretend(tx, now)
        caller, outcome = _asked_for(person, origin), Outcome.SUCCESS if mailed else Outcome.DENIED
        resources = [person.arn] if person is not None else []
        tx.audit.append(event_of(caller, EventName.START_RECOVERY, at=now, outcome=outcome, resources=resources))

    def _issue(self, tx: RecoverySlice, person_id: str, now: datetime) -> dict[str, str]:
        issued = issue_one_time_link(tx.credentials, LinkPurpose.RECOVERY, now, person_id=person_id)
        return {"link": f"{self._issuer}{LINK_PATH}/{issued.token.reveal()}", "expires_at": iso(issued.expires_at)}

    def _pretend(self, tx: RecoverySlice, now: datetime) -> None:
        """The work of a link and a message; the second row stands for the message's."""
        self._issue(tx, "", now)
        values = self._issue(tx, "", now)
        tx.outbox.count_since(ids.uuid7(), now - _HOUR)
        message = Message(ids.uuid7(), MailKind.RECOVERY, _NOBODY, values, now)
        seal_message(self._keys.value.keyring, message, recipient_hash="")


def find_person(tx: RecoverySlice, typed: str) -> Person | None:
    """By user name, else by an address that is hers alone. Both are looked up, whatever is found first."""
    name = find_user_name(typed)
    by_name = tx.directory.person_by_user_name(name) if name is not None else None
    by_email = tx.directory.person_by_email(_folded(typed))
    return by_name or by_email


def may_recover_by_mail(person: Person) -> bool:
    """Nobody whose account raises an alarm at each use: two others let her in again."""
    return may_act(person) and bool(person.email) and person.kind is PersonKind.ORDINARY


def _had_enough(tx: RecoverySlice, person: Person | None, now: datetime) -> bool:
    person_id = person.person_id if person is not None else ids.uuid7()
    return tx.credentials.one_time_links_since(person_id, LinkPurpose.RECOVERY, now - _HOUR) >= _PER_HOUR


def _folded(typed: str) -> str:
    return typed[:_LONGEST_TYPED].strip().casefold()


def _asked_for(person: Person | None, origin: Origin) -> Caller:
    """Nothing is proved; what a stranger typed is not kept: it may be a password."""
    return replace(anonymous(origin), name=person.user_name if person is not None else "(unknown)")
