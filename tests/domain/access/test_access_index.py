"""Is the index what the stored roles, sets and assignments say, and is a broken document never half in force?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ostiary.domain.access.index import load_access_index, reserved_name
from ostiary.domain.access.model import Assignment, PermissionSet
from ostiary.domain.directory.model import Group
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, World, allow, policy, role_arn


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.database.write(lambda tx: tx.directory.put_group(Group("developers", "platform", "write the shop")))
    made.database.write(lambda tx: tx.directory.put_group(Group("auditors", "risk", "read everything")))
    for name in ("Developer", "Auditor"):
        put_set(made, PermissionSet(name, name, {"p": policy(allow("sts:GetAccessKeyInfo"))}, session_seconds=7200))
    yield made
    made.database.close()


def put_set(world: World, rights: PermissionSet) -> None:
    world.database.write(lambda tx: tx.access.put_permission_set(rights))


def assign(world: World, group: str, permission_set: str, account: str = ACCOUNT, *, days: int | None = None) -> None:
    until = None if days is None else world.clock.now() + timedelta(days=days)
    world.database.write(lambda tx: tx.access.put_assignment(Assignment(group, permission_set, account, until)))
    world.reload()


def roles(world: World, *groups: str) -> list[tuple[str, str]]:
    found = world.indexes.access.value.roles_of_groups(groups, world.clock.now())
    return [(assigned.permission_set, assigned.role.account) for assigned in found]


def test_a_permission_set_becomes_a_reserved_role_in_each_account_where_it_is_assigned(world: World) -> None:
    assign(world, "developers", "Developer")
    assign(world, "developers", "Developer", OTHER_ACCOUNT)
    name = reserved_name("Developer", OTHER_ACCOUNT)
    entry = world.indexes.access.value.role_named(OTHER_ACCOUNT, name)
    assert entry is not None
    assert name.startswith("AWSReservedSSO_Developer_")
    assert entry.role.arn == f"arn:aws:iam::{OTHER_ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{name}"
    assert entry.role.max_session_seconds == 7200
    assert reserved_name("Developer", ACCOUNT) != name
    assert world.indexes.access.value.role_named(ACCOUNT, reserved_name("Auditor", ACCOUNT)) is None


def test_groups_give_roles_once_and_only_while_an_assignment_is_in_force(world: World) -> None:
    assign(world, "developers", "Developer", days=1)
    assign(world, "auditors", "Auditor")
    assert roles(world, "developers", "auditors") == [("Auditor", ACCOUNT), ("Developer", ACCOUNT)]
    assert roles(world, "developers") == [("Developer", ACCOUNT)]
    assert roles(world, "strangers") == []
    world.clock.advance(timedelta(days=1))
    assert roles(world, "developers", "auditors") == [("Auditor", ACCOUNT)]


def test_the_longer_of_two_assignments_counts(world: World) -> None:
    assign(world, "developers", "Developer", days=1)
    assign(world, "auditors", "Developer")
    (assigned,) = world.indexes.access.value.roles_of_groups(["developers", "auditors"], world.clock.now())
    assert assigned.until is None


def test_texts_that_did_not_change_keep_their_compiled_policies(world: World) -> None:
    before = world.indexes.access.value
    world.put_role("new", trust=policy({"Effect": "Deny", "Principal": "*", "Action": "sts:*"}))
    world.reload()
    after = world.indexes.access.value
    old, new = before.role(role_arn("deploy")), after.role(role_arn("deploy"))
    assert old is not None
    assert new is not None
    assert old.trust is new.trust
    assert old is new
    world.database.write(
        lambda tx: tx.access.put_role(replace(old.role, permissions_boundary=old.role.policies["base"]))
    )
    world.reload()
    changed = world.indexes.access.value.role(role_arn("deploy"))
    assert changed is not None
    assert changed.policies.boundary is not None
    assert changed.trust is old.trust
    assert after.role(role_arn("new")) is not None


@pytest.mark.parametrize("document", ["", "{", "[]", '{"Statement": []}', '{"Version": "2030-01-01"}'])
def test_a_document_that_does_not_parse_takes_its_role_out_of_force_and_loads_the_rest(
    world: World, document: str
) -> None:
    world.put_role("broken", trust=document)
    with world.database.read() as tx:
        index = load_access_index(tx)
    entry = index.role(role_arn("broken"))
    assert entry is not None
    assert entry.unusable
    assert entry.trust is None
    usable = index.role(role_arn("deploy"))
    assert usable is not None
    assert not usable.unusable
