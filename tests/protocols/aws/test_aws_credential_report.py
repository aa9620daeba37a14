"""Does the credential report say in AWS's columns which credentials there are?"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.last_use import LastUse, Used
from ostiary.domain.credentials.model import AccessKey, IamUser, Password, TotpFactor
from ostiary.domain.directory.model import Directory, PasswordProfile, Person, PersonStatus
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, allow
from parts.secrets_world import SecretsWorld

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info"
)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SecretsWorld]:
    made = SecretsWorld(tmp_path)
    yield made
    made.database.close()


def refusal(call: Callable[..., Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def shown(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S+00:00")


def lines(world: SecretsWorld, credentials: dict[str, str] | None = None) -> dict[str, dict[str, str]]:
    client = world.client("iam", credentials or world.admin)
    client.generate_credential_report()
    content = client.get_credential_report()["Content"].decode()
    assert content.splitlines()[0] == HEADER
    return {row["user"]: row for row in csv.DictReader(io.StringIO(content))}


def add_user(world: SecretsWorld, name: str, *, account: str = ACCOUNT, keys: int = 1) -> None:
    now = world.clock.now()
    later = now + timedelta(days=10)
    user = IamUser(name, account, "ada", "legacy", later, now, f"AIDA{name}")
    world.database.write(lambda tx: tx.credentials.put_iam_user(user))
    for number in range(keys):
        put_key(world, AccessKey(f"AKIA{name}{number}", account, name, b"x", "legacy", True, now, later))


def put_key(world: SecretsWorld, key: AccessKey) -> None:
    world.database.write(lambda tx: tx.credentials.put_access_key(key))


def add_person(world: SecretsWorld, name: str, *, factor: bool) -> None:
    now = world.clock.now()
    person = Person(f"p-{name}", "workforce", name, name.title(), f"{name}@example.com", PersonStatus.ACTIVE, now)
    world.database.write(lambda tx: tx.directory.put_directory(Directory("workforce", PasswordProfile.AWS)))
    world.database.write(lambda tx: tx.directory.put_person(person))
    world.database.write(lambda tx: tx.credentials.put_password(Password(person.person_id, "argon", now)))
    confirmed = now if factor else None
    totp = TotpFactor(f"f-{name}", person.person_id, "phone", b"x", now, confirmed)
    world.database.write(lambda tx: tx.credentials.put_totp_factor(totp))


def test_a_report_is_asked_for_first_and_expires(world: SecretsWorld) -> None:
    client = world.client("iam", world.admin)
    assert refusal(client.get_credential_report) == "ReportNotPresent"
    assert client.generate_credential_report()["State"] == "STARTED"
    assert client.generate_credential_report()["State"] == "COMPLETE"
    report = client.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    assert report["GeneratedTime"] == world.clock.now()
    events = world.events("GenerateCredentialReport")
    assert len(events) == 2
    old = world.clock.now() - timedelta(hours=5)
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE event SET at = ?", (int(old.timestamp() * 1_000_000),))
    assert refusal(client.get_credential_report) == "ReportExpired"


def test_a_person_has_her_password_and_second_factor_in_it(world: SecretsWorld) -> None:
    add_person(world, "ada", factor=True)
    add_person(world, "bob", factor=False)
    now = world.clock.now()
    world.last_use.note(LastUse(Used.PASSWORD, "p-ada", now, "192.0.2.1", "CheckPassword"))
    found = lines(world)
    ada = found["ada"]
    assert ada["arn"] == "arn:aws:identitystore:::user/p-ada"
    assert (ada["password_enabled"], ada["mfa_active"]) == ("true", "true")
    assert ada["user_creation_time"] == ada["password_last_used"] == ada["password_last_changed"] == shown(now)
    assert ada["password_next_rotation"] == shown(now + timedelta(days=90))
    assert (found["bob"]["mfa_active"], found["bob"]["password_last_used"]) == ("false", "no_information")
    assert ada["access_key_1_active"] == ada["cert_1_active"] == "false"


def test_iam_users_have_their_keys_and_last_uses_in_it(world: SecretsWorld) -> None:
    add_user(world, "ci", keys=2)
    now = world.clock.now()
    use = LastUse(Used.ACCESS_KEY, "AKIAci1", now, "192.0.2.1", "GetSecretValue", "secretsmanager")
    world.database.write(lambda tx: tx.last_uses.put_last_uses([use]))
    user = lines(world)["ci"]
    assert user["arn"] == f"arn:aws:iam::{ACCOUNT}:user/ci"
    assert (user["password_enabled"], user["password_last_used"]) == ("false", "N/A")
    assert (user["access_key_1_active"], user["access_key_1_last_used_date"]) == ("true", "N/A")
    assert (user["access_key_2_active"], user["access_key_2_last_used_date"]) == ("true", shown(now))
    assert user["access_key_2_last_used_service"] == "secretsmanager"
    assert user["access_key_1_last_rotated"] == shown(now)
    assert "owned by ada" in user["additional_credentials_info"]


def test_root_and_workloads_are_in_it(world: SecretsWorld) -> None:
    found = lines(world)
    assert next(iter(found)) == "<root_account>"
    root = found["<root_account>"]
    assert (root["arn"], root["password_enabled"]) == (f"arn:aws:iam::{ACCOUNT}:root", "not_supported")
    assert found["shop-deploy"]["arn"] == f"arn:aws:ostiary::{ACCOUNT}:workload/shop-deploy"


def test_another_account_sees_its_own_users_and_no_people(world: SecretsWorld) -> None:
    add_person(world, "ada", factor=True)
    add_user(world, "ci")
    add_user(world, "other", account=OTHER_ACCOUNT)
    stranger = world.session(allow("iam:*"), account=OTHER_ACCOUNT)
    assert set(lines(world, stranger)) == {"<root_account>", "other"}


def test_nothing_in_it_is_a_formula(world: SecretsWorld) -> None:
    add_user(world, "=1+1")
    add_user(world, "@sum,now")
    found = lines(world)
    assert {"'=1+1", "'@sum,now"} <= set(found)
    assert found["'=1+1"]["arn"].endswith(":user/=1+1")


def test_reports_need_permission(world: SecretsWorld) -> None:
    client = world.client("iam", world.session(allow("secretsmanager:*")))
    assert refusal(client.generate_credential_report) == "AccessDenied"
    assert refusal(client.get_credential_report) == "AccessDenied"
    assert refusal(world.client("iam", world.admin).get_credential_report) == "ReportNotPresent"


def test_what_is_not_written_is_answered_as_such(world: SecretsWorld) -> None:
    assert refusal(world.client("iam", world.admin).list_users) == "InvalidAction"
    assert refusal(world.client("secretsmanager", world.admin).batch_get_secret_value) == "UnknownOperationException"
