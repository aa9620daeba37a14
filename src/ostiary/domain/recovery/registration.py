"""How does a stranger become a person of a directory that is open? By an address that she can read (BP01-10).

Nothing is kept of her before she followed the link, but the link itself. Whoever registers an address gets the same
answer in the same time whether somebody has it or not; only the mail to the address tells.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ostiary.domain.audit.caller import Origin, anonymous
from ostiary.domain.audit.event import Details, event_of
from ostiary.domain.audit.vocabulary import EventName, Outcome
from ostiary.domain.credentials.errors import LinkInvalid
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import LinkPurpose, OneTimeLink
from ostiary.domain.credentials.one_time_links import check_one_time_link, issue_one_time_link, use_one_time_link
from ostiary.domain.credentials.throttle import Guessed, Throttle, network_of
from ostiary.domain.directory.errors import InvalidPerson
from ostiary.domain.directory.model import Person, PersonStatus, TermsAcceptance
from ostiary.domain.directory.people import check_display_name, check_email, find_user_name
from ostiary.domain.mail.model import MailKind, Recipient
from ostiary.domain.mail.outbox import Outbox
from ostiary.domain.recovery.errors import AlreadyRegistered, RegistrationInvalid, RegistrationUnavailable, TermsChanged
from ostiary.domain.recovery.ports import RecoverySlice
from ostiary.domain.sessions.browser import Opened, open_session
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import person_caller
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Registration, SignInRules
from ostiary.kit import ids
from ostiary.kit.clock import Clock, iso
from ostiary.kit.current import Current
from ostiary.kit.texts import Text
from ostiary.kit.transactions import Transactions

LINK_PATH = "/register/link"
_SIGN_IN, _RECOVER = "/signin", "/recover"
_ADDRESS = re.compile(
    r"[a-z0-9][a-z0-9._+-]{0,63}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]"
)


@dataclass(frozen=True, slots=True)
class OpenDirectory:
    """Where strangers may register; `terms_version` empty: there are no terms."""

    name: str
    by_invitation: bool
    terms_url: str
    terms_version: str


@dataclass(frozen=True, slots=True)
class Application:
    """What a stranger typed; of everything else that a person has, she decides nothing."""

    email: str
    display_name: str
    accepted_terms: str = ""
    language: str = ""


class Registrations:
    def __init__(
        self,
        *,
        transactions: Transactions[RecoverySlice],
        throttle: Throttle,
        hashing: PasswordHashing,
        policies: Current[SignInPolicyIndex],
        outbox: Outbox,
        clock: Clock,
        issuer: str,
    ) -> None:
        self._transactions = transactions
        self._throttle = throttle
        self._hashing = hashing
        self._policies = policies
        self._outbox = outbox
        self._clock = clock
        self._issuer = issuer

    def directories(self) -> Sequence[OpenDirectory]:
        """Those that strangers may know of, open ones and those by invitation."""
        index = self._policies.value
        found = [(name, index.rules_of_directory(name)) for name in sorted(index.directories)]
        return [_open(name, rules) for name, rules in found if rules.registration is not Registration.OFF]

    def directory(self, name: str) -> OpenDirectory:
        """Raises RegistrationUnavailable."""
        for known in self.directories():
            if known.name == name:
                return known
        raise RegistrationUnavailable(f"no directory `{name[:100]}` takes strangers")

    def ask(self, directory: str, application: Application, origin: Origin) -> None:
        """Mail a link to the address. Raises RegistrationUnavailable, RegistrationInvalid, TermsChanged, Throttled."""
        where = self._open_directory(directory)
        checked = _checked(application)
        if where.terms_version and not checked.accepted_terms:
            raise RegistrationInvalid([Text("Accept the terms to register")])
        if checked.accepted_terms != where.terms_version:
            raise TermsChanged
        name = f"{network_of(origin.source_ip)} {checked.email}"
        self._throttle.count(anonymous(origin), Guessed.REGISTRATION, name=name)
        self._transactions.write(lambda tx: self._ask(tx, where, checked, origin))
        self._hashing.be_late(checked.email)

    def look(self, token: str) -> str:
        """The address that the link proves, without using it up. Raises LinkInvalid, AlreadyRegistered."""
        with self._transactions.read() as tx:
            link = check_one_time_link(tx.credentials, LinkPurpose.REGISTRATION, token, self._clock.now())
            _check_free(tx, link.payload["email"])
            return link.payload["email"]

    def redeem(self, token: str, origin: Origin) -> Opened:
        """The person, with a session to enrol in. Raises LinkInvalid, AlreadyRegistered, RegistrationUnavailable."""
        return self._transactions.write(lambda tx: self._redeem(tx, token, origin))

    def _ask(self, tx: RecoverySlice, where: OpenDirectory, application: Application, origin: Origin) -> None:
        now = self._clock.now()
        # ORDER: the link is made for a taken address as well, and nobody gets it: the same work either way.
        payload = {
            "directory": where.name,
            "email": application.email,
            "display_name": application.display_name,
            "terms_version": application.accepted_terms,
            "language": application.language,
        }
        issued = issue_one_time_link(tx.credentials, LinkPurpose.REGISTRATION, now, payload=payload)
        to = Recipient(application.email, application.language or Recipient("").language, application.display_name)
        taken = _is_taken(tx, application.email)
        if not taken:
            values = {
                "link": f"{self._issuer}{LINK_PATH}/{issued.token.reveal()}",
                "expires_at": iso(issued.expires_at),
            }
            self._outbox.send(tx, MailKind.VERIFY_EMAIL, recipient=to, values=values, now=now)
        else:
            # The name is not that of the account: whoever typed it chose it.
            values = {"link": f"{self._issuer}{_SIGN_IN}", "recovery": f"{self._issuer}{_RECOVER}"}
            to = Recipient(application.email, to.language)
            self._outbox.send(tx, MailKind.ALREADY_REGISTERED, recipient=to, values=values, now=now)
        outcome = Outcome.DENIED if taken else Outcome.SUCCESS
        details: Details = {"directory": where.name}
        tx.audit.append(
            event_of(anonymous(origin), EventName.START_REGISTRATION, at=now, outcome=outcome, details=details)
        )

    def _redeem(self, tx: RecoverySlice, token: str, origin: Origin) -> Opened:
        now = self._clock.now()
        link = use_one_time_link(tx.credentials, LinkPurpose.REGISTRATION, token, now)
        self._open_directory(link.payload["directory"])
        _check_free(tx, link.payload["email"])
        person = _person_of(link, now)
        tx.directory.put_person(person)
        version = link.payload["terms_version"]
        if version:
            tx.directory.put_terms_acceptance(TermsAcceptance(person.person_id, version, link.created_at))
        rules = self._policies.value.rules_for(person)
        opened = open_session(tx, person, SessionLevel.ENROLMENT, rules=rules, methods=(), origin=origin, now=now)
        caller = person_caller(tx, person, origin, session=opened.session)
        details: Details = {"directory": person.directory, "termsVersion": version}
        tx.audit.append(event_of(caller, EventName.REGISTER_PERSON, at=now, resources=[person.arn], details=details))
        return opened

    def _open_directory(self, name: str) -> OpenDirectory:
        where = self.directory(name)
        if where.by_invitation:
            raise RegistrationUnavailable(f"the directory `{name}` takes invited people only")
        return where


def check_address(typed: str) -> str:
    """The one form in which a consumer's address is kept, which is her user name, too. Raises RegistrationInvalid.

    Letters beyond ASCII are refused and not folded: an address that looks the same is another mailbox.
    """
    address = typed.strip(" ")
    lowered = address.lower() if address.isascii() else ""
    if not _ADDRESS.fullmatch(lowered) or find_user_name(lowered) != lowered or ".." in lowered:
        raise RegistrationInvalid(
            [Text("Type an e-mail address made of plain letters, digits and . _ + -, such as name@example.com")]
        )
    return check_email(lowered)


def _checked(application: Application) -> Application:
    try:
        display_name = check_display_name(application.display_name)
    except InvalidPerson:
        raise RegistrationInvalid([Text("Type your name: 1 to 128 visible characters")]) from None
    return Application(check_address(application.email), display_name, application.accepted_terms, application.language)


def _open(name: str, rules: SignInRules) -> OpenDirectory:
    by_invitation = rules.registration is Registration.INVITATION
    return OpenDirectory(name, by_invitation, rules.terms_url, rules.terms_version)


def _is_taken(tx: RecoverySlice, email: str) -> bool:
    # Both are asked, whatever the first says.
    named, mailed = tx.directory.person_by_user_name(email), tx.directory.has_email(email)
    return named is not None or mailed


def _check_free(tx: RecoverySlice, email: str) -> None:
    if _is_taken(tx, email):
        raise AlreadyRegistered("somebody has the address or the user name by now")


def _person_of(link: OneTimeLink, now: datetime) -> Person:
    said = link.payload
    if not said.get("email"):
        raise LinkInvalid("the link has no address")
    return Person(
        person_id=ids.uuid7(),
        directory=said["directory"],
        user_name=said["email"],
        display_name=said["display_name"],
        email=said["email"],
        status=PersonStatus.INVITED,
        created_at=now,
        language=said["language"],
        email_verified_at=now,
    )
