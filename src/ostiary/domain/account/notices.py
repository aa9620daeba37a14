"""How does a person hear of every change of what she signs in with, also when it was not she who made it?"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ostiary.domain.account.slices import AccountSlice
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.one_time_links import NotMeLinks
from ostiary.domain.directory.model import Person
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.signin.current import SignedIn
from ostiary.kit.clock import iso
from ostiary.kit.user_agents import device_of


class Notices:
    def __init__(self, *, outbox: Outbox, not_me: NotMeLinks) -> None:
        self._outbox = outbox
        self._not_me = not_me

    def send(
        self,
        tx: AccountSlice,
        kind: MailKind,
        signed_in: SignedIn,
        *,
        person: Person,
        event: EventName,
        now: datetime,
        values: Mapping[str, str],
    ) -> None:
        """In the transaction of the change: when, which browser, where from, and how to say that it was not she."""
        origin = signed_in.caller.origin
        said = {
            "at": iso(now),
            "device": str(device_of(origin.user_agent)),
            "place": place_of(signed_in),
            "not_me": self._not_me.link_for(tx, person, now, event.value),
            **values,
        }
        self._outbox.send(tx, kind, recipient=recipient_of(person), values=said, now=now)


def place_of(signed_in: SignedIn) -> str:
    """The address of this request, with the town when it is the one that the session began at."""
    session, address = signed_in.session, signed_in.caller.origin.source_ip
    if session.place and session.source_ip == address:
        return f"{session.place} ({address})"
    return address
