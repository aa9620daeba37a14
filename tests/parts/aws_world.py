"""How do tests of the AWS door get a whole house without a process? Real SQLite, real keys, real boto3.

boto3 signs and parses; instead of a socket its request goes straight into the gateway.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
from botocore import UNSIGNED
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from ostiary.domain.access.authorizer import Authorizer
from ostiary.domain.access.builtin import administrator_role
from ostiary.domain.access.index import AccessIndex, load_access_index
from ostiary.domain.access.model import Role
from ostiary.domain.audit.caller import Door, Origin
from ostiary.domain.audit.event import Event, decode
from ostiary.domain.audit.last_use import LastUseLog
from ostiary.domain.audit.ports import EventQuery
from ostiary.domain.credentials.access_keys import AccessKeyIndex, AccessKeys, load_access_key_index
from ostiary.domain.credentials.server_keys import load_server_keys, make_first_keys
from ostiary.domain.directory.index import WorkloadIndex, load_workload_index
from ostiary.domain.directory.model import Account, Organization, Workload, WorkloadStatus
from ostiary.domain.federation.index import IssuerTrustIndex, load_issuer_trust_index
from ostiary.domain.federation.issuer_keys import IssuerKeys
from ostiary.domain.federation.model import IssuerTrust
from ostiary.domain.federation.ports import KeySource
from ostiary.domain.federation.web_identity import WebIdentityVerifier
from ostiary.domain.federation.web_identity_role import WebIdentityRoles
from ostiary.domain.sessions.issuing import RoleSessionIssuer
from ostiary.domain.sessions.operator_credentials import OperatorCredentials
from ostiary.domain.sessions.person_credentials import PersonRoleCredentials
from ostiary.domain.sessions.revocation import Revocation, RevocationIndex, load_revocations
from ostiary.domain.sessions.role_assumption import RoleAssumption
from ostiary.domain.sessions.role_session import TemporaryCredentials
from ostiary.domain.sessions.signing_credentials import SigningCredentials
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.jose import SigningKey, sign_jwt
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.current import Current
from ostiary.protocols.aws import sts
from ostiary.protocols.aws.gateway.pipeline import Gateway
from ostiary.protocols.aws.wire import WireRequest, WireResponse
from ostiary.protocols.aws.wire.service import MountedService, mount
from ostiary.storage.engine import open_database
from ostiary.storage.schema import metadata

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ISSUER = "https://token.actions.githubusercontent.com"
ISSUER_NAME = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
SUBJECT = "repo:example/shop:ref:refs/heads/main"
ENDPOINT = "http://127.0.0.1:8080/aws"
ORIGIN = Origin(Door.AWS, source_ip="192.0.2.7", user_agent="boto3", request_id="request-1", secure_transport=True)


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action: str | Sequence[str], resource: str | Sequence[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trusts(principal: Mapping[str, Any], action: str | Sequence[str] = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, **more}


def web_identity_trust(*, subject: str = SUBJECT, operator: str = "StringEquals") -> str:
    provider = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER_NAME}"}
    condition: dict[str, dict[str, str]] = {"StringEquals": {f"{ISSUER_NAME}:aud": AUDIENCE}}
    condition.setdefault(operator, {})[f"{ISSUER_NAME}:sub"] = subject
    return policy(trusts(provider, "sts:AssumeRoleWithWebIdentity", Condition=condition))


@dataclass
class Indexes:
    access: Current[AccessIndex] = field(default_factory=lambda: Current(AccessIndex()))
    access_keys: Current[AccessKeyIndex] = field(default_factory=lambda: Current(AccessKeyIndex()))
    workloads: Current[WorkloadIndex] = field(default_factory=lambda: Current(WorkloadIndex()))
    trusts: Current[IssuerTrustIndex] = field(default_factory=lambda: Current(IssuerTrustIndex()))
    revocations: Current[RevocationIndex] = field(default_factory=lambda: Current(RevocationIndex()))


@cache
def _session() -> Any:
    """One for all tests: it reads the service models once."""
    return boto3.Session(region_name="eu-west-1")


@cache
def _with_first_keys() -> tuple[RootKey, bytes]:
    """A database with server keys, and its root key; made once, since an RSA key takes its time."""
    root = RootKey.generate()
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/template.db")
        metadata.create_all(database.engine)
        long_ago = datetime.now(UTC) - timedelta(hours=1)
        database.write(lambda tx: make_first_keys(tx.server_keys, root, now=long_ago))
        database.close()
        return root, Path(folder, "template.db").read_bytes()


class _NoNetwork:
    """The world's trusts are pinned; a test that fetches brings its own source."""

    def fetch(self, trust: IssuerTrust) -> bytes:
        raise AssertionError(f"the keys of {trust.issuer} are pinned")


class World:
    """One organization with an account, a trusted issuer, a workload, and the role `deploy` that it may assume."""

    def __init__(
        self, folder: Path, *, source: KeySource | None = None, services: Sequence[MountedService] = ()
    ) -> None:
        self.clock = FixedClock(datetime.now(UTC).replace(microsecond=0))
        root, template = _with_first_keys()
        (folder / "world.db").write_bytes(template)
        self.database = open_database(f"sqlite:///{folder / 'world.db'}")
        with self.database.read() as tx:
            self.keys = Current(load_server_keys(tx.server_keys, root, now=self.clock.now()))
        self.issuer_key = SigningKey.generate("ES256")
        self.indexes = Indexes()
        self.last_use = LastUseLog()
        self._fill()
        self._build(source or _NoNetwork(), services)

    def _fill(self) -> None:
        now = self.clock.now()
        self.put_role(
            "deploy",
            trust=web_identity_trust(),
            policies={"base": policy(allow("sts:AssumeRole"))},
            max_session_seconds=7200,
        )
        self.database.write(lambda tx: tx.directory.put_organization(Organization("Example", ACCOUNT, now)))
        self.database.write(lambda tx: tx.directory.put_account(Account(ACCOUNT, "main")))
        self.database.write(lambda tx: tx.directory.put_account(Account(OTHER_ACCOUNT, "other")))
        self.database.write(lambda tx: tx.access.put_role(administrator_role(ACCOUNT, now=now)))
        self.put_trust(self.trust())
        self.put_workload(self.workload())

    def _build(self, source: KeySource, services: Sequence[MountedService]) -> None:
        indexes, clock, database = self.indexes, self.clock, self.database
        self.authorizer = Authorizer(index=indexes.access, clock=clock)
        self.issuer = RoleSessionIssuer(keys=self.keys, recorder=database, last_use=self.last_use)
        self.issuer_keys = IssuerKeys(source)
        self.verifier = WebIdentityVerifier(trusts=indexes.trusts, workloads=indexes.workloads, keys=self.issuer_keys)
        self.signing_credentials = SigningCredentials(
            keys=self.keys,
            index=indexes.access,
            access_keys=indexes.access_keys,
            workloads=indexes.workloads,
            revocations=indexes.revocations,
        )
        self.access_keys = AccessKeys(transactions=database, keys=self.keys, clock=clock)
        self.revocation = Revocation(transactions=database, authorizer=self.authorizer, clock=clock)
        self.person_credentials = PersonRoleCredentials(
            transactions=database,
            index=indexes.access,
            authorizer=self.authorizer,
            issuer=self.issuer,
            recorder=database,
        )
        self.operator_credentials = OperatorCredentials(
            transactions=database,
            index=indexes.access,
            authorizer=self.authorizer,
            issuer=self.issuer,
            recorder=database,
        )
        rooms = sts.StsRooms(
            role_assumption=RoleAssumption(
                index=indexes.access, authorizer=self.authorizer, issuer=self.issuer, clock=clock
            ),
            web_identity_roles=WebIdentityRoles(
                verifier=self.verifier,
                index=indexes.access,
                authorizer=self.authorizer,
                issuer=self.issuer,
                last_use=self.last_use,
                clock=clock,
            ),
            access_keys=indexes.access_keys,
        )
        self.gateway = Gateway(
            services=[mount(sts.SERVICE, rooms), *services],
            credentials=self.signing_credentials,
            authorizer=self.authorizer,
            recorder=database,
            last_use=self.last_use,
            clock=clock,
        )
        self.reload()

    def reload(self) -> None:
        """What the memory of a worker does within a second of a change."""
        indexes = self.indexes
        with self.database.read() as tx:
            indexes.access.value = load_access_index(tx, previous=indexes.access.value)
            indexes.access_keys.value = load_access_key_index(tx)
            indexes.workloads.value = load_workload_index(tx)
            indexes.trusts.value = load_issuer_trust_index(tx)
            indexes.revocations.value = load_revocations(tx, previous=indexes.revocations.value)

    # --- what is in the organization ---------------------------------------------------------------------------------

    def put_role(self, name: str, *, trust: str, account: str = ACCOUNT, **more: Any) -> Role:
        role = Role(
            role_id=f"AROA{name.upper():A<17.17}",
            account=account,
            name=name,
            trust_policy=trust,
            created_at=self.clock.now(),
            **more,
        )
        self.database.write(lambda tx: tx.access.put_role(role))
        return role

    def put_trust(self, trust: IssuerTrust) -> None:
        self.database.write(lambda tx: tx.federation.put_issuer_trust(trust))

    def put_workload(self, workload: Workload) -> None:
        self.database.write(lambda tx: tx.directory.put_workload(workload))

    def trust(self, **more: Any) -> IssuerTrust:
        pinned = json.dumps({"keys": [self.issuer_key.public_jwk()]})
        values = {"jwks": pinned, "audiences": (AUDIENCE,), "created_at": self.clock.now(), **more}
        return IssuerTrust(account=ACCOUNT, issuer=ISSUER, **values)

    def workload(self, **more: Any) -> Workload:
        values = {
            "name": "shop-deploy",
            "account": ACCOUNT,
            "owner": "platform",
            "purpose": "deploys the shop",
            "expires_at": self.clock.now() + timedelta(days=90),
            "status": WorkloadStatus.ACTIVE,
            "issuer": ISSUER,
            "subject": SUBJECT,
            "tags": {"team": "shop"},
            **more,
        }
        return Workload(**values)

    # --- what a machine outside does ---------------------------------------------------------------------------------

    def claims(self, **more: Any) -> dict[str, Any]:
        at = int(self.clock.now().timestamp())
        return {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": at, "nbf": at, "exp": at + 300, **more}

    def token(self, **more: Any) -> str:
        return sign_jwt(self.issuer_key, self.claims(**more))

    def client(self, service: str, credentials: Mapping[str, str] | None = None, **changes: Any) -> Any:
        """boto3 with these credentials, or without any."""
        config = Config(retries={"max_attempts": 0, "mode": "standard"}, parameter_validation=False)
        if credentials is None:
            config = config.merge(Config(signature_version=UNSIGNED))
        made = _session().client(service, endpoint_url=ENDPOINT, config=config, **(credentials or {}))
        made.meta.events.register("before-send", lambda request, **_: self._send(request, changes))
        return made

    def web_identity_session(self, **more: Any) -> dict[str, str]:
        """Credentials of the role `deploy`, as keyword arguments for `client`."""
        given = {"RoleArn": role_arn("deploy"), "RoleSessionName": "ci", "WebIdentityToken": self.token(), **more}
        return keywords(self.client("sts").assume_role_with_web_identity(**given))

    def send(self, request: WireRequest) -> WireResponse:
        return self.gateway.answer(request, ORIGIN)

    def _send(self, request: Any, changes: Mapping[str, Any]) -> AWSResponse:
        wire_request = wire_request_of(request)
        for change in changes.values():
            wire_request = change(wire_request)
        answered = self.send(wire_request)
        return AWSResponse(request.url, answered.status, answered.headers, _Raw(answered.body))

    def events(self, name: str | None = None) -> list[Event]:
        """Oldest first."""
        with self.database.read() as tx:
            found = tx.audit.find(EventQuery(name=name, limit=500))
        return [decode(stored.body) for stored in reversed(found)]


class _Raw:
    """A body as urllib3 hands it over."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Any:
        yield self._body


def wire_request_of(request: Any) -> WireRequest:
    parts = urlsplit(request.url)
    headers = {
        name.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    body = request.body or b""
    return WireRequest(
        method=request.method,
        path=unquote(parts.path).removeprefix("/aws"),
        raw_query=parts.query,
        headers={"host": parts.netloc, **headers},
        body=body if isinstance(body, bytes) else body.encode(),
    )


def role_arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def keywords(answer: Mapping[str, Any]) -> dict[str, str]:
    """The `Credentials` of an STS answer as keyword arguments for boto3."""
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def issued(credentials: TemporaryCredentials) -> dict[str, str]:
    return {
        "aws_access_key_id": credentials.access_key_id,
        "aws_secret_access_key": credentials.secret_access_key.reveal(),
        "aws_session_token": credentials.session_token,
    }
