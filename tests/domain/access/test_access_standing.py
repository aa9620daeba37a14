"""What is in force for somebody who is named instead of present? The same as when she comes herself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ostiary.domain.access.builtin import root_arn
from ostiary.domain.access.conditions import context_of
from ostiary.domain.access.errors import NoStanding, PrincipalOutOfForce, UnknownPrincipal
from ostiary.domain.access.index import reserved_name
from ostiary.domain.access.model import Assignment, PermissionSet, UserPolicy
from ostiary.domain.access.standing import Standing, Standings
from ostiary.domain.applications.model import Application, ApplicationKind, ClientAuthentication
from ostiary.domain.audit.caller import CallerKind
from ostiary.domain.credentials.model import IamUser
from ostiary.domain.directory.model import (
    AttributeDefinition,
    AttributeType,
    Directory,
    Group,
    Person,
    PersonKind,
    PersonStatus,
)
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.domain.sessions.person_credentials import ACTION
from ostiary.policy import Request, decide
from parts.aws_world import ACCOUNT, ORIGIN, OTHER_ACCOUNT, World, allow, issued, policy, role_arn, trusts

CLOSED = policy({"Effect": "Deny", "Principal": "*", "Action": "sts:*"})
OWN_TEAM = policy(
    allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/team}/*")
)
OF_SHOP = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/key-AbCdEf"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.database.write(lambda tx: _fill(tx, made))
    made.reload()
    yield made
    made.database.close()


def _fill(tx: Any, world: World) -> None:
    now = world.clock.now()
    tx.directory.put_directory(Directory("workforce"))
    for group in "developers", "guests":
        tx.directory.put_group(Group(group, "platform", "a test"))
    tx.directory.put_attribute_definition(AttributeDefinition("team", AttributeType.STRING, "hr", access=True))
    tx.directory.put_person(ana(world))
    tx.access.put_permission_set(PermissionSet("Developer", "d", {"p": OWN_TEAM}))
    tx.access.put_permission_set(PermissionSet("Late", "d", {"p": OWN_TEAM}))
    tx.access.put_assignment(Assignment("developers", "Developer", ACCOUNT))
    tx.access.put_assignment(Assignment("developers", "Late", ACCOUNT, until=now))
    tx.access.put_assignment(Assignment("guests", "Developer", OTHER_ACCOUNT))
    tx.credentials.put_iam_user(
        IamUser("legacy", ACCOUNT, "ops", "old tool", now + timedelta(days=1), now, "AIDALEGACY")
    )
    tx.access.put_user_policy(UserPolicy(ACCOUNT, "legacy", "p", policy(allow("sts:GetCallerIdentity"))))
    tx.applications.put_application(application(now))


def ana(world: World, **more: Any) -> Person:
    person = Person(
        person_id="018f-ana",
        directory="workforce",
        user_name="ana@example.com",
        display_name="Ana",
        email="ana@example.com",
        status=PersonStatus.ACTIVE,
        created_at=world.clock.now(),
        attributes={"team": "shop"},
        groups=("developers",),
    )
    return replace(person, **more)


def application(now: Any, **more: Any) -> Application:
    made = Application(
        client_id="billing",
        name="Billing",
        kind=ApplicationKind.MACHINE,
        authentication=ClientAuthentication.SECRET_BASIC,
        owner="platform",
        created_at=now,
    )
    return replace(made, **more)


def standings(world: World) -> Standings:
    return Standings(index=world.indexes.access, transactions=world.database, clock=world.clock)


def may(standing: Standing, action: str, resource: str) -> bool:
    request = Request(standing.principal, action, resource, ACCOUNT, standing.context)
    return decide(request, standing.policies).allowed


def test_a_person_stands_for_herself_and_in_each_role_of_her_groups_that_is_not_over(world: World) -> None:
    herself, developer = standings(world).of("ana@example.com")
    assert may(herself, ACTION, herself.caller.arn)
    assert not may(herself, "secretsmanager:GetSecretValue", OF_SHOP)
    assert developer.principal.arn == (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/{reserved_name('Developer', ACCOUNT)}/ana@example.com"
    )
    assert may(developer, "secretsmanager:GetSecretValue", OF_SHOP)
    assert not may(developer, "secretsmanager:GetSecretValue", OF_SHOP.replace("shop", "bank"))


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (PersonKind.ORDINARY, ("secretsmanager:GetSecretValue", "iam:CreateAccessKey", "iam:ListRoles")),
        (PersonKind.FIRST_ADMINISTRATOR, ("iam:ListRoles",)),
        (PersonKind.BREAK_GLASS, ("secretsmanager:GetSecretValue", "iam:ListRoles")),
    ],
)
def test_of_a_guarded_account_no_more_is_said_than_its_sessions_may(
    world: World, kind: PersonKind, allowed: tuple[str, ...]
) -> None:
    """Whoever enforces our answers must not open to the first administrator what her own credentials do not."""
    world.database.write(lambda tx: tx.directory.put_person(ana(world, kind=kind)))
    everything = PermissionSet("Developer", "d", {"p": policy(allow("*", "*"))})
    world.database.write(lambda tx: tx.access.put_permission_set(everything))
    world.reload()
    _, developer = standings(world).of("ana@example.com")
    actions = ("secretsmanager:GetSecretValue", "iam:CreateAccessKey", "iam:ListRoles")
    assert tuple(action for action in actions if may(developer, action, OF_SHOP)) == allowed


def test_a_person_is_found_by_her_arn_and_by_her_name_however_it_is_typed(world: World) -> None:
    by_name = standings(world).of("ana@example.com")
    for name in "arn:aws:identitystore:::user/018f-ana", " ANA@example.com":
        assert [one.principal for one in standings(world).of(name)] == [one.principal for one in by_name]


@pytest.mark.parametrize("status", [PersonStatus.DISABLED, PersonStatus.INVITED])
def test_a_person_who_is_not_active_stands_nowhere(world: World, status: PersonStatus) -> None:
    world.database.write(lambda tx: tx.directory.set_person_status("018f-ana", status))
    with pytest.raises(PrincipalOutOfForce, match=status.value):
        standings(world).of("ana@example.com")


def test_a_role_whose_policy_is_broken_is_told_and_not_stood_in(world: World) -> None:
    world.database.write(lambda tx: tx.access.put_permission_set(PermissionSet("Developer", "d", {"p": "{}"})))
    world.reload()
    found = standings(world).find("ana@example.com")
    assert [one.caller.kind for one in found.standings] == [CallerKind.PERSON]
    assert "Developer" in found.broken[0]
    with pytest.raises(PrincipalOutOfForce):
        standings(world).of(role_arn(f"aws-reserved/sso.amazonaws.com/{reserved_name('Developer', ACCOUNT)}"))


def test_a_role_that_is_named_stands_as_no_session_in_particular(world: World) -> None:
    (standing,) = standings(world).of(role_arn("deploy"))
    assert standing.principal.arn == f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/*"
    assert standing.context["aws:principalarn"] == role_arn("deploy")
    assert "aws:userid" not in standing.context
    (again,) = standings(world).of(standing.principal.arn)
    assert (again.principal, again.context) == (standing.principal, standing.context)


def test_a_session_that_is_named_has_what_a_present_one_has_but_what_its_token_knows(world: World) -> None:
    world.put_role("tagged", trust=policy(trusts({"AWS": ACCOUNT})), tags={"team": "shop"})
    world.reload()
    credentials = issued(world.operator_credentials.issue(role_arn("tagged"), world.clock.now()))
    present = world.signing_credentials.load(
        credentials["aws_access_key_id"], credentials["aws_session_token"], origin=ORIGIN, now=world.clock.now()
    ).caller
    (standing,) = standings(world).of(present.arn)
    real = context_of(present, world.clock.now(), places=world.indexes.access.value)
    assert standing.context.items() <= real.items()
    assert standing.context["aws:principaltag/team"] == "shop"
    assert standing.context["aws:userid"] == present.user_id


def test_an_iam_user_stands_with_its_policies_until_it_is_over(world: World) -> None:
    name = f"arn:aws:iam::{ACCOUNT}:user/legacy"
    (standing,) = standings(world).of(name)
    assert may(standing, "sts:GetCallerIdentity", "*")
    assert standing.context["aws:username"] == "legacy"
    world.clock.advance(timedelta(days=1))
    with pytest.raises(PrincipalOutOfForce, match="past its expiry"):
        standings(world).of(name)


def test_only_the_operators_account_has_a_root_user(world: World) -> None:
    (standing,) = standings(world).of(root_arn(ACCOUNT))
    assert standing.principal.arn == operator(ACCOUNT).arn
    assert may(standing, "sts:AssumeRole", role_arn("deploy"))
    with pytest.raises(PrincipalOutOfForce):
        standings(world).of(root_arn(OTHER_ACCOUNT))
    with pytest.raises(UnknownPrincipal):
        standings(world).of(root_arn("999999999999"))


def test_an_application_stands_unless_it_is_disabled(world: World) -> None:
    name = "arn:aws:sso:::application/billing"
    (standing,) = standings(world).of(name)
    assert standing.principal.arn == name
    now = world.clock.now()
    world.database.write(lambda tx: tx.applications.put_application(application(now, enabled=False)))
    world.reload()
    with pytest.raises(PrincipalOutOfForce, match="disabled"):
        standings(world).of(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "nobody",
        "arn:",
        "arn:aws:iam::111122223333:role/nobody",
        "arn:aws:iam::111122223333:role/Deploy",
        "arn:aws:iam::111122223333:user/nobody",
        "arn:aws:iam::111122223333:group/developers",
        "arn:aws:sts::111122223333:assumed-role/deploy",
        "arn:aws:sts::111122223333:assumed-role/deploy/**",
        "arn:aws:sts::111122223333:assumed-role/deploy/a/b",
        "arn:aws:sts:eu-west-1:111122223333:assumed-role/deploy/ci",
        "arn:aws:identitystore:::user/018f-Ana",
        "arn:aws:identitystore::111122223333:user/018f-ana",
        "arn:aws:sso:::application/nobody",
        "arn:aws:ostiary::111122223333:workload/shop-deploy",
        "arn:aws-cn:iam::111122223333:role/deploy",
        "a" * 5000,
        "ana\0",
    ],
)
def test_who_is_not_there_stands_nowhere(world: World, name: str) -> None:
    with pytest.raises(NoStanding) as refusal:
        standings(world).of(name)
    assert len(refusal.value.client_text) < 500
