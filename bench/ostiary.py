"""How is Ostiary set up for the benchmark? As an operator would: init, apply, serve, and its own doors for the rest."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import botocore.exceptions

from bench.candidates import SECRET_NAME, SECRET_VALUE, Candidate, Row, assume_role, get_secret_value, token
from bench.load import Prepared
from bench.places import ORGANIZATION, OSTIARY, WORK, BenchError
from bench.prepared import Credentials, aws_client
from bench.processes import Server

_DATA = WORK / "data"
_COMMAND_SECONDS = 60
_ROLE = "bench-reader"


class Ostiary(Candidate):
    """One worker, SQLite in `.bench/data`, every event durable before its answer leaves."""

    name = "Ostiary"
    rows = (Row.TOKEN, Row.ASSUME_ROLE, Row.GET_SECRET_VALUE)
    ready_path = "/readyz"

    def __init__(self) -> None:
        self._client_secret = ""

    @property
    def data(self) -> Path:
        return _DATA

    def set_up(self) -> None:
        """A new data directory with the organization of `organization.toml`. Raises BenchError."""
        shutil.rmtree(_DATA, ignore_errors=True)
        _ostiary("init", "--json")
        _ostiary("apply", str(ORGANIZATION))
        self._client_secret = json.loads(_ostiary("application", "secret", "bench", "--json"))["client_secret"]

    def command(self, port: int) -> Sequence[str]:
        listen = f"127.0.0.1:{port}"
        return [str(OSTIARY), "serve", "--data", str(_DATA), "--listen", listen, "--workers", "1"]

    def prepare(self, row: Row, server: Server) -> Prepared:
        if row is Row.TOKEN:
            return token(server, path="/oauth2/token", client_id="bench", client_secret=self._client_secret)
        endpoint = f"http://127.0.0.1:{server.port}/aws"
        operator = _operator_credentials()
        sts = aws_client("sts", endpoint=endpoint, credentials=operator)
        role_arn = f"arn:aws:iam::{sts.get_caller_identity()['Account']}:role/{_ROLE}"
        if row is Row.ASSUME_ROLE:
            return assume_role(endpoint, operator, role_arn=role_arn)
        _put_secret(aws_client("secretsmanager", endpoint=endpoint, credentials=operator))
        session = sts.assume_role(RoleArn=role_arn, RoleSessionName="bench")["Credentials"]
        return get_secret_value(endpoint, _credentials(session))


def _put_secret(client: Any) -> None:
    """The organization's file declares secrets without values, so the value comes through the door."""
    try:
        client.put_secret_value(SecretId=SECRET_NAME, SecretString=SECRET_VALUE)
    except botocore.exceptions.ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        client.create_secret(Name=SECRET_NAME, SecretString=SECRET_VALUE)


def _operator_credentials() -> Credentials:
    return _credentials(json.loads(_ostiary("credentials", "--format", "json")))


def _credentials(document: dict[str, Any]) -> Credentials:
    """The same three names stand in an STS answer and in what an AWS credential process prints."""
    return Credentials(document["AccessKeyId"], document["SecretAccessKey"], document["SessionToken"])


def _ostiary(*arguments: str) -> str:
    command = [str(OSTIARY), *arguments, "--data", str(_DATA)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise BenchError(f"`ostiary {arguments[0]}` did not end within {_COMMAND_SECONDS} s") from error
    if done.returncode != 0:
        raise BenchError(f"`ostiary {arguments[0]}` ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout
