"""An organization whose applications ask about access, and a policy enforcement point that asks over HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import open_house
from ostiary.domain.applications.client_secrets import ClientSecrets
from ostiary.domain.directory.model import PersonStatus
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.storage.transaction import Transaction
from parts.server import OstiaryServer, prepare_server, start_on_a_free_port

RICK, MORTY, SUMMER, BETH, JERRY = (
    "rick@the-citadel.com",
    "morty@the-citadel.com",
    "summer@the-smiths.com",
    "beth@the-smiths.com",
    "jerry@the-smiths.com",
)
ROLES = {
    RICK: ["admins", "evil-geniuses"],
    MORTY: ["editors"],
    SUMMER: ["editors"],
    BETH: ["viewers"],
    JERRY: ["viewers"],
}
OTHER_ACCOUNT = "555566667777"

_READ: dict[str, Any] = {"Effect": "Allow", "Action": ["todo:can_read_user", "todo:can_read_todos"], "Resource": "*"}
_CREATE: dict[str, Any] = {"Effect": "Allow", "Action": "todo:can_create_todo", "Resource": "arn:aws:todo::*:todo/*"}
_OWN: dict[str, Any] = {
    "Effect": "Allow",
    "Action": ["todo:can_update_todo", "todo:can_delete_todo"],
    "Resource": "arn:aws:todo::*:todo/*",
    "Condition": {"StringEquals": {"aws:ResourceTag/ownerID": "${aws:PrincipalTag/email}"}},
}
_DELETE: dict[str, Any] = {"Effect": "Allow", "Action": "todo:can_delete_todo", "Resource": "arn:aws:todo::*:todo/*"}
_UPDATE: dict[str, Any] = {"Effect": "Allow", "Action": "todo:can_update_todo", "Resource": "arn:aws:todo::*:todo/*"}
# The roles of the working group's todo application.
SETS: Mapping[str, list[dict[str, Any]]] = {
    "viewers": [_READ],
    "editors": [_READ, _CREATE, _OWN],
    "admins": [_READ, _CREATE, _OWN, _DELETE],
    "evil-geniuses": [_READ, _CREATE, _OWN, _UPDATE],
}
_RECORDS: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["records:read", "records:write"], "Resource": "arn:aws:records::*:record/*"},
    {
        "Effect": "Deny",
        "Action": "records:write",
        "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:ResourceTag/status": "archived"},
            "StringNotEqualsIfExists": {"authzen:SubjectProperty/role": "admin"},
        },
    },
    {
        "Effect": "Allow",
        "Action": "records:delete",
        "Resource": "*",
        "Condition": {"Bool": {"authzen:ActionProperty/soft": "true"}},
    },
]
_VAULT: list[dict[str, Any]] = [
    {
        "Effect": "Allow",
        "Action": "secretsmanager:GetSecretValue",
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
    },
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
    {
        "Effect": "Allow",
        "Action": "vault:open",
        "Resource": "*",
        "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}, "Bool": {"aws:SecureTransport": "true"}},
    },
    {"Effect": "Allow", "Action": "vault:tag", "Resource": "*", "Condition": {"StringEquals": {"vault:Shelf": "A"}}},
]
ASK_ALL: list[dict[str, Any]] = [
    {"Effect": "Allow", "Action": ["ostiary:EvaluateAccess", "ostiary:SearchAccess"], "Resource": "*"}
]
_ASK_TODO: list[dict[str, Any]] = [{**ASK_ALL[0], "Resource": "arn:aws:todo::*:*"}]
_ASK_SHOP = [{**ASK_ALL[0], "Resource": "arn:aws:secretsmanager:*:*:secret:shop/*"}]
_ASK_TAGGED = [{**ASK_ALL[0], "Condition": {"StringEquals": {"aws:ResourceTag/open": "yes"}}}]
_EXPLAIN = [*ASK_ALL, {"Effect": "Allow", "Action": "ostiary:ExplainAccess", "Resource": "*"}]
APPLICATIONS: Mapping[str, list[dict[str, Any]]] = {
    "todo": _ASK_TODO,
    "records": ASK_ALL,
    "vault": ASK_ALL,
    "shop": _ASK_SHOP,
    "tagged": _ASK_TAGGED,
    "auditor": _EXPLAIN,
    "mute": [],
    "Odd.Name": ASK_ALL,
}


def _policy(statements: list[dict[str, Any]]) -> str:
    return "'''" + json.dumps({"Version": "2012-10-17", "Statement": statements}) + "'''"


def organization(account: str, *, disabled: str = "", more: str = "") -> str:
    """The TOML; `disabled` is a client id."""
    parts = [
        '[organization]\nname = "Example Corporation"',
        f'[[account]]\nid = "{OTHER_ACCOUNT}"\nname = "Other"',
        *(
            f'[[attribute]]\nname = "{name}"\ntype = "string"\nsource = "hr"\naccess = true'
            for name in ("email", "team")
        ),
    ]
    for group, statements in SETS.items():
        parts.append(f'[[group]]\nname = "{group}"\nowner = "operator"\npurpose = "Todos"')
        parts.append(f'[[permission_set]]\nname = "{group}"\npolicies.Todos = {_policy(statements)}')
        parts.append(f'[[assignment]]\ngroup = "{group}"\npermission_set = "{group}"\naccount = "{account}"')
    for name, groups in ROLES.items():
        attributes = f'{{ email = "{name}", team = "red" }}'
        parts.append(
            f'[[person]]\nuser_name = "{name}"\ndisplay_name = "{name}"\ngroups = {groups}\nattributes = {attributes}'
        )
    parts += _roles(account)
    for client_id, statements in APPLICATIONS.items():
        policies = f"\npolicies.Ask = {_policy(statements)}" if statements else ""
        enabled = "false" if client_id == disabled else "true"
        parts.append(
            f'[[application]]\nclient_id = "{client_id}"\nname = "{client_id}"\nkind = "machine"\n'
            f'authentication = "client_secret_basic"\nowner = "operator"\nscopes = ["orders.read"]\n'
            f'audience = "https://api.example.org"\nenabled = {enabled}{policies}'
        )
    return "\n\n".join([*parts, more])


def _roles(account: str) -> list[str]:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:role/reader"}, "Action": "sts:AssumeRole"}
    rights = f"policies.All = {_policy([*_RECORDS, *_VAULT])}"
    secrets = (("shop/db", "red"), ("shop/mail", "blue"), ("bank/db", "red"))
    parts = [f'[[secret]]\nname = "{name}"\ntags = {{ team = "{team}" }}' for name, team in secrets]
    parts.append(_role("reader", {**trust, "Principal": {"AWS": account}}, rights, 'tags = { team = "red" }'))
    parts.append(_role("deputy", trust, 'tags = { open = "yes" }'))
    parts.append(_role("closed", {**trust, "Effect": "Deny"}))
    elsewhere = {**trust, "Principal": {"AWS": OTHER_ACCOUNT}}
    parts.append(_role("elsewhere", elsewhere, rights, f'account = "{OTHER_ACCOUNT}"'))
    user = '[[iam_user]]\nname = "old"\nowner = "operator"\nreason = "a printer"\nexpires = 2099-01-01T00:00:00Z'
    return [*parts, f"{user}\npolicies.All = {_policy(_RECORDS)}"]


def _role(name: str, trust: dict[str, Any], *lines: str) -> str:
    return "\n".join([f'[[role]]\nname = "{name}"\ntrust_policy = {_policy([trust])}', *lines])


@dataclass
class World:
    """A running server, and what its applications hold."""

    server: OstiaryServer
    secrets: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    client: httpx.Client = field(default_factory=lambda: httpx.Client(trust_env=False, timeout=20))

    @property
    def account(self) -> str:
        account: str = self.server.init["account"]
        return account

    @property
    def access_api(self) -> str:
        return f"{self.server.base_url}/access/v1"

    def token_answer(self, client_id: str, **fields: str) -> httpx.Response:
        asked = {"grant_type": "client_credentials", **fields}
        proof = (client_id, self.secrets[client_id])
        return self.client.post(f"{self.server.base_url}/oauth2/token", data=asked, auth=proof)

    def token(self, client_id: str) -> str:
        """For the access API; kept for the test run."""
        if client_id not in self.tokens:
            answer = self.token_answer(client_id, resource=self.access_api)
            assert answer.status_code == 200, answer.text
            self.tokens[client_id] = answer.json()["access_token"]
        return self.tokens[client_id]

    def post(self, client_id: str, path: str, body: object, **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {self.token(client_id)}"} if client_id else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("Content-Type", "application/json")
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.client.post(f"{self.access_api}/{path}", content=content, headers=sent)

    def evaluate(self, client_id: str, question: object) -> dict[str, Any]:
        answer = self.post(client_id, "evaluation", question)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        found: dict[str, Any] = answer.json()
        assert isinstance(found["decision"], bool)
        return found

    def may(self, client_id: str, question: object) -> bool:
        decision: bool = self.evaluate(client_id, question)["decision"]
        return decision

    def search(self, client_id: str, what: str, question: object) -> dict[str, Any]:
        answer = self.post(client_id, f"search/{what}", question)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def events(self, name: str) -> list[dict[str, Any]]:
        """What the trail says of this door, newest first."""
        import boto3  # noqa: PLC0415 - slow to import, and few tests look at the trail

        client = boto3.client(
            "cloudtrail",
            region_name="us-east-1",
            endpoint_url=self.server.aws_endpoint_url,
            **self.server.credentials(role=f"arn:aws:iam::{self.account}:role/OstiaryAdministrator").boto3(),
        )
        found = client.lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}])
        return [json.loads(event["CloudTrailEvent"]) for event in found["Events"]]


def ask(subject: str, action: str, resource: str, *, properties: Mapping[str, object] | None = None) -> dict[str, Any]:
    """A question; `subject` and `resource` are `type/id`."""
    return {
        "subject": entity(subject),
        "action": {"name": action},
        "resource": {**entity(resource), **({"properties": dict(properties)} if properties else {})},
    }


def entity(text: str) -> dict[str, str]:
    kind, _, identifier = text.partition("/")
    return {"type": kind, "id": identifier} if identifier else {"type": kind}


def _activate(tx: Transaction) -> None:
    for person in tx.directory.people():
        if person.user_name in ROLES:
            tx.directory.set_person_status(person.person_id, PersonStatus.ACTIVE)


@contextmanager
def open_world(place: Path, *, database_url: str | None = None) -> Iterator[World]:
    """People are made active where they are kept: enrolling five of them in a browser is told elsewhere."""
    server = prepare_server(place / "data", options=("--workers", "1"), database_url=database_url)
    world = World(server)
    organization_file = place / "organization.toml"
    organization_file.write_text(organization(world.account))
    server.apply(organization_file)
    with open_house(DataDirectory(server.data_dir)) as house:
        house.database.write(_activate)
        secrets = ClientSecrets(transactions=house.database, authorizer=house.authorizer, clock=house.clock)
        for client_id in APPLICATIONS:
            world.secrets[client_id] = secrets.rotate(operator(world.account), client_id).reveal()
    start_on_a_free_port(server)
    try:
        yield world
    finally:
        world.client.close()
        server.close()
