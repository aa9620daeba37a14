"""Does unmodified boto3 keep its secrets here as in AWS?"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.caller import CallerKind
from parts.aws_world import ACCOUNT, allow
from parts.secrets_world import SecretsWorld

NAME = "shop/database"
VALUE = "canary-5f1d0c-value"


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


def token() -> str:
    return str(uuid.uuid4())


def stages(client: Any, secret_id: str = NAME) -> dict[str, list[str]]:
    found: dict[str, list[str]] = client.describe_secret(SecretId=secret_id)["VersionIdsToStages"]
    return found


def test_a_created_secret_is_read_by_name_arn_and_partial_arn(world: SecretsWorld) -> None:
    client = world.secrets()
    made = client.create_secret(Name=NAME, SecretString=VALUE)
    assert re.fullmatch(rf"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:{NAME}-[A-Za-z0-9]{{6}}", made["ARN"])
    for secret_id in (NAME, made["ARN"], made["ARN"][:-7]):
        read = client.get_secret_value(SecretId=secret_id)
        assert read["SecretString"] == VALUE
        assert read["VersionId"] == made["VersionId"]
        assert read["VersionStages"] == ["AWSCURRENT"]
        assert read["ARN"] == made["ARN"]
        assert read["CreatedDate"] == world.clock.now()


def test_a_binary_value_comes_back_as_it_was(world: SecretsWorld) -> None:
    client, data = world.secrets(), bytes(range(256))
    client.create_secret(Name=NAME, SecretBinary=data)
    read = client.get_secret_value(SecretId=NAME)
    assert read["SecretBinary"] == data
    assert "SecretString" not in read


def test_a_new_value_makes_the_old_one_previous(world: SecretsWorld) -> None:
    client = world.secrets()
    first = client.create_secret(Name=NAME, SecretString="one")["VersionId"]
    second = client.put_secret_value(SecretId=NAME, SecretString="two")
    assert second["VersionStages"] == ["AWSCURRENT"]
    assert stages(client) == {first: ["AWSPREVIOUS"], second["VersionId"]: ["AWSCURRENT"]}
    client.update_secret(SecretId=NAME, SecretString="three")
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == "three"
    assert client.get_secret_value(SecretId=NAME, VersionStage="AWSPREVIOUS")["SecretString"] == "two"
    assert client.get_secret_value(SecretId=NAME, VersionId=first)["SecretString"] == "one"
    assert first not in stages(client)


def test_a_pending_version_is_not_current_until_its_stage_moves(world: SecretsWorld) -> None:
    client = world.secrets()
    old = client.create_secret(Name=NAME, SecretString="old")["VersionId"]
    new = client.put_secret_value(SecretId=NAME, SecretString="new", VersionStages=["AWSPENDING"])["VersionId"]
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == "old"
    move = {"SecretId": NAME, "VersionStage": "AWSCURRENT", "MoveToVersionId": new}
    code, message = refusal(client.update_secret_version_stage, **move)
    assert code == "InvalidParameterException"
    assert old in message
    client.update_secret_version_stage(**move, RemoveFromVersionId=old)
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == "new"
    assert stages(client) == {old: ["AWSPREVIOUS"], new: ["AWSCURRENT", "AWSPENDING"]}
    remove = {"SecretId": NAME, "VersionStage": "AWSCURRENT", "RemoveFromVersionId": new}
    assert refusal(client.update_secret_version_stage, **remove)[0] == "InvalidParameterException"


def test_the_same_request_sent_again_gets_the_same_answer_and_another_value_is_refused(world: SecretsWorld) -> None:
    client, own = world.secrets(), token()
    first = client.create_secret(Name=NAME, SecretString="one", ClientRequestToken=own)
    again = client.create_secret(Name=NAME, SecretString="one", ClientRequestToken=own)
    assert (again["ARN"], again["VersionId"]) == (first["ARN"], own)
    assert refusal(client.create_secret, Name=NAME, SecretString="two", ClientRequestToken=own)[0] == (
        "ResourceExistsException"
    )
    assert refusal(client.create_secret, Name=NAME, SecretString="one", ClientRequestToken=token())[0] == (
        "ResourceExistsException"
    )
    put = token()
    client.put_secret_value(SecretId=NAME, SecretString="two", ClientRequestToken=put)
    client.put_secret_value(SecretId=NAME, SecretString="three")
    repeated = client.put_secret_value(SecretId=NAME, SecretString="two", ClientRequestToken=put)
    assert repeated["VersionStages"] == ["AWSPREVIOUS"]
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == "three"
    for value in ({"SecretString": "other"}, {"SecretBinary": b"two"}):
        code, _ = refusal(client.put_secret_value, SecretId=NAME, ClientRequestToken=put, **value)
        assert code == "ResourceExistsException"


def test_a_secret_without_a_value_has_no_version_and_the_first_is_current_whatever_its_stages(
    world: SecretsWorld,
) -> None:
    client = world.secrets()
    assert "VersionId" not in client.create_secret(Name=NAME)
    code, message = refusal(client.get_secret_value, SecretId=NAME)
    assert code == "ResourceNotFoundException"
    assert message.endswith("staging label: AWSCURRENT")
    client.put_secret_value(SecretId=NAME, SecretString="x", VersionStages=["mine"])
    assert client.get_secret_value(SecretId=NAME)["VersionStages"] == ["AWSCURRENT", "mine"]


def test_a_deleted_secret_is_not_read_and_can_be_restored(world: SecretsWorld) -> None:
    client = world.secrets()
    client.create_secret(Name=NAME, SecretString=VALUE)
    deleted = client.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    assert deleted["DeletionDate"] == world.clock.now() + timedelta(days=7)
    marked = "You can't perform this operation on the secret because it was marked for deletion."
    for refused in (
        refusal(client.get_secret_value, SecretId=NAME),
        refusal(client.put_secret_value, SecretId=NAME, SecretString="x"),
        refusal(client.update_secret, SecretId=NAME, Description="x"),
        refusal(client.tag_resource, SecretId=NAME, Tags=[{"Key": "a", "Value": "b"}]),
        refusal(client.delete_secret, SecretId=NAME),
    ):
        assert refused == ("InvalidRequestException", marked)
    assert refusal(client.create_secret, Name=NAME)[0] == "InvalidRequestException"
    assert client.describe_secret(SecretId=NAME)["DeletedDate"] == deleted["DeletionDate"]
    assert client.list_secrets()["SecretList"] == []
    assert len(client.list_secrets(IncludePlannedDeletion=True)["SecretList"]) == 1
    client.restore_secret(SecretId=NAME)
    assert client.get_secret_value(SecretId=NAME)["SecretString"] == VALUE


@pytest.mark.parametrize(
    "given",
    [
        {"RecoveryWindowInDays": 6},
        {"RecoveryWindowInDays": 31},
        {"RecoveryWindowInDays": 7, "ForceDeleteWithoutRecovery": True},
    ],
)
def test_a_recovery_window_is_7_to_30_days_and_none_by_force(world: SecretsWorld, given: dict[str, Any]) -> None:
    client = world.secrets()
    client.create_secret(Name=NAME)
    assert refusal(client.delete_secret, SecretId=NAME, **given)[0] == "InvalidParameterException"
    client.describe_secret(SecretId=NAME)


def test_by_force_a_secret_is_gone_at_once_and_its_name_is_free(world: SecretsWorld) -> None:
    client = world.secrets()
    first = client.create_secret(Name=NAME, SecretString=VALUE)["ARN"]
    client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    assert refusal(client.get_secret_value, SecretId=NAME) == (
        "ResourceNotFoundException",
        "Secrets Manager can't find the specified secret.",
    )
    client.delete_secret(SecretId=NAME, ForceDeleteWithoutRecovery=True)
    assert client.create_secret(Name=NAME)["ARN"] != first


def test_the_server_destroys_what_is_past_its_window_and_nothing_else(world: SecretsWorld) -> None:
    client = world.secrets()
    for name in ("due", "restored", "living"):
        client.create_secret(Name=name, SecretString=VALUE)
    client.delete_secret(SecretId="due", RecoveryWindowInDays=7)
    client.delete_secret(SecretId="restored", RecoveryWindowInDays=7)
    client.restore_secret(SecretId="restored")
    assert world.purge.run() == 0
    world.clock.advance(timedelta(days=7))
    assert world.purge.run() == 1
    world.clock.advance(timedelta(days=-7))
    assert {s["Name"] for s in client.list_secrets(IncludePlannedDeletion=True)["SecretList"]} == {"restored", "living"}
    destroyed = [event for event in world.events("DeleteSecret") if event.actor_kind == CallerKind.SERVER]
    assert [(event.account, event.details["destroyed"]) for event in destroyed] == [(ACCOUNT, True)]


def test_tags_come_and_go_and_are_limited(world: SecretsWorld) -> None:
    client = world.secrets()
    client.create_secret(Name=NAME, Tags=[{"Key": "team", "Value": "shop"}])
    client.tag_resource(SecretId=NAME, Tags=[{"Key": "tier", "Value": "gold"}])
    client.untag_resource(SecretId=NAME, TagKeys=["team", "absent"])
    assert client.describe_secret(SecretId=NAME)["Tags"] == [{"Key": "tier", "Value": "gold"}]
    for tags in (
        [{"Key": f"k{i}", "Value": ""} for i in range(50)],
        [{"Key": "aws:x", "Value": "1"}],
        [{"Key": "Tier", "Value": "lead"}],
        [{"Key": "a", "Value": "*"}],
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Value": "no key"}],
    ):
        assert refusal(client.tag_resource, SecretId=NAME, Tags=tags)[0] == "InvalidParameterException"
    assert client.describe_secret(SecretId=NAME)["Tags"] == [{"Key": "tier", "Value": "gold"}]


def test_at_most_100_versions_are_kept_and_the_oldest_without_stages_go(world: SecretsWorld) -> None:
    client = world.secrets()
    first = client.create_secret(Name=NAME, SecretString="0")["VersionId"]
    client.update_secret_version_stage(SecretId=NAME, VersionStage="keep", MoveToVersionId=first)
    world.clock.advance(timedelta(milliseconds=1))
    second = client.put_secret_value(SecretId=NAME, SecretString="1")["VersionId"]
    for number in range(2, 101):
        world.clock.advance(timedelta(milliseconds=1))
        client.put_secret_value(SecretId=NAME, SecretString=str(number))
    pages = [client.list_secret_version_ids(SecretId=NAME, IncludeDeprecated=True, MaxResults=33)]
    while more := pages[-1].get("NextToken"):
        asked = {"SecretId": NAME, "IncludeDeprecated": True, "MaxResults": 33}
        pages.append(client.list_secret_version_ids(**asked, NextToken=more))
    found = [version["VersionId"] for page in pages for version in page["Versions"]]
    assert len(pages) == 4
    assert len(found) == len(set(found)) == 100
    assert first in found
    assert second not in found
    assert len(client.list_secret_version_ids(SecretId=NAME)["Versions"]) == 3


def test_lists_are_filtered_sorted_and_paged(world: SecretsWorld) -> None:
    client = world.secrets()
    for name, team in (("b/two", "shop"), ("a/one", "shop"), ("c/three", "blog")):
        client.create_secret(Name=name, Description=f"the {name}", Tags=[{"Key": "team", "Value": team}])
        world.clock.advance(timedelta(seconds=1))

    def names(**given: Any) -> list[str]:
        return [secret["Name"] for secret in client.list_secrets(**given)["SecretList"]]

    assert names() == ["b/two", "a/one", "c/three"]
    assert names(SortOrder="desc") == ["c/three", "a/one", "b/two"]
    assert names(SortBy="name") == ["a/one", "b/two", "c/three"]
    assert names(Filters=[{"Key": "tag-value", "Values": ["shop"]}]) == ["b/two", "a/one"]
    assert names(Filters=[{"Key": "tag-value", "Values": ["!shop"]}]) == ["c/three"]
    assert names(Filters=[{"Key": "name", "Values": ["a", "c"]}]) == ["a/one", "c/three"]
    assert names(Filters=[{"Key": "name", "Values": ["one"]}]) == []
    assert names(Filters=[{"Key": "description", "Values": ["THR"]}]) == ["c/three"]
    assert names(Filters=[{"Key": "all", "Values": ["blog"]}]) == ["c/three"]
    assert names(Filters=[{"Key": "tag-key", "Values": ["te"]}, {"Key": "name", "Values": ["b"]}]) == ["b/two"]
    pages = client.get_paginator("list_secrets").paginate(PaginationConfig={"PageSize": 1})
    assert [secret["Name"] for page in pages for secret in page["SecretList"]] == ["b/two", "a/one", "c/three"]


def test_a_paging_token_is_good_for_its_own_question_only(world: SecretsWorld) -> None:
    client = world.secrets()
    for name in ("a", "b"):
        client.create_secret(Name=name)
    more = client.list_secrets(MaxResults=1)["NextToken"]
    other = {"NextToken": more, "SortOrder": "desc"}
    for given in (other, {"NextToken": "x"}, {"NextToken": "W10="}, {"NextToken": more[:-4]}):
        assert refusal(client.list_secrets, **given)[0] == "InvalidNextTokenException"
    assert refusal(client.list_secret_version_ids, SecretId="a", NextToken=more)[0] == "InvalidNextTokenException"


def test_last_access_is_told_by_day(world: SecretsWorld) -> None:
    client = world.secrets()
    client.create_secret(Name=NAME, SecretString=VALUE)
    assert "LastAccessedDate" not in client.describe_secret(SecretId=NAME)
    client.get_secret_value(SecretId=NAME)
    today = world.clock.now().replace(hour=0, minute=0, second=0)
    assert client.describe_secret(SecretId=NAME)["LastAccessedDate"] == today
    uses = world.last_use.drain()
    world.database.write(lambda tx: tx.last_uses.put_last_uses(uses))
    assert client.list_secrets()["SecretList"][0]["LastAccessedDate"] == today
    assert client.list_secret_version_ids(SecretId=NAME)["Versions"][0]["LastAccessedDate"] == today


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Name": "a:b"}, "ValidationException"),
        ({"Name": "a*"}, "ValidationException"),
        ({"Name": "å"}, "ValidationException"),
        ({"Name": "a\n"}, "ValidationException"),
        ({"Name": "a", "SecretString": "x", "SecretBinary": b"x"}, "InvalidParameterException"),
        ({"Name": "a", "SecretString": "ä" * 40_000}, "InvalidParameterException"),
        ({"Name": "a", "KmsKeyId": "alias/other"}, "InvalidParameterException"),
        ({"Name": "a", "AddReplicaRegions": [{"Region": "us-east-1"}]}, "InvalidParameterException"),
        ({"Name": "a", "SecretString": "x", "ClientRequestToken": "x" * 31}, "ValidationException"),
        ({"Name": "a", "SecretString": "x", "ClientRequestToken": "ü" * 32}, "InvalidParameterException"),
        ({"Name": "a", "Description": "\0"}, "ValidationException"),
    ],
)
def test_what_cannot_be_a_secret_is_refused_and_nothing_is_kept(
    world: SecretsWorld, given: dict[str, Any], code: str
) -> None:
    assert refusal(world.secrets().create_secret, **given)[0] == code
    assert world.secrets().list_secrets()["SecretList"] == []


def test_our_own_key_alias_and_a_value_of_the_greatest_size_are_accepted(world: SecretsWorld) -> None:
    client = world.secrets()
    client.create_secret(Name="a", KmsKeyId="alias/aws/secretsmanager", SecretString="x" * 65_536)
    assert len(client.get_secret_value(SecretId="a")["SecretString"]) == 65_536


def test_version_id_and_stage_must_agree(world: SecretsWorld) -> None:
    client = world.secrets()
    version = client.create_secret(Name=NAME, SecretString="x")["VersionId"]
    assert refusal(client.get_secret_value, SecretId=NAME, VersionId=version, VersionStage="AWSPREVIOUS")[0] == (
        "InvalidRequestException"
    )
    assert refusal(client.get_secret_value, SecretId=NAME, VersionId="0" * 32)[0] == "ResourceNotFoundException"
    assert refusal(client.put_secret_value, SecretId=NAME)[0] == "InvalidRequestException"
    bad = {"SecretId": NAME, "SecretString": "x", "VersionStages": ["AWSPREVIOUS"]}
    assert refusal(client.put_secret_value, **bad)[0] == "InvalidParameterException"


def test_random_passwords_have_every_wanted_type(world: SecretsWorld) -> None:
    client = world.secrets()
    password = client.get_random_password(PasswordLength=20, ExcludeCharacters="abc", ExcludePunctuation=True)
    assert re.fullmatch(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[A-Zd-z0-9]{20}", password["RandomPassword"])
    assert refusal(client.get_random_password, PasswordLength=3)[0] == "InvalidParameterException"
    assert refusal(client.get_random_password, ExcludeCharacters="0123456789")[0] == "InvalidParameterException"


def test_every_operation_leaves_an_event_and_none_holds_the_value(world: SecretsWorld) -> None:
    client = world.secrets()
    made = client.create_secret(Name=NAME, SecretString=VALUE)
    client.put_secret_value(SecretId=NAME, SecretString=VALUE + "2")
    client.update_secret(SecretId=NAME, Description="d")
    client.get_secret_value(SecretId=NAME)
    client.describe_secret(SecretId=NAME)
    client.list_secret_version_ids(SecretId=NAME)
    client.list_secrets()
    client.get_resource_policy(SecretId=NAME)
    client.delete_secret(SecretId=NAME)
    client.restore_secret(SecretId=NAME)
    told = [event for event in world.events() if event.source == "secretsmanager.amazonaws.com"]
    assert [event.name.value for event in told] == [
        "CreateSecret",
        "PutSecretValue",
        "UpdateSecret",
        "GetSecretValue",
        "DescribeSecret",
        "ListSecretVersionIds",
        "ListSecrets",
        "GetResourcePolicy",
        "DeleteSecret",
        "RestoreSecret",
    ]
    read = told[3]
    assert read.resources == [made["ARN"]]
    assert read.details["versionStages"] == ["AWSCURRENT"]
    assert read.read_only


def test_whoever_may_only_read_cannot_list(world: SecretsWorld) -> None:
    reader = world.secrets(world.session(allow("secretsmanager:GetSecretValue")))
    code, message = refusal(reader.list_secrets)
    assert code == "AccessDeniedException"
    assert message.endswith(
        "is not authorized to perform: secretsmanager:ListSecrets on resource: *"
        " because no identity-based policy allows the secretsmanager:ListSecrets action"
    )
