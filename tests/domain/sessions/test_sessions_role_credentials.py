"""Who gets role credentials besides machines: people by assignment, the operator by the root key; and who ends them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.access.errors import AccessDenied
from ostiary.domain.access.model import Assignment, PermissionSet
from ostiary.domain.audit.caller import Assurance, Caller, CallerKind, Door, Origin
from ostiary.domain.audit.vocabulary import Outcome
from ostiary.domain.credentials.access_key_errors import AccessKeyRefused, NoSuchIamUser
from ostiary.domain.credentials.model import IamUser
from ostiary.domain.directory.attributes import access_tags
from ostiary.domain.directory.model import (
    AttributeDefinition,
    AttributeType,
    Directory,
    Group,
    Person,
    PersonKind,
    PersonStatus,
)
from ostiary.domain.sessions.errors import SessionRevoked, UnknownRevocationSubject
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.domain.sessions.revocation import RevocationIndex
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, World, allow, issued, policy, role_arn, trusts


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.database.write(_fill)
    made.database.write(lambda tx: tx.directory.put_person(ana(made)))
    made.reload()
    yield made
    made.database.close()


def _fill(tx: Any) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_group(Group("developers", "platform", "write the shop"))
    for name, access in ("team", True), ("nickname", False):
        tx.directory.put_attribute_definition(AttributeDefinition(name, AttributeType.STRING, "hr", access=access))
    tx.access.put_permission_set(PermissionSet("Developer", "d", {"p": policy(allow("sts:*"))}))
    tx.access.put_assignment(Assignment("developers", "Developer", ACCOUNT))


def ana(world: World, **more: Any) -> Person:
    person = Person(
        person_id="018f-ana",
        directory="workforce",
        user_name="ana@example.com",
        display_name="Ana",
        email="ana@example.com",
        status=PersonStatus.ACTIVE,
        created_at=world.clock.now(),
        attributes={"team": "shop", "nickname": "a"},
        groups=("developers",),
    )
    return replace(person, **more)


def signed_in(world: World, **more: Any) -> Caller:
    person = ana(world)
    caller = Caller(
        arn=person.arn,
        account=ACCOUNT,
        kind=CallerKind.PERSON,
        name=person.user_name,
        origin=Origin(Door.WEB, source_ip="192.0.2.9"),
        assurance=Assurance(("pwd", "otp", "mfa"), world.clock.now()),
        session_id="browser-session-1",
        user_id=person.person_id,
    )
    return replace(caller, **more)


def developer(world: World) -> str:
    (assigned,) = world.person_credentials.roles(ana(world), world.clock.now())
    return assigned.role.arn


def test_a_person_gets_the_role_of_her_group_with_her_access_attributes_as_tags(world: World) -> None:
    now = world.clock.now()
    credentials = world.person_credentials.issue(signed_in(world), ana(world), developer(world), now)
    who = world.client("sts", issued(credentials)).get_caller_identity()
    assert who["Arn"].endswith("/ana@example.com")
    event = world.events("GetRoleCredentials")[-1]
    assert event.details["tagKeys"] == ["team"]
    assert event.details["permissionSet"] == "Developer"
    assert event.assurance == ["pwd", "otp", "mfa"]
    used = world.events("GetCallerIdentity")[-1]
    assert used.source_identity == "ana@example.com"


@pytest.mark.parametrize(("kind", "minutes"), [(PersonKind.ORDINARY, 60), (PersonKind.BREAK_GLASS, 20)])
def test_credentials_of_a_guarded_account_end_with_its_session(world: World, kind: PersonKind, minutes: int) -> None:
    now, person = world.clock.now(), ana(world, kind=kind)
    caller = signed_in(world, expires_at=now + timedelta(minutes=20))
    credentials = world.person_credentials.issue(caller, person, developer(world), now)
    assert credentials.expiration == now + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("caller", "person"),
    [
        ({"assurance": Assurance(("pwd",))}, {}),
        ({"arn": "arn:aws:identitystore:::user/other"}, {}),
        ({"kind": CallerKind.IAM_USER}, {}),
        ({}, {"status": PersonStatus.DISABLED}),
        ({}, {"groups": ()}),
    ],
)
def test_nobody_else_and_nothing_less_gets_them(world: World, caller: dict[str, Any], person: dict[str, Any]) -> None:
    wanted = developer(world)
    with pytest.raises(AccessDenied):
        world.person_credentials.issue(signed_in(world, **caller), ana(world, **person), wanted, world.clock.now())
    (event,) = world.events("GetRoleCredentials")
    assert (event.outcome, event.resources) == (Outcome.DENIED, [wanted])


@pytest.mark.parametrize(
    ("kind", "allowed", "refused"),
    [
        (PersonKind.ORDINARY, ("secretsmanager:GetSecretValue", "iam:CreateAccessKey"), ()),
        (
            PersonKind.FIRST_ADMINISTRATOR,
            ("cloudtrail:LookupEvents", "ostiary:InvitePerson", "iam:SimulatePrincipalPolicy"),
            ("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "iam:CreateAccessKey", "sts:AssumeRole"),
        ),
        (
            PersonKind.BREAK_GLASS,
            ("secretsmanager:GetSecretValue", "cloudtrail:LookupEvents"),
            ("iam:CreateAccessKey", "ostiary:RotateClientSecret"),
        ),
    ],
)
def test_a_guarded_account_does_its_listed_tasks_and_nothing_else(
    world: World, kind: PersonKind, allowed: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    everything = PermissionSet("Developer", "d", {"p": policy(allow("*"))})
    world.database.write(lambda tx: tx.access.put_permission_set(everything))
    world.reload()
    now = world.clock.now()
    credentials = world.person_credentials.issue(signed_in(world), ana(world, kind=kind), developer(world), now)
    token, origin = credentials.session_token, Origin(Door.AWS)
    caller = world.signing_credentials.load(credentials.access_key_id, token, origin=origin, now=now).caller
    for action in allowed:
        world.authorizer.authorize(caller, action, "*", resource_account=ACCOUNT)
    for action in refused:
        with pytest.raises(AccessDenied):
            world.authorizer.authorize(caller, action, "*", resource_account=ACCOUNT)


def test_a_role_that_is_not_assigned_is_refused(world: World) -> None:
    for wanted in role_arn("deploy"), role_arn("OstiaryAdministrator"), "junk":
        with pytest.raises(AccessDenied, match="not assigned"):
            world.person_credentials.issue(signed_in(world), ana(world), wanted, world.clock.now())


def test_credentials_end_with_the_assignment(world: World) -> None:
    until = world.clock.now() + timedelta(minutes=20)
    assignment = Assignment("developers", "Developer", ACCOUNT, until)
    world.database.write(lambda tx: tx.access.put_assignment(assignment))
    world.reload()
    credentials = world.person_credentials.issue(signed_in(world), ana(world), developer(world), world.clock.now())
    assert credentials.expiration == until
    world.clock.advance(timedelta(minutes=20))
    assert not world.person_credentials.roles(ana(world), world.clock.now())


def test_a_session_from_the_portal_cannot_assume_another_role(world: World) -> None:
    world.put_role("next", trust=policy(trusts({"AWS": f"arn:aws:iam::{ACCOUNT}:root"})))
    world.reload()
    credentials = world.person_credentials.issue(signed_in(world), ana(world), developer(world), world.clock.now())
    sts = world.client("sts", issued(credentials))
    with pytest.raises(ClientError, match=r"AccessDenied.*access portal cannot assume another role"):
        sts.assume_role(RoleArn=role_arn("next"), RoleSessionName="x1")
    assert world.events("AssumeRole")[-1].outcome is Outcome.DENIED


def test_a_reserved_role_is_entered_by_assignment_only(world: World) -> None:
    sts = world.client("sts", issued(world.operator_credentials.issue(None, world.clock.now())))
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=developer(world), RoleSessionName="x1")


def test_an_attribute_without_a_value_is_no_tag(world: World) -> None:
    definitions = [AttributeDefinition("team", AttributeType.STRING, "hr", access=True)]
    assert access_tags(ana(world, attributes={"team": ""}), definitions) == {}
    assert access_tags(ana(world, attributes={}), definitions) == {}


# --- the operator -----------------------------------------------------------------------------------------------------


def test_the_operator_enters_the_administrator_role_and_is_named_in_the_trail(world: World) -> None:
    credentials = world.operator_credentials.issue(None, world.clock.now())
    who = world.client("sts", issued(credentials)).get_caller_identity()
    assert who["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/OstiaryAdministrator/operator"
    (event,) = world.events("GetOperatorCredentials")
    assert event.actor_arn == f"arn:aws:iam::{ACCOUNT}:root"


def test_the_operator_enters_no_role_that_does_not_trust_the_account(world: World) -> None:
    world.put_role("theirs", account=OTHER_ACCOUNT, trust=policy(trusts({"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"})))
    world.reload()
    for wanted in role_arn("deploy"), role_arn("theirs", OTHER_ACCOUNT), role_arn("absent"):
        with pytest.raises(AccessDenied):
            world.operator_credentials.issue(wanted, world.clock.now())
    assert [event.outcome for event in world.events("GetOperatorCredentials")] == [Outcome.DENIED] * 3


# --- revocation -------------------------------------------------------------------------------------------------------


def test_revoking_a_person_ends_her_sessions_and_is_recorded(world: World) -> None:
    credentials = world.person_credentials.issue(signed_in(world), ana(world), developer(world), world.clock.now())
    world.revocation.revoke(operator(ACCOUNT), EpochKind.PERSON, "018f-ana")
    world.reload()
    with pytest.raises(ClientError, match="revoked"):
        world.client("sts", issued(credentials)).get_caller_identity()
    (event,) = world.events("RevokeSessions")
    assert event.details == {"kind": "person", "subject": "018f-ana"}


def test_a_person_revokes_her_own_sessions_and_nobody_elses(world: World) -> None:
    world.revocation.revoke(signed_in(world), EpochKind.PERSON, "018f-ana")
    for kind, subject in (EpochKind.PERSON, "018f-bob"), (EpochKind.ROLE, role_arn("deploy")):
        with pytest.raises(AccessDenied):
            world.revocation.revoke(signed_in(world), kind, subject)


def test_an_operator_of_one_account_revokes_nothing_of_another(world: World) -> None:
    with pytest.raises(AccessDenied):
        world.revocation.revoke(operator(OTHER_ACCOUNT), EpochKind.WORKLOAD, "shop-deploy")
    with pytest.raises(AccessDenied):
        world.revocation.revoke(operator(OTHER_ACCOUNT), EpochKind.ROLE, role_arn("deploy"))
    with pytest.raises(UnknownRevocationSubject):
        world.revocation.revoke(operator(ACCOUNT), EpochKind.WORKLOAD, "nobody")
    with pytest.raises(UnknownRevocationSubject):
        world.revocation.revoke(operator(ACCOUNT), EpochKind.ROLE, "no arn")


def test_an_epoch_holds_for_what_was_issued_until_then_and_never_moves_back(world: World) -> None:
    now, key = world.clock.now(), (EpochKind.PERSON.value, "p")
    later = Epoch(EpochKind.PERSON, "p", now + timedelta(seconds=5), sequence=1)
    index = RevocationIndex().with_epochs([later, Epoch(EpochKind.PERSON, "p", now, sequence=2)])
    assert index.sequence == 2
    for seconds in (0, 5):
        with pytest.raises(SessionRevoked):
            index.check_not_revoked([key], issued_at=now + timedelta(seconds=seconds))
    index.check_not_revoked([key], issued_at=now + timedelta(seconds=6))
    index.check_not_revoked([(EpochKind.ROLE.value, "p")], issued_at=now)


# --- access keys ------------------------------------------------------------------------------------------------------


def test_a_long_term_key_needs_a_user_a_reason_and_an_expiry_and_there_are_two_at_most(world: World) -> None:
    now = world.clock.now()
    user = IamUser("backup", ACCOUNT, "platform", "an appliance", now + timedelta(days=30), now, "AIDABACKUP")
    world.database.write(lambda tx: tx.credentials.put_iam_user(user))

    def make(*, name: str = "backup", reason: str = "no OIDC there", days: int = 30) -> str:
        ends = now + timedelta(days=days)
        caller = operator(ACCOUNT)
        made = world.access_keys.create(caller, account=ACCOUNT, user_name=name, reason=reason, expires_at=ends)
        assert made.secret_access_key.reveal() not in str(made)
        return made.access_key_id

    with pytest.raises(NoSuchIamUser):
        make(name="nobody")
    for refused in {"reason": " "}, {"days": 31}, {"days": 0}:
        with pytest.raises(AccessKeyRefused):
            make(**refused)
    one, two = make(), make(days=1)
    assert len(one) == len(two) == 20
    with pytest.raises(AccessKeyRefused, match="at most 2"):
        make()
    assert [event.details["accessKeyId"] for event in world.events("CreateAccessKey")] == [one, two]
