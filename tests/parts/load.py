"""What does a crowd of machines do at once, and what was it told?"""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

from ostiary.domain.audit.event import Event, decode
from ostiary.kit import ids
from ostiary.storage.engine import open_database
from parts.server import Credentials, OstiaryServer

WORKER_ROLE = """
[[role]]
name = "worker"
trust_policy = '''
{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::${account}:root"}, "Action": "sts:AssumeRole"}}
'''

[role.policies]
Everything = '''
{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
'''
"""


@cache
def session() -> Any:
    """One for all tests: it reads the service models once."""
    return boto3.Session(region_name="eu-west-1")


_making = threading.Lock()


def client(server: OstiaryServer, service: str, credentials: Credentials) -> Any:
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30)
    with _making:  # a session must not be used by two threads at once
        return session().client(service, endpoint_url=server.aws_endpoint_url, config=config, **credentials.boto3())


@dataclass
class Told:
    """`requests` are the ids of what was answered with success; `secrets` the values of those that were, by name."""

    requests: list[str] = field(default_factory=list)
    secrets: dict[str, str] = field(default_factory=dict)
    issued: list[Credentials] = field(default_factory=list)
    refused: list[Exception] = field(default_factory=list)
    unanswered: int = 0
    name: str = field(default_factory=ids.uuid7)


@contextmanager
def load(server: OstiaryServer, credentials: Credentials, *, threads: int) -> Iterator[Told]:
    """Machines that work until the block ends, or the server does."""
    told, ending = Told(), threading.Event()
    account = server.init["account"]
    numbers = itertools.count()

    def work() -> None:
        sts, secrets = client(server, "sts", credentials), client(server, "secretsmanager", credentials)
        while not ending.is_set():
            try:
                _one_round(told, sts, secrets, account, next(numbers))
            except ClientError as refused:
                told.refused.append(refused)
            except (HTTPClientError, BotoCoreError):
                told.unanswered += 1
                time.sleep(0.02)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield told
    finally:
        ending.set()
        for worker in workers:
            worker.join()


def _one_round(told: Told, sts: Any, secrets: Any, account: str, number: int) -> None:
    name, value = f"load/{told.name}/{number}", f"value-{number}-of-a-secret"
    _note(told, secrets.create_secret(Name=name, SecretString=value))
    told.secrets[name] = value
    assert _note(told, secrets.get_secret_value(SecretId=name))["SecretString"] == value
    role = f"arn:aws:iam::{account}:role/worker"
    issued = _note(told, sts.assume_role(RoleArn=role, RoleSessionName=f"load-{number}"))["Credentials"]
    told.issued.append(Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]))
    _note(told, sts.get_caller_identity())


def _note(told: Told, answer: dict[str, Any]) -> dict[str, Any]:
    told.requests.append(answer["ResponseMetadata"]["RequestId"])
    return answer


def events_of(server: OstiaryServer) -> list[Event]:
    """Everything in the trail, read past the server."""
    database = open_database(server.database_url or f"sqlite:///{server.data_dir / 'ostiary.db'}")
    try:
        with database.read() as tx:
            return [
                decode(event.body) for event in (*tx.audit.sealed_events(0, 1_000_000), *tx.audit.unsealed(100_000))
            ]
    finally:
        database.close()
