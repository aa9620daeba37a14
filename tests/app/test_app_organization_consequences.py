"""Each rule of the table: what was issued before a change is good until it, and not after it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from organization_house import EXAMPLE, TRUST, Apply, statement
from ostiary.app.house import House
from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.access.index import reserved_name
from ostiary.domain.access.model import SSO_PATH
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Door, Origin
from ostiary.domain.credentials.enrolment_links import issue_link
from ostiary.domain.credentials.model import LinkPurpose
from ostiary.domain.credentials.one_time_links import issue_one_time_link
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.sessions.errors import SessionRevoked
from ostiary.domain.sessions.model import BrowserSession, EpochKind, SessionLevel
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.sessions.role_session import TemporaryCredentials
from ostiary.domain.sessions.signing_credentials import SigningCredentials
from ostiary.domain.tokens.model import TokenFamily
from ostiary.kit import arn
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.storage.transaction import Transaction

ATTRIBUTES = """
[[attribute]]
name = "team"
type = "string"
source = "hr"
access = true

[[attribute]]
name = "phone"
type = "string"
source = "self"
"""
ISSUER = "https://issuer.example.org"
DOORS = f"""
[[issuer_trust]]
issuer = "{ISSUER}"
audiences = ["a", "b"]

[[workload]]
name = "w"
owner = "operator"
purpose = "p"
expires = 2027-01-01
issuer = "{ISSUER}"
subject = "one"

[[role]]
name = "r"
trust_policy = '''{TRUST}'''

[[application]]
client_id = "c"
name = "C"
kind = "machine"
authentication = "client_secret_basic"
owner = "operator"
scopes = ["openid", "read"]

[[iam_user]]
name = "u"
owner = "operator"
reason = "r"
expires = 2027-01-01
"""


def person_text(groups: str = '"team-a"', team: str = "a", status: str = "active") -> str:
    return (
        f'[[person]]\nuser_name = "ana"\ndisplay_name = "Ana"\ngroups = [{groups}]\nstatus = "{status}"\n'
        f'attributes = {{ team = "{team}" }}\n'
    )


def rights_text() -> str:
    groups = "".join(f'[[group]]\nname = "team-{x}"\nowner = "operator"\npurpose = "p"\n' for x in "ab")
    sets = "".join(
        f"[[permission_set]]\nname = \"Set{x}\"\npolicies.P = '''{statement('secretsmanager:*', '*')}'''\n"
        for x in "ab"
    )
    assigned = "".join(f'[[assignment]]\ngroup = "team-{x}"\npermission_set = "Set{x}"\n' for x in "ab")
    return ATTRIBUTES + groups + sets + assigned


def ana_of(house: House) -> Person:
    with house.database.read() as tx:
        ana = tx.directory.person_by_user_name("ana")
    assert ana is not None
    return ana


def activate(house: House) -> None:
    """As if she had enrolled."""
    person_id = ana_of(house).person_id
    house.database.write(lambda tx: tx.directory.set_person_status(person_id, PersonStatus.ACTIVE))


def role_arn(house: House, permission_set: str) -> str:
    account = house.organization.account
    return arn.iam(account, "role", SSO_PATH + reserved_name(permission_set, account))


def role_credentials(house: House, permission_set: str) -> TemporaryCredentials:
    ana = ana_of(house)
    service = PersonRoleCredentials(
        transactions=house.database,
        index=house.remembered.access,
        authorizer=house.authorizer,
        issuer=house.role_session_issuer,
        recorder=house.database,
    )
    caller = Caller(
        arn=ana.arn,
        account=house.organization.account,
        kind=CallerKind.PERSON,
        name=ana.user_name,
        user_id=ana.person_id,
        origin=Origin(Door.WEB),
        assurance=Assurance(("pwd", "otp", "mfa"), house.clock.now()),
        session_id="session",
    )
    return service.issue(caller, ana, role_arn(house, permission_set), house.clock.now())


def use(house: House, credentials: TemporaryCredentials) -> Caller:
    """The caller that a signed request with these credentials is. Raises SessionRevoked."""
    remembered = house.remembered
    signing = SigningCredentials(
        keys=remembered.keys,
        index=remembered.access,
        access_keys=remembered.access_keys,
        workloads=remembered.workloads,
        revocations=remembered.revocations,
    )
    now = house.clock.now()
    found = signing.load(credentials.access_key_id, credentials.session_token, origin=Origin(Door.AWS), now=now)
    signing.check_in_force(found.caller, now=now)
    return found.caller


def is_revoked(house: House, kind: EpochKind, subject: str, *, issued_before: timedelta = timedelta(seconds=1)) -> bool:
    issued_at = house.clock.now() - issued_before
    try:
        house.remembered.revocations.value.check_not_revoked([(kind.value, subject)], issued_at=issued_at)
    except SessionRevoked:
        return True
    return False


@pytest.fixture
def with_ana(house: House, clock: FixedClock, apply_text: Apply) -> House:
    apply_text(rights_text() + person_text())
    activate(house)
    clock.advance(timedelta(minutes=1))
    return house


def test_a_person_who_is_moved_to_another_group_decides_differently(
    with_ana: House, clock: FixedClock, apply_text: Apply
) -> None:
    before = role_credentials(with_ana, "Seta")
    assert use(with_ana, before).tags["team"] == "a"
    with pytest.raises(AccessDenied):
        role_credentials(with_ana, "Setb")

    clock.advance(timedelta(minutes=1))
    apply_text(person_text(groups='"team-b"', team="b"))
    clock.advance(timedelta(seconds=1))

    with pytest.raises(SessionRevoked):
        use(with_ana, before)
    with pytest.raises(AccessDenied):
        role_credentials(with_ana, "Seta")
    assert use(with_ana, role_credentials(with_ana, "Setb")).tags["team"] == "b"


def test_the_next_session_carries_the_new_attribute(with_ana: House, clock: FixedClock, apply_text: Apply) -> None:
    before = role_credentials(with_ana, "Seta")
    clock.advance(timedelta(minutes=1))
    apply_text(person_text(team="b"))
    clock.advance(timedelta(seconds=1))
    with pytest.raises(SessionRevoked):
        use(with_ana, before)
    assert use(with_ana, role_credentials(with_ana, "Seta")).tags["team"] == "b"


def test_a_new_name_ends_nothing(with_ana: House, clock: FixedClock, apply_text: Apply) -> None:
    before = role_credentials(with_ana, "Seta")
    clock.advance(timedelta(minutes=1))
    apply_text(person_text().replace('"Ana"', '"Ana B"'))
    assert use(with_ana, before).tags["team"] == "a"


@pytest.mark.parametrize(("address", "left"), [("ana@example.org", 0), ("Ana@Example.com", 3)])
def test_links_that_were_mailed_to_an_address_end_with_it(
    with_ana: House, clock: FixedClock, apply_text: Apply, address: str, left: int
) -> None:
    """Whoever has the old mailbox must not come in, or lock her out, by what was sent there."""
    apply_text(person_text() + 'email = "ana@example.com"\n')
    person_id, now = ana_of(with_ana).person_id, clock.now()
    verified = replace(ana_of(with_ana), email_verified_at=now)

    def give(tx: Transaction) -> list[str]:
        tx.directory.put_person(verified)
        tokens = [
            issue_one_time_link(tx.credentials, purpose, now, person_id=person_id).token
            for purpose in (LinkPurpose.RECOVERY, LinkPurpose.NOT_ME)
        ]
        return [token.reveal() for token in (*tokens, issue_link(tx.credentials, person_id, now).token)]

    tokens = with_ana.database.write(give)
    apply_text(person_text() + f'email = "{address}"\n')
    with with_ana.database.read() as tx:
        rows = tx.credentials
        found = [rows.one_time_link(hash_secret(token)) or rows.enrolment_link(hash_secret(token)) for token in tokens]
    assert len([link for link in found if link is not None]) == left
    assert (ana_of(with_ana).email_verified_at is None) is (left == 0)


def test_a_disabled_person_has_nothing_left(with_ana: House, clock: FixedClock, apply_text: Apply) -> None:
    before = role_credentials(with_ana, "Seta")
    ana, now = ana_of(with_ana), clock.now()
    session = BrowserSession(
        "s",
        b"h" * 32,
        ana.person_id,
        SessionLevel.FULL,
        ("pwd",),
        now,
        now,
        now,
        now + timedelta(hours=1),
        "",
        "",
        b"c",
    )
    family = TokenFamily(
        "f", "c", ana.person_id, "s", (), (), now, now, now + timedelta(hours=1), current_hash=b"x" * 32
    )
    with_ana.database.write(lambda tx: tx.sessions.add_browser_session(session))
    with_ana.database.write(lambda tx: tx.tokens.add_family(family))

    clock.advance(timedelta(minutes=1))
    apply_text(person_text(status="disabled"))

    with pytest.raises(SessionRevoked):
        use(with_ana, before)
    with pytest.raises(AccessDenied):
        role_credentials(with_ana, "Seta")
    with with_ana.database.read() as tx:
        assert tx.sessions.browser_sessions(ana.person_id) == []
        ended = tx.tokens.family("f")
    assert ended is not None
    assert ended.ended_at == clock.now()


def test_who_loses_an_assignment_loses_its_sessions_even_when_it_comes_back(
    with_ana: House, clock: FixedClock, apply_text: Apply
) -> None:
    before = role_credentials(with_ana, "Seta")
    clock.advance(timedelta(minutes=1))
    apply_text('[[assignment]]\ngroup = "team-b"\npermission_set = "Setb"\n')
    with pytest.raises(AccessDenied):
        role_credentials(with_ana, "Seta")
    apply_text('[[assignment]]\ngroup = "team-a"\npermission_set = "Seta"\n')
    with pytest.raises(SessionRevoked):
        use(with_ana, before)
    clock.advance(timedelta(seconds=1))
    use(with_ana, role_credentials(with_ana, "Seta"))


def test_an_assignment_that_ends_earlier_ends_longer_sessions(
    with_ana: House, clock: FixedClock, apply_text: Apply
) -> None:
    before = role_credentials(with_ana, "Seta")
    clock.advance(timedelta(minutes=1))
    apply_text('[[assignment]]\ngroup = "team-a"\npermission_set = "Seta"\nuntil = 2026-05-01T09:10:00Z\n')
    with pytest.raises(SessionRevoked):
        use(with_ana, before)


@pytest.mark.parametrize(
    "attributes",
    ["attribute = []\n", ATTRIBUTES.replace("access = true", "access = false")],
    ids=["deleted", "without access"],
)
def test_an_attribute_that_carries_access_no_more_ends_the_sessions_that_have_it(
    with_ana: House, clock: FixedClock, apply_text: Apply, attributes: str
) -> None:
    before = role_credentials(with_ana, "Seta")
    clock.advance(timedelta(minutes=1))
    apply_text(attributes)
    with pytest.raises(SessionRevoked):
        use(with_ana, before)
    clock.advance(timedelta(seconds=1))
    assert "team" not in use(with_ana, role_credentials(with_ana, "Seta")).tags


def test_an_attribute_that_is_deleted_takes_its_values_along(with_ana: House, apply_text: Apply) -> None:
    apply_text("attribute = []\n")
    apply_text(ATTRIBUTES)
    assert dict(ana_of(with_ana).attributes) == {}


def trust_arn(house: House) -> str:
    return arn.iam(house.organization.account, "oidc-provider", "issuer.example.org")


def changes() -> Iterable[tuple[str, str, str, EpochKind, bool]]:
    workload, role, application, trust = (
        EpochKind.WORKLOAD,
        EpochKind.ROLE,
        EpochKind.APPLICATION,
        EpochKind.ISSUER_TRUST,
    )
    yield "workload disabled", 'subject = "one"', 'subject = "one"\nstatus = "disabled"', workload, True
    yield "workload's subject", 'subject = "one"', 'subject = "two"', workload, True
    yield "workload's tags", 'subject = "one"', 'subject = "one"\ntags = { a = "b" }', workload, True
    yield "workload's purpose", 'purpose = "p"', 'purpose = "q"', workload, False
    yield "workload renamed", 'name = "w"', 'name = "x"', workload, True
    yield "role renamed", 'name = "r"', 'name = "s"', role, True
    yield "role's path", 'name = "r"', 'name = "r"\npath = "/p/"', role, True
    yield "role's trust", "SUBJECT", "OTHER", role, False
    yield "application disabled", 'client_id = "c"', 'client_id = "c"\nenabled = false', application, True
    yield "application renamed", 'client_id = "c"', 'client_id = "d"', application, True
    yield "application's scopes", '"openid", "read"', '"openid"', application, True
    yield "application's name", 'name = "C"', 'name = "D"', application, False
    yield "trust's audience narrowed", '"a", "b"', '"a"', trust, True
    yield "trust's audience widened", '"a", "b"', '"a", "b", "c"', trust, False
    yield "trust's algorithms", '"a", "b"]', '"a", "b"]\nalgorithms = ["ES256"]', trust, True
    yield "trust's keys", '"a", "b"]', f'"a", "b"]\njwks_uri = "{ISSUER}/keys"', trust, True


@pytest.mark.parametrize(("before", "after", "kind", "ends"), [c[1:] for c in changes()], ids=[c[0] for c in changes()])
def test_what_rests_on_a_change_ends_with_it(
    house: House, clock: FixedClock, apply_text: Apply, before: str, after: str, kind: EpochKind, *, ends: bool
) -> None:
    subjects = {
        EpochKind.WORKLOAD: "w",
        EpochKind.ROLE: arn.iam(house.organization.account, "role", "r"),
        EpochKind.APPLICATION: "c",
        EpochKind.ISSUER_TRUST: trust_arn(house),
    }
    apply_text(DOORS)
    clock.advance(timedelta(minutes=1))
    assert not is_revoked(house, kind, subjects[kind])
    assert before in DOORS
    apply_text(DOORS.replace(before, after))
    assert {other: is_revoked(house, other, subject) for other, subject in subjects.items()} == {
        other: ends and other is kind for other in subjects
    }


def test_an_issuer_trust_that_is_deleted_ends_what_came_through_it(
    house: House, clock: FixedClock, apply_text: Apply
) -> None:
    apply_text(DOORS)
    clock.advance(timedelta(minutes=1))
    apply_text("issuer_trust = []\nworkload = []\nrole = []\n")
    assert is_revoked(house, EpochKind.ISSUER_TRUST, trust_arn(house))
    assert is_revoked(house, EpochKind.WORKLOAD, "w")


def test_the_example_ends_nothing_when_it_is_new(apply_text: Apply) -> None:
    assert apply_text(EXAMPLE.read_text()).ended == []
