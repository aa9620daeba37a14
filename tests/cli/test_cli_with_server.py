"""What a running server does while the operator works on the same data directory."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import boto3
import botocore.exceptions
import httpx
import pytest

from parts.server import Credentials, OstiaryServer, StartServer

EXAMPLE = Path(__file__).parents[2] / "examples/organization.toml"


def client(server: OstiaryServer, service: str, credentials: Credentials) -> Any:
    return boto3.client(service, endpoint_url=server.aws_endpoint_url, region_name="us-east-1", **credentials.boto3())


def test_a_declared_secret_answers_that_it_has_no_value(start_server: StartServer) -> None:
    server = start_server(organization=EXAMPLE)
    secrets = client(server, "secretsmanager", server.credentials())
    with pytest.raises(botocore.exceptions.ClientError, match="staging label: AWSCURRENT") as refused:
        secrets.get_secret_value(SecretId="payments/database")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_restore_under_a_running_server_ends_what_was_issued_and_the_trail_goes_on(
    start_server: StartServer, tmp_path: Path
) -> None:
    server = start_server(organization=EXAMPLE)
    server.run("backup", str(tmp_path / "house.backup"))
    before = server.credentials()
    assert client(server, "sts", before).get_caller_identity()["Account"] == server.init["account"]

    server.run("restore", str(tmp_path / "house.backup"), "--yes")
    time.sleep(1.5)  # what a worker may remember is at most a second old

    with pytest.raises(botocore.exceptions.ClientError):
        client(server, "sts", before).get_caller_identity()
    assert client(server, "sts", server.credentials()).get_caller_identity()["Account"] == server.init["account"]
    time.sleep(1.5)
    verified = server.run("audit", "verify", "--json").json()
    assert (verified["verified"], verified["unsealed"]) == (True, 0)


def test_a_development_server_shows_in_its_mailbox_what_commands_would_have_mailed(start_server: StartServer) -> None:
    server = start_server(development=True)
    invited = server.run("person", "invite", "dee", "--display-name", "Dee", "--email", "dee@example.org", "--json")
    link = invited.json()["enrolment_link"]
    assert link.startswith(f"{server.base_url}/enroll/"), "a link leads to the server that runs"
    assert link in httpx.get(f"{server.base_url}/development/mailbox").text
    assert server.run("person", "invite", "guest", "--json").json()["enrolment_link"]
    server.kill()
    server.options = ()
    again = server.run("person", "invite", "dee", "--json").json()["enrolment_link"]
    assert not again.startswith(server.base_url), "an announcement ends with its server, however that ends"
