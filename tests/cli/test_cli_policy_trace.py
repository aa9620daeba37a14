"""In which order is told why a person may not do something?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ostiary.cli.policy_trace import write_explanation
from ostiary.domain.access.model import Assignment, PermissionSet
from ostiary.domain.access.standing import Standings
from ostiary.domain.directory.model import Account, Directory, Group, Person, PersonStatus
from ostiary.domain.posture.explanation import Explanations, Question
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.storage.transaction import Transaction
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, allow, policy
from parts.secrets_world import SecretsWorld


def _fill(tx: Transaction, world: SecretsWorld) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_account(Account(OTHER_ACCOUNT, "other"))
    tx.directory.put_group(Group("developers", "platform", "a test"))
    tx.access.put_permission_set(PermissionSet("Team", "d", {"own": policy(allow("iam:GetUser"))}))
    for account in OTHER_ACCOUNT, ACCOUNT:
        tx.access.put_assignment(Assignment("developers", "Team", account))
    now = world.clock.now()
    ana = Person("018f-ana", "workforce", "ana", "Ana", "", PersonStatus.ACTIVE, now, groups=("developers",))
    tx.directory.put_person(ana)


def test_the_role_where_the_secret_is_comes_first_and_the_person_herself_last(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world = SecretsWorld(tmp_path)
    world.secrets().create_secret(Name="shop/key", SecretString="s")
    world.database.write(lambda tx: _fill(tx, world))
    world.reload()
    index = world.indexes.access
    room = Explanations(
        index=index,
        standings=Standings(index=index, transactions=world.database, clock=world.clock),
        transactions=world.database,
        recorder=world.database,
        clock=world.clock,
    )
    write_explanation(room.explain(operator(ACCOUNT), Question("ana", "secretsmanager:GetSecretValue", "shop/key", {})))
    world.database.close()
    first, second, last = [line for line in capsys.readouterr().out.splitlines() if line.startswith("as ")]
    assert f":{ACCOUNT}:assumed-role/" in first
    assert f":{OTHER_ACCOUNT}:assumed-role/" in second
    assert ":user/018f-ana" in last
