"""Who is measured? One class per server: how it starts, and which requests it is asked in each row."""

from __future__ import annotations

import base64
import json
import urllib.request
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from bench.load import Prepared
from bench.places import PEER_NODE, PEER_PYTHON, PEERS, PROJECT_PYTHON, ROOT, BenchError
from bench.prepared import Credentials, aws_client, signed_requests, token_request
from bench.processes import Cpus, Server, free_port, running

SECRET_NAME = "bench/database"  # noqa: S105 - a name
SECRET_MARKER = "correct-horse-battery-staple"  # noqa: S105 - what every right answer holds
SECRET_VALUE = '{"username":"bench","password":"' + SECRET_MARKER + '"}'
DISTINCT_REQUESTS = 1000
_JWS_PARTS = 3
_ES256_SIGNATURE_BYTES = 64
_UNCHECKED = "this-peer-checks-nothing"
_NODE_CLIENT_SECRET = "bench-secret-of-the-node-peer-0123456789abcdef"  # noqa: S105 - stands in peers/oidc_provider.mjs
_MOTO_ROLE = "arn:aws:iam::123456789012:role/bench-reader"


class Row(StrEnum):
    TOKEN = "token"  # noqa: S105 - the name of a row
    ASSUME_ROLE = "assume-role"
    GET_SECRET_VALUE = "get-secret-value"  # noqa: S105 - the name of a row


class Candidate(ABC):
    """A server that can be started as often as one likes, each time on a new port."""

    name: str
    rows: tuple[Row, ...]
    ready_path: str
    directory: Path = ROOT
    env: ClassVar[Mapping[str, str]] = {}

    @abstractmethod
    def command(self, port: int) -> Sequence[str]: ...

    @abstractmethod
    def prepare(self, row: Row, server: Server) -> Prepared:
        """Bring the server into its first state where that is needed, and make new requests for one run."""

    def started(self, cpus: Cpus) -> AbstractContextManager[Server]:
        port = free_port()
        return running(
            self.name,
            self.command(port),
            port=port,
            ready_path=self.ready_path,
            cpu=cpus.server,
            directory=self.directory,
            env=self.env,
        )


class Bare(Candidate):
    """The limit: Granian, one ES256 signature, JSON."""

    name = "bare WSGI"
    rows = (Row.TOKEN,)
    ready_path = "/"

    def command(self, port: int) -> Sequence[str]:
        return [str(PROJECT_PYTHON), "-m", "bench.peers.bare", str(port)]

    def prepare(self, row: Row, server: Server) -> Prepared:
        del row
        return token(server, path="/", client_id="bench", client_secret=_UNCHECKED)


class OidcProvider(Candidate):
    name = "oidc-provider"
    rows = (Row.TOKEN,)
    ready_path = "/.well-known/openid-configuration"
    directory = PEER_NODE
    env: ClassVar[Mapping[str, str]] = {"NODE_ENV": "production"}

    def command(self, port: int) -> Sequence[str]:
        return ["node", "oidc_provider.mjs", str(port)]

    def prepare(self, row: Row, server: Server) -> Prepared:
        del row
        return token(server, path="/token", client_id="bench", client_secret=_NODE_CLIENT_SECRET)


class Moto(Candidate):
    """Reset before each run: it keeps every session that it issued, and would slow down from run to run."""

    name = "moto"
    rows = (Row.ASSUME_ROLE, Row.GET_SECRET_VALUE)
    ready_path = "/moto-api/"

    def command(self, port: int) -> Sequence[str]:
        return [str(PEER_PYTHON), str(PEERS / "moto_server.py"), str(port)]

    def prepare(self, row: Row, server: Server) -> Prepared:
        endpoint = f"http://127.0.0.1:{server.port}"
        urllib.request.urlopen(f"{endpoint}/moto-api/reset", data=b"", timeout=5).close()
        credentials = Credentials("AKIAIOSFODNN7EXAMPLE", _UNCHECKED)
        if row is Row.ASSUME_ROLE:
            return assume_role(endpoint, credentials, role_arn=_MOTO_ROLE)
        aws_client("secretsmanager", endpoint=endpoint, credentials=credentials).create_secret(
            Name=SECRET_NAME, SecretString=SECRET_VALUE
        )
        return get_secret_value(endpoint, credentials)


def token(server: Server, *, path: str, client_id: str, client_secret: str, scope: str = "bench") -> Prepared:
    request = token_request(port=server.port, path=path, client_id=client_id, client_secret=client_secret, scope=scope)
    return Prepared([request], marker='"access_token"', check=_check_es256)


def assume_role(endpoint: str, credentials: Credentials, *, role_arn: str) -> Prepared:
    client = aws_client("sts", endpoint=endpoint, credentials=credentials)
    calls = [{"RoleArn": role_arn, "RoleSessionName": f"bench-{number}"} for number in range(DISTINCT_REQUESTS)]
    return Prepared(signed_requests(client, "assume_role", calls), marker="<SecretAccessKey>")


def get_secret_value(endpoint: str, credentials: Credentials) -> Prepared:
    client = aws_client("secretsmanager", endpoint=endpoint, credentials=credentials)
    calls = [{"SecretId": SECRET_NAME}] * DISTINCT_REQUESTS
    return Prepared(signed_requests(client, "get_secret_value", calls), marker=SECRET_MARKER)


def _check_es256(body: bytes) -> None:
    """Raises BenchError unless the access token is a JWT whose header says ES256 and whose signature is as long."""
    parts = str(json.loads(body)["access_token"]).split(".")
    header = json.loads(_from_base64url(parts[0])) if len(parts) == _JWS_PARTS else {}
    if header.get("alg") != "ES256" or len(_from_base64url(parts[2])) != _ES256_SIGNATURE_BYTES:
        raise BenchError(f"the access token is no JWT signed with ES256, its header is {header}")


def _from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
