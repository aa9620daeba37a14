"""What tests of recovery and registration need beside the people's house: links read from mails, helpers, consumers."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mail_room import mails_in
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Directory, Person
from ostiary.domain.mail.model import MailKind
from ostiary.domain.recovery.helping import Helper
from ostiary.domain.recovery.services import RecoveryServices
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin_policy.model import Registration, ScopeKind, SignInPolicy
from people_house import Enrolled, House, from_network

NEW_PASSWORD = "seven quiet herons wade"
CONSUMERS = SignInPolicy(
    ScopeKind.DIRECTORY,
    "consumers",
    required=AssuranceLevel.SINGLE_FACTOR,
    registration=Registration.OPEN,
    terms_url="https://example.com/terms",
    terms_version="2026-01",
)


@dataclass
class RecoveryHouse:
    house: House

    @property
    def services(self) -> RecoveryServices:
        return self.house.services.recovery

    def link(self, kind: MailKind, name: str = "link", *, to: str = "") -> str:
        """The token of the link in the newest mail of the kind."""
        found = [m for m in mails_in(self.house.database, self.house.keys, kind) if not to or m.recipient.address == to]
        return found[-1].values[name].rpartition("/")[2]

    def count(self, kind: MailKind) -> int:
        return len(mails_in(self.house.database, self.house.keys, kind))

    def recovering(self, name: str = "ada") -> SignedIn:
        """Through the mailed link to a session of level RECOVERY."""
        self.services.links.ask(name, from_network())
        opened = self.services.self_service.redeem(self.link(MailKind.RECOVERY), from_network())
        return self.at_recovery(opened)

    def at_recovery(self, opened: Opened) -> SignedIn:
        return self.house.level(opened, SessionLevel.RECOVERY)

    def person(self, name: str) -> Person:
        with self.house.database.read() as tx:
            found = tx.directory.person_by_user_name(name)
        assert found is not None
        return found

    def add_consumers(self, policy: SignInPolicy = CONSUMERS) -> None:
        self.house.database.write(lambda tx: tx.directory.put_directory(Directory("consumers")))
        self.house.put_policy(policy)

    def name_helpers(self, *groups: str) -> None:
        policy = SignInPolicy(ScopeKind.DIRECTORY, "workforce", recovery_approvers=groups)
        self.house.put_policy(policy)

    def helper(self, name: str, *, groups: tuple[str, ...] = ("support",)) -> Helper:
        enrolled = self.house.enrol(name)
        self.move(name, groups)
        return self.helper_now(enrolled)

    def helper_now(self, enrolled: Enrolled) -> Helper:
        assert enrolled.opened is not None
        return Helper.of(enrolled.signed_in(enrolled.opened))

    def move(self, name: str, groups: tuple[str, ...]) -> None:
        person = replace(self.person(name), groups=groups)
        self.house.database.write(lambda tx: tx.directory.put_person(person))
