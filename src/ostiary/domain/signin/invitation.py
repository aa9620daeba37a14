"""How is a person invited, and how is she let in again after losing everything? By a new enrolment link, both times."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.enrolment_links import issue_link
from ostiary.domain.credentials.voiding import void_mailed_links
from ostiary.domain.directory.errors import InvalidPerson, UnknownDirectory
from ostiary.domain.directory.model import Person, PersonKind, PersonStatus
from ostiary.domain.directory.people import check_display_name, check_email, check_user_name, has_moved
from ostiary.domain.mail.model import MailKind, recipient_of
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.slices import SigninSlice
from ostiary.kit import ids
from ostiary.kit.clock import Clock, iso
from ostiary.kit.redaction import Secret
from ostiary.kit.transactions import Transactions

ACTION = "ostiary:InvitePerson"


@dataclass(frozen=True, slots=True)
class Invitation:
    """`token` opens enrolment once; whoever holds `link` is taken for the person, so it is shown once."""

    person: Person
    token: Secret
    link: Secret
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Invitee:
    """Who is to come; an existing person keeps what is empty or None here."""

    user_name: str
    directory: str = "workforce"
    display_name: str = ""
    email: str = ""
    groups: tuple[str, ...] | None = None


class Invitations:
    """`outbox`: the link is mailed to her, too; without it, it is only returned."""

    def __init__(
        self,
        *,
        transactions: Transactions[SigninSlice],
        authorizer: Authorizer,
        clock: Clock,
        issuer: str,
        outbox: Outbox | None = None,
    ) -> None:
        self._transactions = transactions
        self._authorizer = authorizer
        self._clock = clock
        self._issuer = issuer
        self._outbox = outbox

    def invite(self, caller: Caller, invitee: Invitee) -> Invitation:
        """A person who is not there is made, one who is there gets a new link.

        Raises AccessDenied, InvalidUserName, InvalidPerson, UnknownDirectory.
        """
        name = check_user_name(invitee.user_name)
        account = caller.account
        resource = f"arn:aws:ostiary::{account}:enrolment/{name}"
        self._authorizer.authorize(caller, ACTION, resource, resource_account=account)
        return self._transactions.write(lambda tx: self.invite_in(tx, caller, replace(invitee, user_name=name)))

    def invite_in(self, tx: SigninSlice, caller: Caller, invitee: Invitee) -> Invitation:
        """The same inside somebody's transaction, who has authorized the caller."""
        now = self._clock.now()
        person = _kept_person(tx, invitee, now)
        issued = issue_link(tx.credentials, person.person_id, now)
        _end_enrolments(tx, person)
        link = f"{self._issuer}/enroll/{issued.token.reveal()}"
        details = {"userName": person.user_name, "expiresAt": iso(issued.expires_at)}
        if self._outbox is not None:
            values = {"link": link, "user_name": person.user_name, "expires_at": iso(issued.expires_at)}
            self._outbox.send(tx, MailKind.ENROLMENT, recipient=recipient_of(person), values=values, now=now)
        tx.audit.append(event_of(caller, EventName.INVITE_PERSON, at=now, resources=[person.arn], details=details))
        return Invitation(person, issued.token, Secret(link), issued.expires_at)


def _kept_person(tx: SigninSlice, invitee: Invitee, now: datetime) -> Person:
    name = check_user_name(invitee.user_name)
    known = tx.directory.person_by_user_name(name)
    if known is not None and known.status is PersonStatus.DISABLED:
        raise InvalidPerson(f"`{name}` is disabled: enable the person before inviting again")
    if known is not None and known.kind is PersonKind.BREAK_GLASS:
        raise InvalidPerson(f"`{name}` is a sealed account: seal it again instead, `ostiary break-glass seal {name}`")
    if known is None and tx.directory.directory(invitee.directory) is None:
        raise UnknownDirectory(f"there is no directory `{invitee.directory[:100]}`: define it first")
    person = _merged(known, replace(invitee, user_name=name), now)
    if person != known:
        tx.directory.put_person(person)
    if known is not None and has_moved(known.email, person.email):
        void_mailed_links(tx.credentials, person.person_id)
    return person


def _merged(known: Person | None, invitee: Invitee, now: datetime) -> Person:
    if known is None:
        return Person(
            person_id=ids.uuid7(),
            directory=invitee.directory,
            user_name=invitee.user_name,
            display_name=check_display_name(invitee.display_name or invitee.user_name),
            email=check_email(invitee.email),
            status=PersonStatus.INVITED,
            created_at=now,
            groups=invitee.groups or (),
        )
    email = check_email(invitee.email) if invitee.email else known.email
    return replace(
        known,
        display_name=check_display_name(invitee.display_name) if invitee.display_name else known.display_name,
        email=email,
        email_verified_at=None if has_moved(known.email, email) else known.email_verified_at,
        groups=known.groups if invitee.groups is None else invitee.groups,
    )


def _end_enrolments(tx: SigninSlice, person: Person) -> None:
    """Whoever took the earlier link first is out as soon as there is a new one."""
    for session in tx.sessions.browser_sessions(person.person_id):
        if session.level is SessionLevel.ENROLMENT:
            tx.sessions.delete_browser_session(session.session_id)
