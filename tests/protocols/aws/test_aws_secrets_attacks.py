"""What does a caller get who may not, and a thief who has the database?"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ostiary.domain.audit.last_use import Used
from ostiary.domain.audit.vocabulary import Outcome
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, allow
from parts.secrets_world import SecretsWorld

CANARY = "canary-93b1e7-value"
GET = "secretsmanager:GetSecretValue"
BY_TEAM = {"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}}
SHOP = [{"Key": "team", "Value": "shop"}]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SecretsWorld]:
    made = SecretsWorld(tmp_path)
    yield made
    made.database.close()


def refusal(call: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def sentence(action: str, secret_id: str, name: str) -> str:
    return (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{name}/worker is not authorized to perform: {action}"
        f" on resource: {secret_id} because no identity-based policy allows the {action} action"
    )


def role_name(credentials: dict[str, str], world: SecretsWorld) -> str:
    return str(world.client("sts", credentials).get_caller_identity()["Arn"].split("/")[1])


def test_a_matching_tag_opens_and_a_missing_or_other_tag_denies(world: SecretsWorld) -> None:
    admin = world.secrets()
    admin.create_secret(Name="shop", SecretString=CANARY, Tags=SHOP)
    admin.create_secret(Name="blog", SecretString=CANARY, Tags=[{"Key": "team", "Value": "blog"}])
    admin.create_secret(Name="untagged", SecretString=CANARY)
    statement = allow(GET, Condition=BY_TEAM)
    of_shop = world.secrets(world.session(statement, tags={"team": "shop"}))
    untagged = world.secrets(world.session(statement))
    wild = world.secrets(world.session(statement, tags={"team": "@"}))
    assert of_shop.get_secret_value(SecretId="shop")["SecretString"] == CANARY
    for client, name in ((of_shop, "blog"), (of_shop, "untagged"), (untagged, "shop"), (untagged, "untagged")):
        assert refusal(client.get_secret_value, SecretId=name)[0] == "AccessDeniedException"
    assert refusal(wild.get_secret_value, SecretId="shop")[0] == "AccessDeniedException"


def test_a_denial_is_told_in_aws_words_and_recorded(world: SecretsWorld) -> None:
    arn = world.secrets().create_secret(Name="shop", SecretString=CANARY)["ARN"]
    credentials = world.session(allow("secretsmanager:DescribeSecret"))
    client, name = world.secrets(credentials), role_name(credentials, world)
    assert refusal(client.get_secret_value, SecretId=arn) == ("AccessDeniedException", sentence(GET, arn, name))
    denied = world.events("GetSecretValue")[-1]
    assert denied.outcome is Outcome.DENIED
    assert denied.resources == [arn]
    assert not [use for use in world.last_use.drain() if use.kind is Used.SECRET]


def test_a_denial_does_not_tell_whether_the_secret_exists(world: SecretsWorld) -> None:
    world.secrets().create_secret(Name="there", SecretString=CANARY, Tags=SHOP)
    credentials = world.session(allow(["secretsmanager:Get*", "secretsmanager:Put*"], Condition=BY_TEAM))
    client, name = world.secrets(credentials), role_name(credentials, world)
    prefix = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:"
    for there, absent in (("there", "never"), (f"{prefix}there", f"{prefix}never")):
        told = refusal(client.get_secret_value, SecretId=there)[1], refusal(client.get_secret_value, SecretId=absent)[1]
        assert told == (sentence(GET, there, name), sentence(GET, absent, name))


def test_who_may_on_the_name_learns_that_it_is_not_there(world: SecretsWorld) -> None:
    resource = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop/*"
    client = world.secrets(world.session(allow(GET, resource)))
    assert refusal(client.get_secret_value, SecretId="shop/none")[0] == "ResourceNotFoundException"
    assert refusal(client.get_secret_value, SecretId="blog/none")[0] == "AccessDeniedException"


def test_a_policy_for_six_unknown_characters_fits_the_name_and_no_longer_one(world: SecretsWorld) -> None:
    admin = world.secrets()
    admin.create_secret(Name="shop", SecretString=CANARY)
    admin.create_secret(Name="shop-backup", SecretString=CANARY)
    resource = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:shop-??????"
    client = world.secrets(world.session(allow(GET, resource)))
    assert client.get_secret_value(SecretId="shop")["SecretString"] == CANARY
    assert refusal(client.get_secret_value, SecretId="shop-backup")[0] == "AccessDeniedException"


@pytest.mark.parametrize(
    "secret_id", ["sh?p", "*", "shop*", "shop\n", "arn:aws:s3:::shop", "arn:", "../shop", "%", "'"]
)
def test_what_is_no_name_finds_no_other_secret(world: SecretsWorld, secret_id: str) -> None:
    world.secrets().create_secret(Name="shop", SecretString=CANARY)
    code, _ = refusal(world.secrets().get_secret_value, SecretId=secret_id)
    assert code in ("ValidationException", "ResourceNotFoundException")
    assert CANARY not in str(world.events("GetSecretValue"))


def test_another_accounts_secret_is_denied_and_not_shown(world: SecretsWorld) -> None:
    arn = world.secrets().create_secret(Name="shop", SecretString=CANARY)["ARN"]
    for secret_id in (arn, arn.replace(ACCOUNT, OTHER_ACCOUNT)):
        for account in (ACCOUNT, OTHER_ACCOUNT):
            if f":{account}:" in secret_id:
                continue
            trusted = world.session(allow("*"), account=account)
            assert refusal(world.secrets(trusted).get_secret_value, SecretId=secret_id)[0] == "AccessDeniedException"
    stranger = world.secrets(world.session(allow("*"), account=OTHER_ACCOUNT))
    assert refusal(stranger.get_secret_value, SecretId="shop")[0] == "ResourceNotFoundException"
    assert stranger.list_secrets()["SecretList"] == []


def test_nobody_tags_herself_in_where_the_policy_forbids_it(world: SecretsWorld) -> None:
    world.secrets().create_secret(Name="blog", SecretString=CANARY, Tags=[{"Key": "team", "Value": "blog"}])
    actions = [GET, "secretsmanager:TagResource", "secretsmanager:UntagResource"]
    client = world.secrets(world.session(allow(actions, Condition=BY_TEAM), tags={"team": "shop"}))
    assert refusal(client.tag_resource, SecretId="blog", Tags=SHOP)[0] == "AccessDeniedException"
    assert refusal(client.untag_resource, SecretId="blog", TagKeys=["team"])[0] == "AccessDeniedException"
    assert world.secrets().describe_secret(SecretId="blog")["Tags"] == [{"Key": "team", "Value": "blog"}]


def test_creating_with_tags_needs_the_permission_to_tag(world: SecretsWorld) -> None:
    create = allow("secretsmanager:CreateSecret", Condition={"StringEquals": {"aws:RequestTag/team": "shop"}})
    only_create = world.secrets(world.session(create))
    code, message = refusal(only_create.create_secret, Name="a", SecretString=CANARY, Tags=SHOP)
    assert (code, "secretsmanager:TagResource" in message) == ("AccessDeniedException", True)
    both = world.secrets(world.session(create, allow("secretsmanager:TagResource")))
    assert refusal(both.create_secret, Name="a", SecretString=CANARY)[0] == "AccessDeniedException"
    both.create_secret(Name="a", SecretString=CANARY, Tags=SHOP)


def test_conditions_of_the_operation_decide(world: SecretsWorld) -> None:
    admin = world.secrets()
    version = admin.create_secret(Name="shop", SecretString=CANARY)["VersionId"]
    current = {"StringEquals": {"secretsmanager:VersionStage": "AWSCURRENT"}}
    client = world.secrets(
        world.session(
            allow(GET, Condition=current),
            allow(
                "secretsmanager:DeleteSecret",
                Condition={
                    "Bool": {"secretsmanager:ForceDeleteWithoutRecovery": "false"},
                    "NumericGreaterThanEquals": {"secretsmanager:RecoveryWindowInDays": "14"},
                },
            ),
        )
    )
    assert client.get_secret_value(SecretId="shop")["SecretString"] == CANARY
    assert refusal(client.get_secret_value, SecretId="shop", VersionStage="AWSPREVIOUS")[0] == "AccessDeniedException"
    assert refusal(client.get_secret_value, SecretId="shop", VersionId=version)[0] == "AccessDeniedException"
    for window in ({"ForceDeleteWithoutRecovery": True}, {"RecoveryWindowInDays": 7}):
        assert refusal(client.delete_secret, SecretId="shop", **window)[0] == "AccessDeniedException"
    client.delete_secret(SecretId="shop", RecoveryWindowInDays=14)


def test_a_sealed_value_moved_to_another_row_does_not_open(world: SecretsWorld, tmp_path: Path) -> None:
    admin = world.secrets()
    first, second = (admin.create_secret(Name=name, SecretString=name + CANARY)["ARN"] for name in ("one", "two"))
    with sqlite3.connect(tmp_path / "world.db") as thief:
        stolen = thief.execute("SELECT sealed, digest FROM secret_version WHERE arn = ?", (first,)).fetchone()
        thief.execute("UPDATE secret_version SET sealed = ?, digest = ? WHERE arn = ?", (*stolen, second))
    thief.close()
    code, message = refusal(admin.get_secret_value, SecretId="two")
    assert code == "DecryptionFailure"
    assert CANARY not in message
    assert admin.get_secret_value(SecretId="one")["SecretString"] == "one" + CANARY
    assert world.events("GetSecretValue")[0].outcome is Outcome.FAILED


def test_the_value_is_in_no_file_no_log_and_no_event(
    world: SecretsWorld, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    admin = world.secrets()
    with caplog.at_level(logging.DEBUG, logger="ostiary"):
        token = "0" * 32
        admin.create_secret(Name="shop", SecretString=CANARY, ClientRequestToken=token)
        refusal(admin.create_secret, Name="shop", SecretString=CANARY + "x")
        refusal(admin.put_secret_value, SecretId="shop", SecretString=CANARY + "y", ClientRequestToken=token)
        refusal(admin.put_secret_value, SecretId="none", SecretString=CANARY)
        refusal(admin.put_secret_value, SecretId="shop", SecretString=CANARY, SecretBinary=CANARY.encode())
        admin.get_secret_value(SecretId="shop")
    assert CANARY not in caplog.text
    assert CANARY not in str(world.events())
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"shop" in kept
    assert CANARY.encode() not in kept


def test_equal_values_do_not_look_equal_in_the_database(world: SecretsWorld, tmp_path: Path) -> None:
    admin = world.secrets()
    for name in ("one", "two"):
        admin.create_secret(Name=name, SecretString=CANARY, ClientRequestToken="1" * 32)
    with sqlite3.connect(tmp_path / "world.db") as thief:
        rows = thief.execute("SELECT sealed, digest FROM secret_version").fetchall()
    thief.close()
    assert len({sealed for sealed, _ in rows}) == len({digest for _, digest in rows}) == 2


def test_a_value_does_not_leave_when_its_event_cannot_be_written(
    world: SecretsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = world.secrets()
    admin.create_secret(Name="shop", SecretString=CANARY)

    def full(_event: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(world.database, "record", full)
    code, message = refusal(admin.get_secret_value, SecretId="shop")
    assert code in ("InternalServiceError", "ServiceUnavailableException", "InternalServerException")
    assert CANARY not in message


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    secret_id=st.text(max_size=80),
    version_id=st.none() | st.text(min_size=32, max_size=40),
    stage=st.none() | st.text(max_size=20),
)
def test_no_input_makes_reading_fail_in_the_server(
    world: SecretsWorld, secret_id: str, version_id: str | None, stage: str | None
) -> None:
    asked = {"SecretId": secret_id, "VersionId": version_id, "VersionStage": stage}
    with pytest.raises(ClientError) as caught:
        world.secrets().get_secret_value(**{name: value for name, value in asked.items() if value is not None})
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
