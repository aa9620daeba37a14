"""Somebody asks before she acts: the simulator, the explanation and the deed agree, with real clients."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from parts.server import Credentials, OstiaryServer, StartServer, run_ostiary

AWS = Path(sys.executable).parent / "aws"
READ = "secretsmanager:GetSecretValue"
REGION = "us-east-1"
ORGANIZATION = """
[[role]]
name = "reader"
tags = { team = "shop" }
trust_policy = '''{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Principal": {"AWS": "${account}"}, "Action": "sts:AssumeRole"}}'''

[role.policies]
Own = '''{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
  "Condition": {"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}}}}'''
"""


@pytest.fixture
def server(start_server: StartServer, tmp_path: Path) -> OstiaryServer:
    file = tmp_path / "organization.toml"
    file.write_text(ORGANIZATION)
    return start_server(organization=file)


def client(server: OstiaryServer, service: str, credentials: Credentials) -> Any:
    return boto3.client(service, endpoint_url=server.aws_endpoint_url, region_name=REGION, **credentials.boto3())


def aws(server: OstiaryServer, credentials: Credentials, *arguments: str) -> Any:
    """The AWS CLI, which answers in JSON."""
    command = [str(AWS), "--endpoint-url", server.aws_endpoint_url, "--region", REGION, "--output", "json"]
    env = {**os.environ, **credentials.environment(), "AWS_CONFIG_FILE": os.devnull}
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60, env=env, check=True)
    return json.loads(done.stdout)


def happens(server: OstiaryServer, credentials: Credentials, secret: str) -> str:
    try:
        client(server, "secretsmanager", credentials).get_secret_value(SecretId=secret)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
        return "implicitDeny"
    return "allowed"


def test_what_is_simulated_and_explained_is_what_happens(server: OstiaryServer) -> None:
    operator = server.credentials()
    reader = f"arn:aws:iam::{server.init['account']}:role/reader"
    session = server.credentials(role=reader)
    made = client(server, "secretsmanager", operator)
    for team, status in ("shop", 0), ("bank", 1):
        secret = made.create_secret(Name=f"{team}/key", SecretString="s", Tags=[{"Key": "team", "Value": team}])["ARN"]
        entry = {
            "ContextKeyName": "secretsmanager:ResourceTag/team",
            "ContextKeyValues": [team],
            "ContextKeyType": "string",
        }
        asked = ("--policy-source-arn", reader, "--action-names", READ, "--resource-arns", secret)
        simulated = aws(
            server, operator, "iam", "simulate-principal-policy", *asked, "--context-entries", json.dumps([entry])
        )
        (result,) = simulated["EvaluationResults"]
        assert result["EvalDecision"] == happens(server, session, secret)
        explained = run_ostiary(
            "policy", "why", reader, READ, f"{team}/key", "--data", str(server.data_dir), check=False
        )
        assert explained.code == status, explained.out
    # Whoever may not ask is told so.
    iam = client(server, "iam", session)
    for ask in iam.get_context_keys_for_principal_policy, iam.get_context_keys_for_custom_policy:
        given = {"PolicySourceArn": reader} if "principal" in ask.__name__ else {"PolicyInputList": ["{}"]}
        with pytest.raises(ClientError, match="no identity-based policy allows"):
            ask(**given)
