"""A small organization on a real database, with every service that a person meets on the way in."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ostiary.app.wiring.people import People
from ostiary.app.wiring.shared import PeopleParts
from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.index import AccessIndex, load_access_index
from ostiary.domain.access.model import Assignment, PermissionSet
from ostiary.domain.account.own_account import OwnAccount
from ostiary.domain.account.own_sessions import OwnSessions
from ostiary.domain.applications.index import ApplicationIndex, load_application_index
from ostiary.domain.audit.caller import Caller, CallerKind, Door, Origin
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.audit.ports import EventQuery
from ostiary.domain.credentials.server_keys import ServerKeys, load_server_keys, make_first_keys
from ostiary.domain.credentials.throttle import Throttle
from ostiary.domain.directory.model import Account, AttributeDefinition, AttributeType, Directory, Group, Organization
from ostiary.domain.federation.upstream_index import UpstreamIndex, load_upstream_index
from ostiary.domain.mail.outbox import Mailing
from ostiary.domain.sessions.browser import Opened
from ostiary.domain.sessions.issuing import RoleSessionIssuer
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.sessions.revocation import RevocationIndex, load_revocations
from ostiary.domain.signin.current import CurrentPerson, SignedIn
from ostiary.domain.signin.enrolment import Enrolment
from ostiary.domain.signin.invitation import Invitation, Invitations, Invitee
from ostiary.domain.signin.signin import SignIn
from ostiary.domain.signin_policy.index import SignInPolicyIndex, load_signin_policies
from ostiary.domain.signin_policy.model import SignInPolicy
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.password_cost import PasswordCost
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.crypto.totp import STEP_SECONDS, code_at
from ostiary.kit.current import Current
from ostiary.storage.engine import Database, open_database
from ostiary.storage.schema import metadata
from ostiary.storage.transaction import Transaction

ACCOUNT = "204817365091"
ISSUER = "http://localhost:8000"
PASSWORD = "correct horse battery staple"
MORNING = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
OPERATOR = Caller(
    arn=f"arn:aws:iam::{ACCOUNT}:root",
    account=ACCOUNT,
    kind=CallerKind.OPERATOR,
    name="operator",
    origin=Origin(Door.CLI),
)


def from_network(address: str = "192.0.2.17") -> Origin:
    return Origin(Door.WEB, source_ip=address, user_agent="Firefox", request_id="r1", secure_transport=True)


@dataclass
class House:
    """The services as a worker joins them, on a clock that the test moves."""

    clock: FixedClock
    services: People

    @property
    def parts(self) -> PeopleParts:
        return self.services.parts

    @property
    def database(self) -> Database:
        return self.parts.database

    @property
    def keys(self) -> Current[ServerKeys]:
        return self.parts.keys

    @property
    def index(self) -> Current[AccessIndex]:
        return self.parts.access

    @property
    def revocations(self) -> Current[RevocationIndex]:
        return self.parts.revocations

    @property
    def policies(self) -> Current[SignInPolicyIndex]:
        return self.parts.policies

    @property
    def authorizer(self) -> Authorizer:
        return self.parts.authorizer

    @property
    def last_use(self) -> LastUseLog:
        return self.parts.last_use

    @property
    def throttle(self) -> Throttle:
        return self.services.throttle

    @property
    def current(self) -> CurrentPerson:
        return self.services.current

    @property
    def invitations(self) -> Invitations:
        return self.services.invitations

    @property
    def enrolment(self) -> Enrolment:
        return self.services.enrolment

    @property
    def signin(self) -> SignIn:
        return self.services.signin

    @property
    def sessions(self) -> OwnSessions:
        return self.services.sessions

    @property
    def account(self) -> OwnAccount:
        return self.services.account

    def put_policy(self, policy: SignInPolicy) -> None:
        """A row of the table of sign-in policies, in force at once."""
        self.database.write(lambda tx: tx.signin_policies.put_signin_policy(policy))
        self.refresh()

    def refresh(self) -> None:
        """What a worker does several times a second."""
        with self.database.read() as tx:
            self.index.value = load_access_index(tx, previous=self.index.value)
            self.revocations.value = load_revocations(tx, previous=self.revocations.value)
            self.policies.value = load_signin_policies(tx)
            self.parts.upstreams.value = load_upstream_index(tx)
            self.parts.applications.value = load_application_index(tx)

    def events(self, name: str | None = None) -> list[Event]:
        with self.database.read() as tx:
            return [decode(stored.body) for stored in tx.audit.find(EventQuery(name=name, limit=500))]

    def invite(self, name: str = "ada", *, groups: tuple[str, ...] = ("platform",)) -> Invitation:
        return self.invitations.invite(
            OPERATOR, Invitee(name, display_name="Ada Okonkwo", email=f"{name}@example.com", groups=groups)
        )

    def level(self, opened: Opened, level: SessionLevel, origin: Origin | None = None) -> SignedIn:
        return self.current.at_level(opened.token.reveal(), origin or from_network(), level)

    def enrol(self, name: str = "ada", password: str = PASSWORD, *, origin: Origin | None = None) -> Enrolled:
        """Through the link to a full session."""
        origin = origin or from_network()
        opened = self.enrolment.redeem(self.invite(name).token.reveal(), origin)
        choosing = self.level(opened, SessionLevel.ENROLMENT, origin)
        opened = self.enrolment.set_password(choosing, password, password, origin)
        enrolling = self.level(opened, SessionLevel.ENROLMENT, origin)
        uri = self.enrolment.provisioning(enrolling).uri.reveal()
        enrolled = Enrolled(self, name, password, secret_of(uri))
        enrolled.opened = self.enrolment.confirm(enrolling, enrolled.code(), origin)
        return enrolled


@dataclass
class Enrolled:
    house: House
    name: str
    password: str
    secret: bytes
    opened: Opened | None = None

    def code(self) -> str:
        return code_for(self.secret, self.house.clock.now())

    def next_code(self) -> str:
        """A code of a step that was not used yet."""
        self.house.clock.advance(timedelta(seconds=STEP_SECONDS))
        return self.code()

    def sign_in(self, origin: Origin | None = None) -> Opened:
        where = origin or from_network()
        half = self.house.signin.start(self.name, self.password, where)
        return self.house.signin.finish(half.token.reveal(), self.next_code(), where)

    def signed_in(self, opened: Opened | None = None) -> SignedIn:
        return self.house.current.signed_in((opened or self.sign_in()).token.reveal(), from_network())


def code_for(secret: bytes, now: datetime) -> str:
    return code_at(secret, int(now.timestamp()) // STEP_SECONDS)


def secret_of(uri: str) -> bytes:
    text = parse_qs(urlsplit(uri).query)["secret"][0]
    return base64.b32decode(text + "=" * (-len(text) % 8))


@cache
def _template() -> tuple[RootKey, bytes]:
    """A database with tables, server keys and the organization; made once, since an RSA key takes its time."""
    root = RootKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/template.db")
        _fill(database, root)
        database.close()
        return root, Path(folder, "template.db").read_bytes()


def _fill(database: Database, root: RootKey) -> None:
    metadata.create_all(database.engine)
    database.write(lambda tx: make_first_keys(tx.server_keys, root, now=MORNING))
    database.write(_put_organization)


def _new_database(folder: Path, url: str | None) -> tuple[Database, RootKey]:
    if url is not None:
        database, root = open_database(url), RootKey.generate()
        _fill(database, root)
        return database, root
    root, content = _template()
    (folder / "ostiary.db").write_bytes(content)
    return open_database(f"sqlite:///{folder}/ostiary.db"), root


@contextmanager
def open_house(folder: Path, *, directory: Directory | None = None, database_url: str | None = None) -> Iterator[House]:
    """Passwords cost next to nothing here: what they cost is another test's business."""
    database, root = _new_database(folder, database_url)
    clock = FixedClock(MORNING)
    database.write(lambda tx: tx.directory.put_directory(directory or Directory("workforce")))
    with database.read() as tx:
        loaded = load_server_keys(tx.server_keys, root, now=MORNING)
        keys = Current(replace(loaded, password_cost=PasswordCost(64, 1)))
        index = Current(load_access_index(tx))
    house = make_house(database, clock, keys, index)
    try:
        yield house
    finally:
        database.close()


def make_house(database: Database, clock: FixedClock, keys: Current[ServerKeys], index: Current[AccessIndex]) -> House:
    with database.read() as tx:
        policies = Current(load_signin_policies(tx))
    revocations = Current(RevocationIndex())
    last_use = LastUseLog()
    parts = PeopleParts(
        database=database,
        keys=keys,
        access=index,
        revocations=revocations,
        applications=Current(ApplicationIndex()),
        policies=policies,
        upstreams=Current(UpstreamIndex()),
        authorizer=Authorizer(index=index, clock=clock),
        role_session_issuer=RoleSessionIssuer(keys=keys, recorder=database, last_use=last_use),
        last_use=last_use,
        clock=clock,
        issuer=ISSUER,
        organization=lambda: "Example Corporation",
        mailing=Mailing.SHOWN,
        development=True,
    )
    return House(clock=clock, services=People(parts))


def _put_organization(tx: Transaction) -> None:
    tx.directory.put_organization(Organization("Example Corporation", ACCOUNT, MORNING))
    tx.directory.put_account(Account(ACCOUNT, "Production"))
    for group in ("platform", "support"):
        tx.directory.put_group(Group(group, owner="ada", purpose="tests"))
    tx.directory.put_attribute_definition(AttributeDefinition("department", AttributeType.STRING, "hr", access=True))
    policies = {"read": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'}
    tx.access.put_permission_set(PermissionSet("ReadOnly", "Look at everything", policies))
    tx.access.put_assignment(Assignment("platform", "ReadOnly", ACCOUNT))
