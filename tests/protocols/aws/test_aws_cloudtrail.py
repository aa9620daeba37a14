"""Does unmodified boto3 find in the trail what happened, and only in its own account?"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.caller import Caller, CallerKind, Door, Origin
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from parts.aws_world import ACCOUNT, OTHER_ACCOUNT, allow
from parts.secrets_world import SecretsWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SecretsWorld]:
    made = SecretsWorld(tmp_path)
    yield made
    made.database.close()


def refusal(call: Callable[..., Any], **parameters: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return str(caught.value.response["Error"]["Code"])


def trail(world: SecretsWorld, credentials: dict[str, str] | None = None) -> Any:
    return world.client("cloudtrail", credentials or world.admin)


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def test_events_are_found_by_each_attribute_newest_first(world: SecretsWorld) -> None:
    arn = world.secrets().create_secret(Name="shop", SecretString="x")["ARN"]
    world.secrets().get_secret_value(SecretId="shop")
    client = trail(world)
    read, made = client.lookup_events(**by("ResourceName", arn))["Events"]
    assert (read["EventName"], made["EventName"]) == ("GetSecretValue", "CreateSecret")
    assert (read["ReadOnly"], made["ReadOnly"]) == ("true", "false")
    assert read["Resources"] == [{"ResourceType": "AWS::SecretsManager::Secret", "ResourceName": arn}]
    for key, value in (
        ("EventId", read["EventId"]),
        ("EventName", "GetSecretValue"),
        ("EventSource", "secretsmanager.amazonaws.com"),
        ("AccessKeyId", world.admin["aws_access_key_id"]),
        ("Username", read["Username"]),
        ("ReadOnly", "true"),
    ):
        found = client.lookup_events(**by(key, value))["Events"]
        assert read["EventId"] in [event["EventId"] for event in found]
    assert client.lookup_events(**by("ResourceName", "aws"))["Events"] == []


def test_the_record_has_the_form_of_cloudtrail(world: SecretsWorld) -> None:
    arn = world.secrets().create_secret(Name="shop", SecretString="x")["ARN"]
    credentials = world.session(allow("secretsmanager:DescribeSecret"))
    with pytest.raises(ClientError):
        world.secrets(credentials).get_secret_value(SecretId=arn)
    (found,) = trail(world).lookup_events(**by("EventName", "GetSecretValue"))["Events"]
    record = json.loads(found["CloudTrailEvent"])
    identity = record["userIdentity"]
    assert identity["type"] == "AssumedRole"
    assert identity["arn"].endswith("/worker")
    assert identity["accountId"] == ACCOUNT
    assert identity["accessKeyId"] == credentials["aws_access_key_id"]
    assert identity["sessionContext"]["sessionIssuer"]["userName"] == identity["arn"].split("/")[1]
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
    assert record["eventTime"] == world.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    assert (record["eventSource"], record["eventName"]) == ("secretsmanager.amazonaws.com", "GetSecretValue")
    assert record["errorCode"].startswith("AccessDenied")
    assert "no identity-based policy allows" in record["errorMessage"]
    assert record["awsRegion"] == "eu-west-1"
    assert record["sourceIPAddress"] == "192.0.2.7"
    assert record["resources"] == [{"ARN": arn, "accountId": ACCOUNT, "type": "AWS::SecretsManager::Secret"}]
    assert record["additionalEventData"]["door"] == "aws"
    assert record["additionalEventData"]["outcome"] == "denied"
    assert record["eventID"] == found["EventId"]


def test_pages_follow_each_other_without_gap_or_repetition(world: SecretsWorld) -> None:
    for number in range(7):
        world.secrets().create_secret(Name=f"s{number}")
    asked = by("EventName", "CreateSecret")
    pages = trail(world).get_paginator("lookup_events").paginate(**asked, PaginationConfig={"PageSize": 3})
    names = [json.loads(e["CloudTrailEvent"])["additionalEventData"]["secretName"] for p in pages for e in p["Events"]]
    assert names == [f"s{number}" for number in reversed(range(7))]


def test_times_limit_what_is_found(world: SecretsWorld) -> None:
    world.secrets().create_secret(Name="early")
    world.clock.advance(timedelta(seconds=60))
    world.secrets().create_secret(Name="late")
    now, asked = world.clock.now(), by("EventName", "CreateSecret")
    client = trail(world)
    assert len(client.lookup_events(**asked, StartTime=now - timedelta(seconds=30))["Events"]) == 1
    assert len(client.lookup_events(**asked, EndTime=now - timedelta(seconds=30))["Events"]) == 1
    assert len(client.lookup_events(**asked, StartTime=now - timedelta(seconds=90), EndTime=now)["Events"]) == 2
    assert refusal(client.lookup_events, StartTime=now, EndTime=now - timedelta(seconds=1)) == (
        "InvalidTimeRangeException"
    )


def test_events_of_other_accounts_are_not_seen_and_those_of_no_account_only_from_the_first(
    world: SecretsWorld,
) -> None:
    person = Caller("arn:aws:identitystore:::user/1", "", CallerKind.PERSON, "ada", Origin(Door.WEB))
    world.database.record(event_of(person, EventName.SIGN_IN, at=world.clock.now()))
    stranger = trail(world, world.session(allow("*"), account=OTHER_ACCOUNT))
    (seen,) = trail(world).lookup_events(**by("Username", "ada"))["Events"]
    assert json.loads(seen["CloudTrailEvent"])["userIdentity"]["type"] == "IdentityCenterUser"
    assert stranger.lookup_events(**by("Username", "ada"))["Events"] == []
    stranger.lookup_events()
    accounts = {json.loads(e["CloudTrailEvent"])["recipientAccountId"] for e in stranger.lookup_events()["Events"]}
    assert accounts == {OTHER_ACCOUNT}


def test_looking_is_itself_recorded_and_needs_permission(world: SecretsWorld) -> None:
    trail(world).lookup_events()
    assert [event.name for event in world.events("LookupEvents")] == [EventName.LOOKUP_EVENTS]
    refused = trail(world, world.session(allow("secretsmanager:*")))
    assert refusal(refused.lookup_events) == "AccessDeniedException"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (by("ResourceType", "AWS::IAM::Role"), "InvalidLookupAttributesException"),
        (by("ReadOnly", "maybe"), "InvalidLookupAttributesException"),
        (by("EventName", ""), "ValidationException"),
        (by("EventName", "x" * 2001), "ValidationException"),
        ({"LookupAttributes": by("EventName", "a")["LookupAttributes"] * 2}, "InvalidLookupAttributesException"),
        ({"EventCategory": "insight"}, "InvalidEventCategoryException"),
        ({"NextToken": "x"}, "InvalidNextTokenException"),
        ({"NextToken": "WyJ4IiwxXQ=="}, "InvalidNextTokenException"),
        ({"MaxResults": 51}, "ValidationException"),
        (by("Username", "\0"), "ValidationException"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(world: SecretsWorld, given: dict[str, Any], code: str) -> None:
    assert refusal(trail(world).lookup_events, **given) == code


def test_a_token_of_another_question_is_refused(world: SecretsWorld) -> None:
    for name in ("a", "b"):
        world.secrets().create_secret(Name=name)
    client = trail(world)
    more = client.lookup_events(MaxResults=1)["NextToken"]
    assert client.lookup_events(MaxResults=2, NextToken=more)["Events"]
    assert refusal(client.lookup_events, NextToken=more, **by("EventName", "x")) == "InvalidNextTokenException"
    stranger = trail(world, world.session(allow("*"), account=OTHER_ACCOUNT))
    assert refusal(stranger.lookup_events, NextToken=more) == "InvalidNextTokenException"
