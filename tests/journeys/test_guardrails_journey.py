"""An organization's guardrails over real sockets: a unit's service control, a unit's resource control, and back."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from parts.server import Credentials, OstiaryServer, StartServer

SHOP = "111122223333"
ROLE = f"arn:aws:iam::{SHOP}:role/keeper"
ORGANIZATION = f"""
[[account]]
name = "shop"
id = "{SHOP}"

[[organizational_unit]]
name = "prod"
accounts = ["shop"]

[[role]]
name = "keeper"
account = "shop"
trust_policy = '''
{{"Version": "2012-10-17", "Statement": {{
  "Effect": "Allow", "Principal": {{"AWS": "MAIN"}}, "Action": "sts:AssumeRole"
}}}}
'''
policies.Keep = '''
{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "secretsmanager:*", "Resource": "*"}}}}
'''
"""
KEEP_SECRETS = """
[[service_control_policy]]
name = "keep-secrets"
targets = ["unit:prod"]
policy = '''
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "*", "Resource": "*"},
  {"Effect": "Deny", "Action": "secretsmanager:DeleteSecret", "Resource": "*"}
]}
'''
"""
NO_STRANGERS = """
[[resource_control_policy]]
name = "no-strangers"
targets = ["unit:prod"]
policy = '''
{"Version": "2012-10-17", "Statement": {
  "Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Resource": "*",
  "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "${account/shop}"}}
}}
'''
"""


def client(server: OstiaryServer, service: str, credentials: Credentials) -> Any:
    return boto3.client(
        service,
        endpoint_url=server.aws_endpoint_url,
        region_name="eu-central-1",
        config=Config(retries={"max_attempts": 0}),
        **credentials.boto3(),
    )


def refused(call: Callable[[], object]) -> str:
    """What the caller is told."""
    with pytest.raises(ClientError) as caught:
        call()
    assert caught.value.response["Error"]["Code"] in {"AccessDenied", "AccessDeniedException"}
    return str(caught.value)


def allowed_within_a_second(call: Callable[[], object]) -> bool:
    deadline = time.monotonic() + 1
    while True:
        try:
            call()
        except ClientError:
            if time.monotonic() > deadline:
                return False
        else:
            return True


def test_guardrails_of_a_unit_hold_until_they_are_taken_back(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(workers=2)
    main = f"arn:aws:iam::{server.init['account']}:root"

    def apply(*parts: str) -> None:
        file = tmp_path / "organization.toml"
        file.write_text("".join(parts).replace("MAIN", main))
        server.apply(file)

    apply(ORGANIZATION, KEEP_SECRETS)
    secrets = client(server, "secretsmanager", server.credentials(role=ROLE))
    secrets.create_secret(Name="till", SecretString="a value")
    told = refused(lambda: secrets.delete_secret(SecretId="till"))
    sentence = "is not authorized to perform: secretsmanager:DeleteSecret on resource: till"
    assert f"User: arn:aws:sts::{SHOP}:assumed-role/keeper/" in told
    assert f"{sentence} with an explicit deny in a service control policy" in told
    assert secrets.get_secret_value(SecretId="till")["SecretString"] == "a value"

    apply("service_control_policy = []\n", ORGANIZATION)
    assert allowed_within_a_second(lambda: secrets.delete_secret(SecretId="till"))

    administrator = client(server, "sts", server.credentials())
    assume = {"RoleArn": ROLE, "RoleSessionName": "visitor"}
    assert administrator.assume_role(**assume)["AssumedRoleUser"]
    apply(ORGANIZATION, NO_STRANGERS)
    told = refused(lambda: administrator.assume_role(**assume))
    # STS tells nobody why: whether the role exists is not a stranger's business.
    assert f"is not authorized to perform: sts:AssumeRole on resource: {ROLE}" in told
    # The operator, who holds the root key, is outside of guardrails.
    assert server.credentials(role=ROLE).session_token
    apply("resource_control_policy = []\n", ORGANIZATION)
    assert allowed_within_a_second(lambda: administrator.assume_role(**assume))
