"""How does a workload get from its issuer's token to a secret, with unmodified clients? And where is it stopped?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from parts.outside_issuer import OutsideIssuer
from parts.server import OstiaryServer, StartServer

AWS = Path(sys.executable).parent / "aws"
JOB = "repo:acme/shop:ref:refs/heads/main"
_LEARNED_WITHIN = 30.0  # seconds; an issuer is asked again at most every ten, so that strangers cannot make us ask
POD = "system:serviceaccount:orders:api"
ORGANIZATION = """
[[issuer_trust]]
issuer = "{issuer}"
audiences = ["sts.amazonaws.com"]

[[workload]]
name = "shop-deploy"
owner = "administrator"
purpose = "Deploys the shop"
expires = 2099-01-01
issuer = "{issuer}"
subject = "repo:acme/shop:ref:refs/heads/main"
tags = {{ team = "shop" }}

[[workload]]
name = "orders-api"
owner = "administrator"
purpose = "Answers for orders"
expires = 2099-01-01
issuer = "{issuer}"
subject = "system:serviceaccount:orders:api"
tags = {{ team = "orders" }}

[[role]]
name = "deploy"
max_session_seconds = 3600
trust_policy = '''{trust}'''
policies = {{ own-team = '''{own_team}''', chain = '''{chain}''' }}

[[role]]
name = "partner"
trust_policy = '''{partner_trust}'''
"""


def organization(place: Path, issuer: OutsideIssuer) -> Path:
    provider = "arn:aws:iam::${account}:oidc-provider/" + issuer.url.removeprefix("http://")
    key = issuer.url.removeprefix("http://")
    conditions = {"StringEquals": {f"{key}:aud": "sts.amazonaws.com", f"{key}:sub": [JOB, POD]}}
    texts = {
        "trust": {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": conditions,
        },
        "own_team": {
            "Effect": "Allow",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {"StringEquals": {"secretsmanager:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        },
        "chain": {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Resource": "arn:aws:iam::${account}:role/partner",
        },
        "partner_trust": {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::${account}:root"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {"StringEquals": {"sts:ExternalId": "relation-7"}},
        },
    }
    documents = {n: json.dumps({"Version": "2012-10-17", "Statement": [text]}) for n, text in texts.items()}
    file = place / "organization.toml"
    file.write_text(ORGANIZATION.format(issuer=issuer.url, **documents))
    return file


@pytest.fixture
def server(
    start_server: StartServer, journey_database: str | None, outside_issuer: OutsideIssuer, tmp_path: Path
) -> OstiaryServer:
    file = organization(tmp_path, outside_issuer)
    return start_server(organization=file, workers=2, development=True, database_url=journey_database)


def client(server: OstiaryServer, service: str, credentials: dict[str, str] | None = None) -> Any:
    """Unsigned without credentials, as an SDK's web identity provider asks."""
    config = Config(retries={"max_attempts": 0}, signature_version=None if credentials else UNSIGNED)
    return boto3.client(
        service, endpoint_url=server.aws_endpoint_url, region_name="us-east-1", config=config, **(credentials or {})
    )


def role(server: OstiaryServer, name: str) -> str:
    return f"arn:aws:iam::{server.init['account']}:role/{name}"


def assume(server: OstiaryServer, token: str) -> dict[str, str]:
    answer = client(server, "sts").assume_role_with_web_identity(
        RoleArn=role(server, "deploy"), RoleSessionName="run-1", WebIdentityToken=token
    )
    return as_arguments(answer["Credentials"])


def as_arguments(given: dict[str, Any]) -> dict[str, str]:
    return {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
        "aws_session_token": given["SessionToken"],
    }


def comes_in(server: OstiaryServer, token: str) -> bool:
    with suppress(ClientError):
        return bool(assume(server, token))
    return False


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    code: str = refused.value.response["Error"]["Code"]
    return code


def test_a_job_reads_what_its_team_owns_and_nothing_else(server: OstiaryServer, outside_issuer: OutsideIssuer) -> None:
    operator = client(server, "secretsmanager", server.credentials().boto3())
    for team in ("shop", "orders"):
        tags = [{"Key": "team", "Value": team}]
        operator.create_secret(Name=f"{team}/db", SecretString=f"of-{team}", Tags=tags)
    job, pod = (
        assume(server, outside_issuer.token(JOB)),
        assume(server, outside_issuer.token(POD, aud=["sts.amazonaws.com"])),
    )
    for held, own, other in ((job, "shop", "orders"), (pod, "orders", "shop")):
        secrets = client(server, "secretsmanager", held)
        assert secrets.get_secret_value(SecretId=f"{own}/db")["SecretString"] == f"of-{own}"
        with pytest.raises(ClientError, match="no identity-based policy allows") as denied:
            secrets.get_secret_value(SecretId=f"{other}/db")
        assert denied.value.response["Error"]["Code"] == "AccessDeniedException"
    names = client(server, "cloudtrail", server.credentials().boto3()).lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "AssumeRoleWithWebIdentity"}]
    )["Events"]
    assert {event["Username"] for event in names} == {"shop-deploy", "orders-api"}


def test_the_session_chains_only_where_it_is_trusted(server: OstiaryServer, outside_issuer: OutsideIssuer) -> None:
    sts = client(server, "sts", assume(server, outside_issuer.token(JOB)))
    assert sts.get_caller_identity()["Arn"].endswith(":assumed-role/deploy/run-1")
    asked = {"RoleArn": role(server, "partner"), "RoleSessionName": "next", "Tags": [{"Key": "job", "Value": "7"}]}
    assert refusal(sts.assume_role, **asked) == "AccessDenied"
    assert refusal(sts.assume_role, ExternalId="relation-8", **asked) == "AccessDenied"
    next_one = client(server, "sts", as_arguments(sts.assume_role(ExternalId="relation-7", **asked)["Credentials"]))
    assert next_one.get_caller_identity()["Arn"].endswith(":assumed-role/partner/next")


def test_a_token_that_proves_no_workload_gets_nothing(server: OstiaryServer, outside_issuer: OutsideIssuer) -> None:
    now = int(time.time())
    call = client(server, "sts").assume_role_with_web_identity
    wanted = {"RoleArn": role(server, "deploy"), "RoleSessionName": "run-1"}
    tokens = {
        outside_issuer.token("repo:acme/shop:ref:refs/heads/other"): "IDPRejectedClaim",
        outside_issuer.token(JOB, aud="another.example"): "InvalidIdentityToken",
        outside_issuer.token(JOB, iss="https://elsewhere.example"): "InvalidIdentityToken",
        outside_issuer.token(JOB, iat=now - 900, nbf=now - 900, exp=now - 600): "ExpiredTokenException",
        outside_issuer.token(JOB)[:-4] + "AAAA": "InvalidIdentityToken",
    }
    assert {token: refusal(call, WebIdentityToken=token, **wanted) for token in tokens} == tokens
    other = {**wanted, "RoleArn": role(server, "partner")}
    assert refusal(call, WebIdentityToken=outside_issuer.token(JOB), **other) == "AccessDenied"


def test_a_key_that_the_issuer_replaced_is_learned(server: OstiaryServer, outside_issuer: OutsideIssuer) -> None:
    assume(server, outside_issuer.token(JOB))
    outside_issuer.replace_key("two")
    until = time.monotonic() + _LEARNED_WITHIN
    while not comes_in(server, outside_issuer.token(JOB)):
        assert time.monotonic() < until
        time.sleep(1)


def test_the_aws_command_line_needs_no_key_of_its_own(
    server: OstiaryServer, outside_issuer: OutsideIssuer, tmp_path: Path
) -> None:
    token_file = tmp_path / "token"
    token_file.write_text(outside_issuer.token(POD))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_ENDPOINT_URL": server.aws_endpoint_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ROLE_ARN": role(server, "deploy"),
        "AWS_ROLE_SESSION_NAME": "pod-1",
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token_file),
    }
    shown = subprocess.run(
        [str(AWS), "sts", "get-caller-identity"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout)["Arn"].endswith(":assumed-role/deploy/pod-1")
