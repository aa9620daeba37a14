"""Promise 7: what was secret stands nowhere in clear: not in files, logs, events, backups, environments.

Every kind of secret is made through its real door; then the raw bytes of everything that the server keeps or writes
are searched for it, as text, decoded, and in the usual encodings.
"""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError

from ostiary.kit.crypto.totp import code_at
from parts.load import WORKER_ROLE, client
from parts.server import OstiaryServer, prepare_server, start_on_a_free_port

PASSWORD = "seven quiet herons over granite 4711"
SECRET_VALUE = "canary-value-of-the-shop-database"
NEXT_VALUE = "canary-value-after-rotation"
BINARY_VALUE = bytes(range(200, 232)) + b"canary"
ORGANIZATION = (
    WORKER_ROLE
    + """
[[application]]
client_id = "robot"
name = "Robot"
kind = "machine"
authentication = "client_secret_basic"
owner = "operator"
scopes = ["books.read"]
audience = "https://books.example.org"

[[iam_user]]
name = "legacy"
owner = "operator"
reason = "a machine that cannot do without"
expires = @EXPIRES@

[iam_user.policies]
Everything = '''{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'''
"""
)


class Visitor:
    """A browser without script."""

    def __init__(self, base_url: str) -> None:
        self.http = httpx.Client(base_url=base_url, follow_redirects=True, trust_env=False, timeout=30)
        self._own = {"Origin": base_url, "Sec-Fetch-Site": "same-origin"}
        self.page = ""

    def close(self) -> None:
        self.http.close()

    def open(self, path: str) -> None:
        self.page = self.http.get(path).text

    def send(self, *, status: int = 200, **fields: str) -> None:
        """The first form of the page that is not the one to sign out."""
        form = next(f for f in re.findall(r"<form.*?</form>", self.page, re.DOTALL) if "signout" not in f.split(">")[0])
        action = unescape(re.findall(r'action="([^"]*)"', form)[0])
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form))
        answer = self.http.post(action, data={**hidden, **fields}, headers=self._own)
        assert answer.status_code == status, answer.text
        self.page = answer.text


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OstiaryServer]:
    folder = tmp_path_factory.mktemp("canaries")
    soon = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    (folder / "organization.toml").write_text(ORGANIZATION.replace("@EXPIRES@", soon))
    made = prepare_server(folder / "data", options=())
    made.apply(folder / "organization.toml")
    start_on_a_free_port(made)
    yield made
    made.close()


def people_secrets(server: OstiaryServer) -> dict[str, str | bytes]:
    """She enrols, mistypes her password once, signs in."""
    link = str(server.init["enrolment_path"])
    with closing(Visitor(server.base_url)) as visitor, closing(Visitor(server.base_url)) as again:
        return _enrol_and_sign_in(link, visitor, again)


def _enrol_and_sign_in(link: str, visitor: Visitor, again: Visitor) -> dict[str, str | bytes]:
    visitor.open(link)
    visitor.send(new_password=PASSWORD, repeat_password=PASSWORD)
    shown = re.findall(r'<code class="key">([^<]+)</code>', visitor.page)[0].replace(" ", "")
    secret = base64.b32decode(shown + "=" * (-len(shown) % 8))
    step = int(time.time()) // 30
    visitor.send(code=code_at(secret, step))
    again.open("/signin")
    again.send(status=400, username="administrator", password=PASSWORD + " mistyped")
    again.open("/signin")
    again.send(username="administrator", password=PASSWORD)
    # A code is good once, so the next one; on a slow machine that one may be over, too.
    again.send(code=code_at(secret, max(step + 1, int(time.time()) // 30)))
    cookies = {f"cookie {cookie.name}": cookie.value or "" for cookie in again.http.cookies.jar}
    assert cookies
    return {
        "password": PASSWORD,
        "TOTP text": shown,
        "TOTP secret": secret,
        "enrolment token": link.rpartition("/")[2],
        **cookies,
    }


def machine_secrets(server: OstiaryServer) -> dict[str, str | bytes]:
    operator = server.credentials()
    role = f"arn:aws:iam::{server.init['account']}:role/worker"
    issued = client(server, "sts", operator).assume_role(RoleArn=role, RoleSessionName="canary")["Credentials"]
    made = server.run("access-key", "create", "--user", "legacy", "--reason", "test", "--days", "1", "--json").json()
    given = server.run("application", "secret", "robot", "--json").json()["client_secret"]
    asked = {"grant_type": "client_credentials", "scope": "books.read"}
    tokens = httpx.post(f"{server.base_url}/oauth2/token", data=asked, auth=("robot", given), trust_env=False).json()
    httpx.post(f"{server.base_url}/oauth2/token", data=asked, auth=("robot", given + "x"), trust_env=False)
    return {
        "operator's secret key": operator.secret_access_key,
        "operator's session token": operator.session_token,
        "role's secret key": issued["SecretAccessKey"],
        "role's session token": issued["SessionToken"],
        "access key's secret": made["secret_access_key"],
        "client secret": given,
        "access token": tokens["access_token"],
    }


def kept_secrets(server: OstiaryServer) -> dict[str, str | bytes]:
    secrets = client(server, "secretsmanager", server.credentials())
    secrets.create_secret(Name="shop/db", SecretString=SECRET_VALUE)
    secrets.put_secret_value(SecretId="shop/db", SecretString=NEXT_VALUE)
    secrets.create_secret(Name="shop/key", SecretBinary=BINARY_VALUE)
    assert secrets.get_secret_value(SecretId="shop/db")["SecretString"] == NEXT_VALUE
    with pytest.raises(ClientError):
        secrets.create_secret(Name="shop/db", SecretString=SECRET_VALUE)
    key = (server.data_dir / "root.key").read_text().strip()
    _form, text, _checksum = key.split(":")
    raw = base64.urlsafe_b64decode(text + "=")
    return {
        "value": SECRET_VALUE,
        "next value": NEXT_VALUE,
        "binary value": BINARY_VALUE,
        "root key text": text,
        "root key": raw,
    }


def spellings(secret: str | bytes) -> set[bytes]:
    """As it is, and as base64, base64url and hexadecimal, whichever way somebody might have written it down."""
    raw = secret.encode() if isinstance(secret, str) else secret
    encoded = {base64.b64encode(raw), base64.urlsafe_b64encode(raw), base64.b32encode(raw)}
    return {raw, raw.hex().encode(), raw.hex().upper().encode()} | {text.rstrip(b"=") for text in encoded}


def test_no_secret_stands_in_clear_in_anything_that_is_kept_or_written(server: OstiaryServer) -> None:
    canaries = {**people_secrets(server), **machine_secrets(server), **kept_secrets(server)}
    assert len(canaries) >= 15
    assert all(len(value) >= 8 for value in canaries.values()), "a short canary would be found by chance"
    time.sleep(2)  # a round of the sealer
    running = {f"/proc/{kind}": b"".join(_process(pid, kind) for pid in _pids(server)) for kind in _PROCESS_FILES}
    backup = server.data_dir.parent / "backup.db"
    server.run("backup", str(backup))
    files = [path for path in server.data_dir.rglob("*") if path.is_file() and path.name != "root.key"]
    assert {"ostiary.db", "ostiary.db-wal", "checkpoint"} <= {path.name for path in files}
    places = {str(path): path.read_bytes() for path in (*files, server.log, backup)} | running
    kept = places[str(server.data_dir / "ostiary.db")] + places[str(server.data_dir / "ostiary.db-wal")]
    assert b"shop/db" in kept, "a name is no secret: the search must find it"
    found = [
        f"{name} in {place}"
        for place, content in places.items()
        for name, value in canaries.items()
        if any(spelling in content for spelling in spellings(value))
    ]
    assert found == []


_PROCESS_FILES = ("environ", "cmdline")


def _pids(server: OstiaryServer) -> tuple[int, ...]:
    return (server.pid, *server.worker_pids())


def _process(pid: int, kind: str) -> bytes:
    return Path(f"/proc/{pid}/{kind}").read_bytes()
