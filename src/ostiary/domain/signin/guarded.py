"""Who learns that the first administrator's account, or the sealed one for emergencies, was used? (BP01-9)

Called for every session that such an account gets, in the transaction that opens it.
"""

from __future__ import annotations

from datetime import datetime

from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.directory.model import Person, PersonKind
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit.clock import iso
from ostiary.kit.user_agents import device_of

_TOLD = "administrators"
_MOST_TOLD = 100
_MAILS = {
    PersonKind.FIRST_ADMINISTRATOR: MailKind.ADMINISTRATOR_USED,
    PersonKind.BREAK_GLASS: MailKind.BREAK_GLASS_USED,
}


def is_guarded(person: Person) -> bool:
    return person.kind is not PersonKind.ORDINARY


class GuardedAccounts:
    def __init__(self, *, outbox: Outbox) -> None:
        self._outbox = outbox

    def note_use(self, tx: SigninSlice, person: Person, caller: Caller, now: datetime) -> None:
        """An event, and a mail to every administrator; nothing for ordinary people."""
        if not is_guarded(person):
            return
        details = {"kind": person.kind.value}
        name = EventName.USE_GUARDED_ACCOUNT
        tx.audit.append(event_of(caller, name, at=now, resources=[person.arn], details=details))
        values = {
            "user_name": person.user_name,
            "at": iso(now),
            "device": str(device_of(caller.origin.user_agent)),
            "place": caller.origin.source_ip,
        }
        for told in tx.directory.members(_TOLD, limit=_MOST_TOLD):
            self._outbox.send(tx, _MAILS[person.kind], recipient=recipient_of(told), values=values, now=now)
