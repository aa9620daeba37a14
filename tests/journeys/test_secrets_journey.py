"""A secret's life over real sockets: kept, read, denied, listed, found in the trail, and proved."""

from __future__ import annotations

import csv
import io
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from parts.server import OstiaryServer, StartServer

CANARY = "canary-c4e1f2-journey"


def client(server: OstiaryServer, service: str, **credentials: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.aws_endpoint_url,
        region_name="eu-central-1",
        config=Config(retries={"max_attempts": 0}),
        **(credentials or server.credentials().boto3()),
    )


def test_an_operator_keeps_a_secret_and_the_trail_tells_it(
    start_server: StartServer, journey_database: str | None
) -> None:
    server = start_server(workers=2, database_url=journey_database)
    secrets = client(server, "secretsmanager")
    made = secrets.create_secret(Name="shop/db", SecretString=CANARY, Tags=[{"Key": "team", "Value": "shop"}])
    assert ":eu-central-1:" in made["ARN"]
    assert secrets.get_secret_value(SecretId="shop/db")["SecretString"] == CANARY
    secrets.put_secret_value(SecretId=made["ARN"], SecretString=CANARY + "-2")
    assert secrets.get_secret_value(SecretId="shop/db", VersionStage="AWSPREVIOUS")["SecretString"] == CANARY
    with pytest.raises(ClientError) as refused:
        client(
            server,
            "secretsmanager",
            aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
            aws_secret_access_key="x" * 40,
        ).get_secret_value(SecretId="shop/db")
    assert refused.value.response["Error"]["Code"] == "UnrecognizedClientException"

    asked = [{"AttributeKey": "ResourceName", "AttributeValue": made["ARN"]}]
    found = client(server, "cloudtrail").lookup_events(LookupAttributes=asked)["Events"]
    assert [event["EventName"] for event in reversed(found)] == [
        "CreateSecret",
        "GetSecretValue",
        "PutSecretValue",
        "GetSecretValue",
    ]

    iam = client(server, "iam")
    while iam.generate_credential_report()["State"] != "COMPLETE":
        pass
    report = iam.get_credential_report()["Content"].decode()
    assert next(csv.DictReader(io.StringIO(report)))["user"] == "<root_account>"

    server.stop()
    kept = b"".join(path.read_bytes() for path in server.data_dir.rglob("*") if path.is_file())
    assert (b"shop/db" in kept) == (journey_database is None)
    assert CANARY.encode() not in kept + server.log.read_bytes()
