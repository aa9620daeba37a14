"""How does a pipeline check a policy before it is applied, with the AWS CLI? And who may not?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parts.server import Credentials, OstiaryServer, StartServer

AWS = Path(sys.executable).parent / "aws"
ORGANIZATION = """
[[role]]
name = "reviewer"
trust_policy = '''{trust}'''
policies = {{ checks = '''{checks}''' }}

[[role]]
name = "reader"
trust_policy = '''{trust}'''
policies = {{ validation = '''{validation}''' }}
"""
EXISTING = {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::lake/*"}
NARROWER = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::lake/a/*"}
WIDER = {"Sid": "Wide", "Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


@pytest.fixture
def server(start_server: StartServer, journey_database: str | None, tmp_path: Path) -> OstiaryServer:
    allow = {"Effect": "Allow", "Resource": "*"}
    texts = {
        "trust": document(
            {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account}:root"}, "Action": "sts:AssumeRole"}
        ),
        "checks": document(allow | {"Action": ["access-analyzer:*", "cloudtrail:LookupEvents"]}),
        "validation": document(allow | {"Action": "access-analyzer:ValidatePolicy"}),
    }
    file = tmp_path / "organization.toml"
    file.write_text(ORGANIZATION.format(**texts))
    return start_server(organization=file, database_url=journey_database)


def aws(server: OstiaryServer, credentials: Credentials, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(server.data_dir),
        "AWS_ENDPOINT_URL": server.aws_endpoint_url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        **credentials.environment(),
    }
    return subprocess.run(
        [str(AWS), *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def role(server: OstiaryServer, name: str) -> str:
    return f"arn:aws:iam::{server.init['account']}:role/{name}"


def answer(run: subprocess.CompletedProcess[str]) -> Any:
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def test_a_pipeline_validates_a_policy_and_refuses_new_access(server: OstiaryServer, tmp_path: Path) -> None:
    for name, statement in (("existing", EXISTING), ("narrower", NARROWER), ("wider", WIDER)):
        (tmp_path / f"{name}.json").write_text(document(statement))
    reviewer = server.credentials(role=role(server, "reviewer"))

    def check(operation: str, *more: str, by: Credentials = reviewer) -> subprocess.CompletedProcess[str]:
        return aws(server, by, "accessanalyzer", operation, "--policy-type", "IDENTITY_POLICY", *more)

    def file(name: str) -> str:
        return f"file://{tmp_path / name}.json"

    found = answer(check("validate-policy", "--policy-document", document(WIDER | {"Action": "s3:G et"})))["findings"]
    (error,) = [finding for finding in found if finding["findingType"] == "ERROR"]
    assert error["issueCode"] == "INVALID_ACTION"
    assert error["locations"][0]["path"][-1] == {"value": "Action"}
    existing = ("--existing-policy-document", file("existing"))
    passed = answer(check("check-no-new-access", "--new-policy-document", file("narrower"), *existing))
    assert passed["result"] == "PASS"
    failed = answer(check("check-no-new-access", "--new-policy-document", file("wider"), *existing))
    assert (failed["result"], failed["reasons"][0]["statementId"]) == ("FAIL", "Wide")
    access = ("--policy-document", file("wider"), "--access", "actions=s3:PutObject,iam:PassRole")
    assert answer(check("check-access-not-granted", *access))["result"] == "PASS"

    reader = server.credentials(role=role(server, "reader"))
    denied = check("check-access-not-granted", *access, by=reader)
    assert denied.returncode != 0
    assert "AccessDeniedException" in denied.stderr
    assert answer(check("validate-policy", "--policy-document", document(EXISTING), by=reader))["findings"] is not None

    event = "AttributeKey=EventSource,AttributeValue=access-analyzer.amazonaws.com"
    events = answer(aws(server, reviewer, "cloudtrail", "lookup-events", "--lookup-attributes", event))["Events"]
    seen = [json.loads(one["CloudTrailEvent"]) for one in reversed(events)]
    assert [(one["eventName"], one.get("errorCode")) for one in seen] == [
        ("ValidatePolicy", None),
        ("CheckNoNewAccess", None),
        ("CheckNoNewAccess", None),
        ("CheckAccessNotGranted", None),
        ("CheckAccessNotGranted", "AccessDenied"),
        ("ValidatePolicy", None),
    ]
