"""Does storage keep every room's promises? Each test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from ostiary.domain.access.model import (
    ApplicationGrants,
    Assignment,
    ControlKind,
    ControlPolicy,
    OrganizationalUnit,
    PermissionSet,
    Role,
    UserPolicy,
)
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication, ClientSecret
from ostiary.domain.audit.errors import FactsConflict
from ostiary.domain.audit.last_use import LastUse, Used
from ostiary.domain.credentials.model import (
    AccessKey,
    EnrolmentLink,
    GuessCount,
    IamUser,
    KeyPurpose,
    Password,
    ServerKey,
    TotpFactor,
)
from ostiary.domain.directory.model import (
    Account,
    AttributeDefinition,
    AttributeType,
    Directory,
    Group,
    Organization,
    PasswordProfile,
    Person,
    PersonStatus,
    Workload,
    WorkloadStatus,
)
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.mail.model import MailKind, Queued
from ostiary.domain.secrets.model import AWSCURRENT, AWSPREVIOUS, Secret, SecretVersion
from ostiary.domain.sessions.model import BrowserSession, Epoch, EpochKind, SessionLevel
from ostiary.domain.tokens.model import AuthorizationCode, RefreshToken, TokenFamily
from ostiary.storage.engine import Database
from ostiary.storage.generations import Topic
from ostiary.storage.transaction import Transaction

FactT = TypeVar("FactT")
NOW = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)
ACCOUNT = "123456789012"
ANA = Person(
    person_id="p-ana",
    directory="workforce",
    user_name="ana",
    display_name="Ana Ünïcode 🗝",
    email="ana@example.org",
    status=PersonStatus.ACTIVE,
    created_at=NOW,
    attributes={"cost-centre": "42", "ключ": "значение"},
    groups=("builders", "readers"),
)


def put_one(database: Database, put: Callable[[Transaction, FactT], None], fact: FactT) -> None:
    database.write(lambda tx: put(tx, fact))


def put_people(tx: Transaction) -> None:
    tx.directory.put_account(Account(ACCOUNT, "main"))
    tx.directory.put_directory(Directory("workforce"))
    for name in ("readers", "builders"):
        tx.directory.put_group(Group(name, owner="ana", purpose="to test"))
    tx.directory.put_person(ANA)


def test_the_organization_is_one(database: Database) -> None:
    for name in ("first", "second"):
        organization = Organization(name, ACCOUNT, NOW)
        put_one(database, lambda tx, o: tx.directory.put_organization(o), organization)
    with database.read() as tx:
        assert tx.directory.organization() == Organization("second", ACCOUNT, NOW)


def test_what_is_not_there_is_none_or_empty(database: Database) -> None:
    with database.read() as tx:
        assert tx.directory.organization() is None
        assert tx.directory.person("nobody") is None
        assert tx.directory.person_by_user_name("nobody") is None
        assert tx.directory.people() == []
        assert tx.directory.directory("none") is None
        assert tx.directory.workload("none") is None
        assert tx.credentials.password("nobody") is None
        assert tx.credentials.access_key("AKIA") is None
        assert tx.secrets.secret(ACCOUNT, "none") is None
        assert tx.secrets.version("none") is None
        assert tx.tokens.code(b"none") is None
        assert tx.sessions.browser_session("none") is None
        assert tx.last_uses.last_use(Used.ROLE, "none") is None
        assert tx.audit.latest_checkpoint() is None


def test_a_person_comes_back_with_attributes_and_groups(database: Database) -> None:
    database.write(put_people)
    with database.read() as tx:
        assert tx.directory.person("p-ana") == ANA
        assert tx.directory.person_by_user_name("ana") == ANA
        assert tx.directory.people() == [ANA]


def test_a_person_is_replaced_with_all_memberships(database: Database) -> None:
    database.write(put_people)
    moved = replace(ANA, groups=("readers",), attributes={}, email="new@example.org")
    database.write(lambda tx: tx.directory.put_person(moved))
    database.write(lambda tx: tx.directory.set_person_status("p-ana", PersonStatus.DISABLED))
    with database.read() as tx:
        assert tx.directory.person("p-ana") == replace(moved, status=PersonStatus.DISABLED)


def test_people_are_paged_in_the_order_of_their_bytes(database: Database) -> None:
    database.write(put_people)
    names = ["Zoë", "_x", "ana", "b-1", "b_1", "zed", "éva", "日本"]
    for name in names:
        person = replace(ANA, person_id=f"p-{name}", user_name=name, groups=("readers",) if name == "zed" else ())
        if name != "ana":
            put_one(database, lambda tx, p: tx.directory.put_person(p), person)
    seen: list[Person] = []
    with database.read() as tx:
        while page := tx.directory.people(after_user_name=seen[-1].user_name if seen else "", limit=3):
            seen += page
    assert [person.user_name for person in seen] == names
    assert {person.user_name: person.groups for person in seen if person.groups} == {
        "ana": ANA.groups,
        "zed": ("readers",),
    }


def test_a_user_name_that_is_taken_is_refused(database: Database) -> None:
    database.write(put_people)
    with pytest.raises(FactsConflict):
        database.write(lambda tx: tx.directory.put_person(replace(ANA, person_id="another")))
    with database.read() as tx:
        assert tx.directory.people() == [ANA]


def test_a_group_that_is_not_there_has_no_members(database: Database) -> None:
    database.write(put_people)
    with pytest.raises(FactsConflict):
        database.write(lambda tx: tx.directory.put_person(replace(ANA, groups=("invented",))))
    with database.read() as tx:
        assert tx.directory.person("p-ana") == ANA


def test_a_group_with_members_is_not_deleted(database: Database) -> None:
    database.write(put_people)
    with pytest.raises(FactsConflict):
        database.write(lambda tx: tx.directory.delete_group("readers"))


def test_accounts_directories_groups_attributes_are_replaced_and_deleted(database: Database) -> None:
    definition = AttributeDefinition("team", AttributeType.STRING, "hr", access=True)
    partners = Directory("partners", PasswordProfile.AWS, session_minutes=60, idle_minutes=5)

    def put(tx: Transaction) -> None:
        tx.directory.put_account(Account(ACCOUNT, "first"))
        tx.directory.put_account(Account(ACCOUNT, "second"))
        tx.directory.put_directory(partners)
        tx.directory.put_group(Group("g", "o", "p"))
        tx.directory.put_attribute_definition(definition)

    database.write(put)
    with database.read() as tx:
        assert tx.directory.accounts() == [Account(ACCOUNT, "second")]
        assert tx.directory.directories() == [partners]
        assert tx.directory.directory("partners") == partners
        assert tx.directory.groups() == [Group("g", "o", "p")]
        assert tx.directory.attribute_definitions() == [definition]

    def delete(tx: Transaction) -> None:
        tx.directory.delete_account(ACCOUNT)
        tx.directory.delete_directory("partners")
        tx.directory.delete_group("g")
        tx.directory.delete_attribute_definition("team")

    database.write(delete)
    with database.read() as tx:
        left = [tx.directory.accounts(), tx.directory.directories(), tx.directory.groups()]
        assert [*left, tx.directory.attribute_definitions()] == [[], [], [], []]


def test_no_two_workloads_share_an_outside_identity(database: Database) -> None:
    first = Workload(
        "ci", ACCOUNT, "ana", "build", NOW + HOUR, WorkloadStatus.ACTIVE, "https://i", "repo:a", {"t": "v"}
    )
    unbound = replace(first, name="x", issuer="", subject="")
    for workload in (first, unbound, replace(unbound, name="y")):
        put_one(database, lambda tx, w: tx.directory.put_workload(w), workload)
    with pytest.raises(FactsConflict):
        database.write(lambda tx: tx.directory.put_workload(replace(first, name="thief")))
    with database.read() as tx:
        assert tx.directory.workload("ci") == first
        assert [workload.name for workload in tx.directory.workloads()] == ["ci", "x", "y"]
    database.write(lambda tx: tx.directory.delete_workload("ci"))
    with database.read() as tx:
        assert tx.directory.workload("ci") is None


def test_roles_policies_permission_sets_and_assignments_come_back(database: Database) -> None:
    role = Role("AROA1", ACCOUNT, "deploy", "{}", NOW, path="/ci/", policies={"p": '{"a":1}'}, tags={"k": "v"})
    policy = UserPolicy(ACCOUNT, "old", "p", "{}")
    permission_set = PermissionSet("admin", "all", {"p": "{}"}, 7200)
    assignment = Assignment("readers", "admin", ACCOUNT, NOW + HOUR)

    def put(tx: Transaction) -> None:
        put_people(tx)
        tx.access.put_role(role)
        tx.access.put_user_policy(policy)
        tx.access.put_permission_set(permission_set)
        tx.access.put_assignment(replace(assignment, until=None))
        tx.access.put_assignment(assignment)

    database.write(put)
    with database.read() as tx:
        assert tx.access.roles() == [role]
        assert tx.access.user_policies() == [policy]
        assert tx.access.permission_sets() == [permission_set]
        assert tx.access.assignments() == [assignment]

    def delete(tx: Transaction) -> None:
        tx.access.delete_assignment(assignment)
        tx.access.delete_permission_set("admin")
        tx.access.delete_user_policy(ACCOUNT, "old", "p")
        tx.access.delete_role(ACCOUNT, "deploy")

    database.write(delete)
    with database.read() as tx:
        access = tx.access
        assert [access.roles(), access.user_policies(), access.permission_sets(), access.assignments()] == [[]] * 4


def test_passwords_and_factors_come_back(database: Database) -> None:
    password = Password("p-ana", "$argon2id$...", NOW, ("old", "older"))
    factor = TotpFactor("f1", "p-ana", "phone", b"\0sealed\xff", NOW, NOW, last_step=None)

    def put(tx: Transaction) -> None:
        put_people(tx)
        tx.credentials.put_password(password)
        tx.credentials.put_totp_factor(factor)

    database.write(put)
    with database.read() as tx:
        assert tx.credentials.password("p-ana") == password
        assert tx.credentials.passwords() == [password]
        assert tx.credentials.totp_factors("p-ana") == [factor] == tx.credentials.all_totp_factors()
        assert tx.credentials.totp_factors("other") == []
    database.write(lambda tx: tx.credentials.delete_totp_factor("f1"))
    with database.read() as tx:
        assert tx.credentials.all_totp_factors() == []


def test_an_enrolment_link_works_once_and_until_it_expires(database: Database) -> None:
    link = EnrolmentLink(b"hash", "p-ana", NOW, NOW + HOUR)

    def put(tx: Transaction) -> None:
        put_people(tx)
        tx.credentials.add_enrolment_link(link)
        tx.credentials.add_enrolment_link(replace(link, token_hash=b"late"))

    database.write(put)
    assert not database.write(lambda tx: tx.credentials.use_enrolment_link(b"late", NOW + HOUR))
    assert database.write(lambda tx: tx.credentials.use_enrolment_link(b"hash", NOW))
    assert not database.write(lambda tx: tx.credentials.use_enrolment_link(b"hash", NOW))
    assert not database.write(lambda tx: tx.credentials.use_enrolment_link(b"unknown", NOW))
    with database.read() as tx:
        assert tx.credentials.enrolment_link(b"hash") == replace(link, used_at=NOW)
    database.write(lambda tx: tx.credentials.delete_enrolment_links("p-ana"))
    with database.read() as tx:
        assert tx.credentials.enrolment_link(b"hash") is None


def test_guesses_are_counted_cleared_and_forgotten(database: Database) -> None:
    count = GuessCount("person:ana", 3, NOW, NOW, NOW + HOUR)
    idle = GuessCount("net:10.0.0.0/8", 1, NOW, NOW, None)
    for each in (count, idle, replace(idle, failures=2)):
        put_one(database, lambda tx, c: tx.credentials.put_guess_count(c), each)
    with database.read() as tx:
        assert tx.credentials.guess_count("person:ana") == count
        assert tx.credentials.guess_count(idle.subject) == replace(idle, failures=2)
    assert database.write(lambda tx: tx.credentials.delete_guess_counts(last_before=NOW)) == 0
    assert database.write(lambda tx: tx.credentials.delete_guess_counts(last_before=NOW + HOUR / 2)) == 1
    database.write(lambda tx: tx.credentials.clear_guess_count("person:ana"))
    with database.read() as tx:
        assert tx.credentials.guess_count("person:ana") is None


def test_guess_counts_that_were_read_at_once_follow_what_the_transaction_does(database: Database) -> None:
    kept, cleared = GuessCount("a", 1, NOW, NOW, None), GuessCount("b", 2, NOW, NOW, NOW + HOUR)
    for each in (kept, cleared):
        put_one(database, lambda tx, c: tx.credentials.put_guess_count(c), each)

    def work(tx: Transaction) -> None:
        rows = tx.credentials
        rows.load_guess_counts(["a", "b", "c"])
        assert [rows.guess_count(subject) for subject in "abc"] == [kept, cleared, None]
        rows.put_guess_count(replace(kept, failures=5))
        rows.put_guess_count(replace(kept, subject="c"))
        rows.clear_guess_counts(["b", "nobody's"])
        assert [rows.guess_count(subject) for subject in "abc"] == [
            replace(kept, failures=5),
            None,
            replace(kept, subject="c"),
        ]
        rows.clear_guess_counts(["c"])

    database.write(work)
    with database.read() as tx:
        assert [tx.credentials.guess_count(subject) for subject in "abc"] == [replace(kept, failures=5), None, None]


def test_access_keys_go_with_their_iam_user(database: Database) -> None:
    user = IamUser("old", ACCOUNT, "ana", "legacy", NOW + HOUR, NOW, "AIDA1")
    key = AccessKey("AKIA1", ACCOUNT, "old", b"sealed", "legacy", True, NOW, NOW + HOUR)

    def put(tx: Transaction) -> None:
        tx.credentials.put_iam_user(user)
        tx.credentials.put_access_key(key)
        tx.credentials.put_access_key(replace(key, active=False))

    database.write(put)
    with database.read() as tx:
        assert tx.credentials.iam_users() == [user]
        assert tx.credentials.access_keys() == [replace(key, active=False)]
        assert tx.credentials.access_key("AKIA1") == replace(key, active=False)
    database.write(lambda tx: tx.credentials.delete_iam_user(ACCOUNT, "old"))
    with database.read() as tx:
        assert tx.credentials.iam_users() == []
        assert tx.credentials.access_keys() == []


def test_server_keys_come_back_oldest_first(database: Database) -> None:
    old = ServerKey("k2", KeyPurpose.KEK, b"sealed", NOW, NOW, NOW + HOUR)
    new = ServerKey("k1", KeyPurpose.COOKIE, b"sealed", NOW + HOUR, NOW + HOUR)
    for key in (new, old):
        put_one(database, lambda tx, k: tx.server_keys.put_server_key(k), key)
    with database.read() as tx:
        assert tx.server_keys.server_keys() == [old, new]
    database.write(lambda tx: tx.server_keys.delete_server_key("k2"))
    with database.read() as tx:
        assert tx.server_keys.server_keys() == [new]


def a_session(number: int) -> BrowserSession:
    return BrowserSession(
        session_id=f"s{number}",
        token_hash=b"hash%d" % number,
        person_id="p-ana",
        level=SessionLevel.FULL,
        methods=("pwd", "otp"),
        created_at=NOW,
        authenticated_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + number * HOUR,
        source_ip="::1",
        user_agent="'; DROP TABLE person; --",
        csrf_key=b"\0" * 32,
    )


def test_browser_sessions_are_found_touched_and_ended(database: Database) -> None:
    def put(tx: Transaction) -> None:
        put_people(tx)
        for number in (1, 2, 3):
            tx.sessions.add_browser_session(a_session(number))

    database.write(put)
    for seen in (NOW + HOUR, NOW):
        put_one(database, lambda tx, at: tx.sessions.touch_browser_session("s1", at), seen)
    with database.read() as tx:
        assert tx.sessions.browser_session_by_hash(b"hash1") == replace(a_session(1), last_seen_at=NOW + HOUR)
        assert tx.sessions.browser_session("s2") == a_session(2)
        assert len(tx.sessions.browser_sessions("p-ana")) == 3
    assert database.write(lambda tx: tx.sessions.delete_expired_sessions(NOW + HOUR)) == 1
    assert database.write(lambda tx: tx.sessions.delete_browser_sessions("p-ana", except_session="s3")) == 1
    database.write(lambda tx: tx.sessions.delete_browser_session("s3"))
    with database.read() as tx:
        assert tx.sessions.browser_sessions("p-ana") == []


def test_an_epoch_is_raised_and_never_lowered(database: Database) -> None:
    for hours in (1, 3, 2):
        epoch = Epoch(EpochKind.PERSON, "p-ana", NOW + hours * HOUR)
        put_one(database, lambda tx, e: tx.sessions.add_epoch(e), epoch)
    database.write(lambda tx: tx.sessions.add_epoch(Epoch(EpochKind.ROLE, "p-ana", NOW)))
    with database.read() as tx:
        person, role = tx.sessions.epochs_after(0)
        assert (person.not_before, person.sequence) == (NOW + 3 * HOUR, 2)
        assert role.sequence == tx.generations.current()[Topic.EPOCHS]
        assert tx.sessions.epochs_after(person.sequence) == [role]


def test_an_epoch_is_forgotten_when_nothing_living_can_meet_it(database: Database) -> None:
    for hours in (1, 2):
        epoch = Epoch(EpochKind.ROLE, f"role-{hours}", NOW + hours * HOUR)
        put_one(database, lambda tx, e: tx.sessions.add_epoch(e), epoch)
    assert database.write(lambda tx: tx.sessions.delete_epochs(not_before_until=NOW + HOUR)) == 1
    with database.read() as tx:
        assert [kept.subject for kept in tx.sessions.epochs_after(0)] == ["role-2"]


APPLICATION = Application(
    client_id="app",
    name="App",
    kind=ApplicationKind.WEB,
    authentication=ClientAuthentication.SECRET_BASIC,
    owner="ana",
    created_at=NOW,
    redirect_uris=("https://app.example/cb",),
    groups=("readers",),
    jwks='{"keys":[]}',
    claims=("email",),
    enabled=False,
    policies={"ask": "{}"},
)


def test_units_and_control_policies_come_back_and_go(database: Database) -> None:
    units = [OrganizationalUnit("lab", parent="prod"), OrganizationalUnit("prod", "", (ACCOUNT,), "what people use")]
    controls = [
        ControlPolicy(ControlKind.RESOURCE, "guard", "{}", ("unit:prod",)),
        ControlPolicy(ControlKind.SERVICE, "guard", "{}", ("root", f"account:{ACCOUNT}"), "no deletion"),
    ]
    with database.read() as tx:
        assert (tx.access.organizational_units(), tx.access.control_policies()) == ([], [])
    for unit in units:
        put_one(database, lambda tx, u: tx.access.put_organizational_unit(replace(u, accounts=("1",))), unit)
        put_one(database, lambda tx, u: tx.access.put_organizational_unit(u), unit)
    for control in reversed(controls):
        put_one(database, lambda tx, c: tx.access.put_control_policy(replace(c, targets=())), control)
        put_one(database, lambda tx, c: tx.access.put_control_policy(c), control)
    with database.read() as tx:
        assert (tx.access.organizational_units(), tx.access.control_policies()) == (units, controls)
        assert tx.generations.current() == {Topic.ACCESS: 8}
    database.write(lambda tx: tx.access.delete_organizational_unit("lab"))
    database.write(lambda tx: tx.access.delete_control_policy(ControlKind.SERVICE, "guard"))
    with database.read() as tx:
        assert (tx.access.organizational_units(), tx.access.control_policies()) == (units[1:], controls[:1])


def test_applications_go_with_their_secrets(database: Database) -> None:
    secret = ClientSecret("cs1", "app", b"hash", NOW, NOW + HOUR)

    def put(tx: Transaction) -> None:
        tx.applications.put_application(replace(APPLICATION, name="Old"))
        tx.applications.put_client_secret(secret)
        tx.applications.put_client_secret(replace(secret, secret_id="cs2"))
        tx.applications.put_application(APPLICATION)
        tx.applications.delete_client_secret("cs2")

    database.write(put)
    with database.read() as tx:
        assert tx.applications.applications() == [APPLICATION]
        assert tx.access.application_grants() == [ApplicationGrants("app", enabled=False, policies={"ask": "{}"})]
        assert tx.applications.client_secrets() == [secret]
    database.write(lambda tx: tx.applications.delete_application("app"))
    with database.read() as tx:
        assert tx.applications.applications() == []
        assert tx.applications.client_secrets() == []


def test_an_assertion_is_accepted_once_until_it_expires(database: Database) -> None:
    def use(client_id: str, at: datetime) -> bool:
        return database.write(lambda tx: tx.applications.use_assertion(client_id, "j", now=at, expires_at=at + HOUR))

    assert use("app", NOW)
    assert not use("app", NOW + HOUR / 2)
    assert use("other", NOW)
    assert use("app", NOW + HOUR)


CODE = AuthorizationCode(
    code_hash=b"code",
    client_id="app",
    person_id="p-ana",
    session_id="s1",
    redirect_uri="https://app.example/cb",
    code_challenge="c",
    scopes=("openid", "profile"),
    nonce="n",
    methods=("pwd", "otp"),
    authenticated_at=NOW,
    created_at=NOW,
    expires_at=NOW + HOUR,
    family_id="f1",
)
FAMILY = TokenFamily("f1", "app", "p-ana", "s1", ("openid",), ("pwd",), NOW, NOW, NOW + 2 * HOUR, b"r1", "n")
FIRST = RefreshToken(b"r1", "f1", NOW)


def put_family(tx: Transaction) -> None:
    tx.tokens.add_family(FAMILY)
    tx.tokens.add_refresh_token(FIRST)


def test_a_code_is_used_once_and_kept_until_it_expires(database: Database) -> None:
    database.write(lambda tx: tx.tokens.add_code(CODE))
    assert database.write(lambda tx: tx.tokens.use_code(b"code", NOW))
    assert not database.write(lambda tx: tx.tokens.use_code(b"code", NOW))
    assert not database.write(lambda tx: tx.tokens.use_code(b"other", NOW))
    assert database.write(lambda tx: tx.tokens.delete_expired_tokens(NOW)) == 0
    with database.read() as tx:
        assert tx.tokens.code(b"code") == replace(CODE, used_at=NOW)
    assert database.write(lambda tx: tx.tokens.delete_expired_tokens(NOW + HOUR)) == 1


def test_only_the_current_refresh_token_of_a_living_family_rotates(database: Database) -> None:
    second, third = RefreshToken(b"r2", "f1", NOW), RefreshToken(b"r3", "f1", NOW)

    def rotate(used: bytes, new: RefreshToken, at: datetime = NOW) -> bool:
        return database.write(lambda tx: tx.tokens.rotate("f1", used_hash=used, new=new, now=at))

    database.write(put_family)
    assert not rotate(b"r1", second, NOW + 2 * HOUR)  # expired
    assert not rotate(b"r1", replace(second, family_id="f2"))
    assert rotate(b"r1", second)
    assert not rotate(b"r1", third)  # used already
    with database.read() as tx:
        assert tx.tokens.family("f1") == replace(FAMILY, current_hash=b"r2")
        assert tx.tokens.refresh_token(b"r1") == replace(FIRST, used_at=NOW)
        assert tx.tokens.refresh_token(b"r2") == second
        assert tx.tokens.refresh_token(b"r3") is None
    database.write(lambda tx: tx.tokens.end_family("f1", NOW))
    assert not rotate(b"r2", third)


def test_families_end_with_their_person_and_session_and_go_when_expired(database: Database) -> None:
    database.write(put_family)
    database.write(lambda tx: tx.tokens.add_family(replace(FAMILY, family_id="f2", session_id="s2")))
    assert database.write(lambda tx: tx.tokens.end_families_of_session("s1", NOW)) == 1
    assert database.write(lambda tx: tx.tokens.end_families_of_person("p-ana", NOW + HOUR)) == 1
    with database.read() as tx:
        first, second = tx.tokens.family("f1"), tx.tokens.family("f2")
    assert first is not None
    assert second is not None
    assert (first.ended_at, second.ended_at) == (NOW, NOW + HOUR)
    assert database.write(lambda tx: tx.tokens.delete_expired_tokens(NOW + 2 * HOUR)) == 2
    with database.read() as tx:
        assert tx.tokens.refresh_token(b"r1") is None


ARN = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:app/db-AbCdEf"
SECRET = Secret(ARN, ACCOUNT, "app/db", NOW, NOW, tags={"team": "a"})


def a_version(number: int, *stages: str) -> SecretVersion:
    at = NOW + number * HOUR
    return SecretVersion(ARN, f"v{number}", b"\0sealed", number == 2, at, frozenset(stages), b"digest")


@pytest.mark.parametrize("reference", [ARN, ARN[:-7], "app/db"])
def test_a_secret_is_found_by_arn_partial_arn_and_name(database: Database, reference: str) -> None:
    database.write(lambda tx: tx.secrets.put_secret(SECRET))
    with database.read() as tx:
        assert tx.secrets.secret(ACCOUNT, reference) == SECRET
        assert tx.secrets.secret("999999999999", reference) is None


@pytest.mark.parametrize(
    "reference",
    [
        ARN[:-1],
        ARN[:-8],
        ARN + "x",
        ARN[:-7].replace("eu-west-1", "us-east-1"),
        ARN.replace(ACCOUNT, "999999999999"),
        "arn:aws:secretsmanager",
        "arn:",
        "App/db",
        "app/%",
        "",
    ],
)
def test_a_secret_is_not_found_by_less(database: Database, reference: str) -> None:
    database.write(lambda tx: tx.secrets.put_secret(SECRET))
    with database.read() as tx:
        assert tx.secrets.secret(ACCOUNT, reference) is None


def test_a_name_that_looks_like_an_arn_suffix_is_not_confused(database: Database) -> None:
    longer = replace(SECRET, arn=ARN + "-GhIjKl", name="app/db-AbCdEf")
    database.write(lambda tx: tx.secrets.put_secret(longer))
    with database.read() as tx:
        assert tx.secrets.secret(ACCOUNT, ARN) == longer
    database.write(lambda tx: tx.secrets.put_secret(SECRET))
    with database.read() as tx:
        assert tx.secrets.secret(ACCOUNT, ARN) == SECRET


def test_secrets_are_paged_by_name_and_destroyed_when_due(database: Database) -> None:
    due = replace(SECRET, arn=ARN + "2", name="b", deleted_at=NOW, deletion_at=NOW + HOUR)
    for secret in (due, SECRET):
        put_one(database, lambda tx, s: tx.secrets.put_secret(s), secret)
    with database.read() as tx:
        assert tx.secrets.secrets(ACCOUNT) == [SECRET, due]
        assert tx.secrets.secrets(ACCOUNT, after_name="app/db", limit=5) == [due]
        assert tx.secrets.secrets("999999999999") == []
        assert tx.secrets.due_for_destruction(NOW) == []
        assert tx.secrets.due_for_destruction(NOW + HOUR) == [due]


def test_a_stage_is_on_one_version_at_a_time(database: Database) -> None:
    def put(tx: Transaction) -> None:
        tx.secrets.put_secret(SECRET)
        tx.secrets.put_version(a_version(1, AWSCURRENT))
        tx.secrets.put_version(a_version(2))
        tx.secrets.move_stages(ARN, {"v1": frozenset({AWSPREVIOUS}), "v2": frozenset({AWSCURRENT, "blue"})})

    database.write(put)
    first, second = a_version(1, AWSPREVIOUS), a_version(2, AWSCURRENT, "blue")
    with database.read() as tx:
        assert tx.secrets.versions(ARN) == [second, first]
        assert tx.secrets.version(ARN) == second
        assert tx.secrets.version(ARN, stage=AWSPREVIOUS) == first
        assert tx.secrets.version(ARN, version_id="v1") == first
        assert tx.secrets.version(ARN, version_id="v2", stage="blue") == second
        assert tx.secrets.version(ARN, version_id="v1", stage="blue") is None
        assert tx.secrets.version(ARN, stage="none") is None
    database.write(lambda tx: tx.secrets.put_version(a_version(3, "blue")))
    with database.read() as tx:
        assert tx.secrets.version(ARN, stage="blue") == a_version(3, "blue")
        assert tx.secrets.version(ARN) == a_version(2, AWSCURRENT)
    database.write(lambda tx: tx.secrets.delete_version(ARN, "v3"))
    database.write(lambda tx: tx.secrets.destroy_secret(ARN))
    with database.read() as tx:
        assert tx.secrets.versions(ARN) == []
        assert tx.secrets.secret(ACCOUNT, ARN) is None


def test_issuer_trusts_come_back(database: Database) -> None:
    trust = IssuerTrust(ACCOUNT, "https://issuer.example", ("sts", "x"), NOW, jwks="{}", max_token_seconds=600)
    for each in (replace(trust, jwks=""), trust):
        put_one(database, lambda tx, t: tx.federation.put_issuer_trust(t), each)
    with database.read() as tx:
        assert tx.federation.issuer_trusts() == [trust]
    database.write(lambda tx: tx.federation.delete_issuer_trust(ACCOUNT, trust.issuer))
    with database.read() as tx:
        assert tx.federation.issuer_trusts() == []


def test_the_latest_use_wins(database: Database) -> None:
    use = LastUse(Used.ROLE, "arn:r", NOW, "10.0.0.1", "AssumeRole", "sts")
    later = replace(use, at=NOW + HOUR, source_ip="10.0.0.2")
    database.write(lambda tx: tx.last_uses.put_last_uses([later, use]))
    database.write(lambda tx: tx.last_uses.put_last_uses([use, replace(use, kind=Used.SECRET)]))
    database.write(lambda tx: tx.last_uses.put_last_uses([]))
    with database.read() as tx:
        assert tx.last_uses.last_use(Used.ROLE, "arn:r") == later
        assert tx.last_uses.last_uses(Used.ROLE) == {"arn:r": later}


def test_a_message_is_claimed_once_and_then_settled(database: Database) -> None:
    sent = Queued("m0", MailKind.TEST, "h", NOW, b"sealed", next_attempt_at=NOW)
    later = replace(sent, message_id="m1", created_at=NOW + HOUR, next_attempt_at=NOW + HOUR)
    for queued in (sent, later):
        put_one(database, lambda tx, q: tx.outbox.add(q), queued)
    with database.read() as tx:
        assert tx.outbox.due(NOW, 5) == [sent]
        assert tx.outbox.newest(5) == [later, sent]
        assert tx.outbox.find("m1") == later
        assert tx.outbox.waiting() == 2
        assert tx.outbox.count_since("h", NOW) == 1, "not at that moment, after it"
        assert tx.outbox.count_since("other", NOW - HOUR) == 0
    claims = [database.write(lambda tx: tx.outbox.claim(sent, until=NOW + HOUR)) for _ in range(2)]
    assert claims == [True, False]
    database.write(lambda tx: tx.outbox.put(replace(sent, sealed_body=b"", next_attempt_at=None, sent_at=NOW)))
    assert database.write(lambda tx: tx.outbox.delete_settled(created_before=NOW)) == 0
    assert database.write(lambda tx: tx.outbox.delete_settled(created_before=NOW + HOUR)) == 1
    with database.read() as tx:
        assert tx.outbox.newest(5) == [later]


CHANGES: dict[Topic, Callable[[Transaction], None]] = {
    Topic.ACCESS: lambda tx: tx.access.put_user_policy(UserPolicy(ACCOUNT, "u", "p", "{}")),
    Topic.DIRECTORY: lambda tx: tx.directory.put_group(Group("g", "o", "p")),
    Topic.APPLICATIONS: lambda tx: tx.applications.put_application(APPLICATION),
    Topic.FEDERATION: lambda tx: tx.federation.delete_issuer_trust(ACCOUNT, "x"),
    Topic.KEYS: lambda tx: tx.server_keys.delete_server_key("x"),
    Topic.ACCESS_KEYS: lambda tx: tx.credentials.delete_iam_user(ACCOUNT, "x"),
    Topic.EPOCHS: lambda tx: tx.sessions.add_epoch(Epoch(EpochKind.ROLE, "r", NOW)),
}


@pytest.mark.parametrize("topic", CHANGES)
def test_every_change_raises_the_generation_of_its_topic_alone(database: Database, topic: Topic) -> None:
    for _ in range(2):
        database.write(CHANGES[topic])
    with database.read() as tx:
        assert tx.generations.current() == {topic: 2}
