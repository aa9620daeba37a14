"""Does the running server keep what its settings promise? Transport, proxies, health, keys, revocation, reset."""

from __future__ import annotations

import os
import sqlite3
import ssl
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError

from ostiary.domain.audit.event import Event
from ostiary.domain.sessions.model import Epoch, EpochKind
from ostiary.kit.clock import SystemClock
from ostiary.kit.crypto.sealing import RootKey
from ostiary.storage.engine import open_database
from parts.certificates import write_certificate
from parts.load import WORKER_ROLE, client, events_of
from parts.processes import free_port
from parts.server import Credentials, OstiaryServer, prepare_server, run_ostiary, start_on_a_free_port

WORKERS = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OstiaryServer]:
    folder = tmp_path_factory.mktemp("promises")
    (folder / "organization.toml").write_text(WORKER_ROLE)
    made = prepare_server(folder / "data", options=("--development", "--workers", str(WORKERS)))
    made.apply(folder / "organization.toml")
    start_on_a_free_port(made)
    yield made
    made.close()


@pytest.fixture(scope="module")
def operator(server: OstiaryServer) -> Credentials:
    return server.credentials()


def get(url: str, **more: object) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=10, **more)  # type: ignore[arg-type]


# --- several workers -------------------------------------------------------------------------------------------------


def role_session(server: OstiaryServer, operator: Credentials) -> Credentials:
    role = f"arn:aws:iam::{server.init['account']}:role/worker"
    issued = client(server, "sts", operator).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    return Credentials(issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"])


def test_a_revocation_reaches_every_worker_within_a_second(server: OstiaryServer, operator: Credentials) -> None:
    """Written as another process writes it; measured from its commit until every connection is refused."""
    session = role_session(server, operator)
    # Each client has its own connection, so that all workers are asked.
    clients = [client(server, "sts", session) for _ in range(4 * WORKERS)]
    for each in clients:
        each.get_caller_identity()
    database = open_database(f"sqlite:///{server.data_dir / 'ostiary.db'}")
    role = f"arn:aws:iam::{server.init['account']}:role/worker"
    epoch = Epoch(EpochKind.ROLE, role, SystemClock().now())
    database.write(lambda tx: tx.sessions.add_epoch(epoch))
    committed = time.monotonic()
    database.close()
    last_accepted = committed
    while time.monotonic() < committed + 1.5:
        for each in clients:
            if _is_accepted(each):
                last_accepted = time.monotonic()
    assert last_accepted - committed < 1.0
    with pytest.raises(ClientError, match="ExpiredToken"):
        clients[0].get_caller_identity()


def _is_accepted(sts: Any) -> bool:
    try:
        sts.get_caller_identity()
    except ClientError:
        return False
    return True


def test_development_reset_goes_back_to_the_start_for_every_worker(
    server: OstiaryServer, operator: Credentials
) -> None:
    client(server, "secretsmanager", operator).create_secret(Name="after-start", SecretString="v")
    assert httpx.post(f"{server.base_url}/development/reset", trust_env=False, timeout=30).json() == {"status": "reset"}
    for _ in range(4 * WORKERS):
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client(server, "secretsmanager", operator).get_secret_value(SecretId="after-start")
    client(server, "secretsmanager", operator).create_secret(Name="after-start", SecretString="v")
    assert server.run("audit", "verify", "--json").json()["verified"]


def test_a_page_of_another_site_cannot_reset(server: OstiaryServer) -> None:
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = httpx.post(f"{server.base_url}/development/reset", headers=headers, trust_env=False)
        assert refused.status_code == 403


def test_without_development_there_is_no_reset(data: OstiaryServer) -> None:
    assert httpx.post(f"{data.base_url}/development/reset", trust_env=False).status_code == 404


def test_metrics_count_requests_of_all_workers_and_name_nobody(server: OstiaryServer, operator: Credentials) -> None:
    for _ in range(3 * WORKERS):
        client(server, "sts", operator).get_caller_identity()
    deadline = time.monotonic() + 10
    while (counted := _counted(text := get(f"{server.base_url}/metrics").text)) < 3 * WORKERS:
        assert time.monotonic() < deadline, counted
        time.sleep(0.2)
    assert operator.access_key_id not in text
    assert "127.0.0.1" not in text


def _counted(text: str) -> float:
    lines = [line for line in text.splitlines() if line.startswith("ostiary_requests_total{") and 'door="aws"' in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines if 'status="2xx"' in line)


# --- one server, stopped and started with other settings -------------------------------------------------------------


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> OstiaryServer:
    return prepare_server(tmp_path_factory.mktemp("settings") / "data", options=())


@pytest.fixture
def data(kept: OstiaryServer) -> Iterator[OstiaryServer]:
    """Running with its default settings."""
    start_on_a_free_port(kept)
    yield kept
    kept.close()


def serve(kept: OstiaryServer, *options: str) -> str:
    """The sentence of a start that must be refused."""
    answered = run_ostiary("serve", "--data", str(kept.data_dir), *options, check=False)
    assert answered.code == 2, answered.err
    assert "Traceback" not in answered.err
    return " ".join(answered.err.split())


def test_another_root_key_is_refused_with_a_clear_sentence(kept: OstiaryServer) -> None:
    key = kept.data_dir / "root.key"
    right = key.read_text()
    key.write_text(RootKey.generate().to_text())
    try:
        assert "the root key does not open the keys in this database: is it the right one?" in serve(kept)
    finally:
        key.write_text(right)


def test_a_missing_or_readable_root_key_is_refused_with_a_clear_sentence(kept: OstiaryServer) -> None:
    key = kept.data_dir / "root.key"
    key.chmod(0o644)
    assert "may be read by others" in serve(kept)
    key.chmod(0o600)
    moved = key.rename(key.with_name("moved"))
    assert "has no readable root.key" in serve(kept)
    moved.rename(key)


def test_a_rolled_back_database_is_refused_with_a_clear_sentence(kept: OstiaryServer, tmp_path: Path) -> None:
    database = kept.data_dir / "ostiary.db"
    kept.run("credentials")
    start_on_a_free_port(kept)
    kept.stop()
    with closing(sqlite3.connect(database)) as driver:
        driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before = database.read_bytes()
    start_on_a_free_port(kept)
    kept.credentials()
    kept.stop()
    after = database.read_bytes()
    for side in ("-wal", "-shm"):
        database.with_name(database.name + side).unlink(missing_ok=True)
    database.write_bytes(before)
    try:
        kept.run("credentials")
        assert "the trail was rolled back" in serve(kept)
    finally:
        for side in ("-wal", "-shm"):
            database.with_name(database.name + side).unlink(missing_ok=True)
        database.write_bytes(after)


def test_unknown_keys_in_the_stored_settings_are_refused(kept: OstiaryServer) -> None:
    file = kept.data_dir / "ostiary.toml"
    file.touch(mode=0o600)
    file.write_text('isuer = "https://id.example.org"\n')
    try:
        assert "unknown key `isuer`" in serve(kept)
    finally:
        file.unlink()


def test_plain_http_off_loopback_is_refused(kept: OstiaryServer) -> None:
    assert "plain HTTP on `0.0.0.0` would show passwords" in serve(kept, "--listen", "0.0.0.0:8480")
    assert "loopback only" in serve(kept, "--development", "--listen", "0.0.0.0:8480")


def test_a_port_that_is_taken_is_refused_with_a_clear_sentence(data: OstiaryServer) -> None:
    assert "address already in use" in serve(data, "--listen", f"127.0.0.1:{data.port}")
    assert data.is_ready()


def test_tls_is_spoken_and_plain_http_is_not(kept: OstiaryServer, tmp_path: Path) -> None:
    certificate, key = write_certificate(tmp_path)
    port = free_port()
    issuer = f"https://localhost:{port}"
    options = ("--tls-cert", str(certificate), "--tls-key", str(key), "--issuer", issuer)
    served = TlsServer(data_dir=kept.data_dir, port=port, options=options)
    served.certificate = certificate
    served.start()
    try:
        trusting = ssl.create_default_context(cafile=certificate)
        answer = get(f"{issuer}/signin", verify=trusting)
        assert answer.status_code == 200
        assert "max-age=" in answer.headers["strict-transport-security"]
        with pytest.raises(httpx.HTTPError):
            get(f"http://localhost:{port}/healthz")
        with pytest.raises(httpx.ConnectError):
            get(f"{issuer}/healthz", verify=ssl.create_default_context())
        old = ssl.create_default_context(cafile=certificate)
        old.maximum_version = ssl.TLSVersion.TLSv1_2
        old.minimum_version = ssl.TLSVersion.TLSv1_2
        with pytest.raises(httpx.ConnectError):
            get(f"{issuer}/healthz", verify=old)
    finally:
        served.stop()


class TlsServer(OstiaryServer):
    certificate: Path

    def is_ready(self) -> bool:
        try:
            trusting = ssl.create_default_context(cafile=self.certificate)
            return get(f"https://localhost:{self.port}/readyz", verify=trusting).is_success
        except httpx.TransportError:
            return False


PROXY = ("--behind-proxy", "--issuer", "https://id.example.org")
FORWARDED = {
    "Host": "id.example.org",
    "X-Forwarded-For": "198.51.100.9, 203.0.113.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "id.example.org",
}
ASK = {"Action": "GetCallerIdentity", "Version": "2011-06-15"}


def refused_by_signature(server: OstiaryServer, headers: dict[str, str]) -> tuple[int, list[Event]]:
    """A request with a signature that does not hold leaves an event that names where it came from."""
    scope = "AKIAEXAMPLEEXAMPLE12/20260101/eu-west-1/sts/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
    before = len(events_of(server))
    signed = {**headers, "Authorization": signature, "X-Amz-Date": "20260101T000000Z"}
    answer = httpx.post(f"{server.base_url}/aws", data=ASK, headers=signed, trust_env=False)
    return answer.status_code, events_of(server)[before:]


def test_a_trusted_hop_is_believed_about_address_and_scheme(kept: OstiaryServer) -> None:
    behind = OstiaryServer(kept.data_dir, free_port(), (*PROXY, "--trusted-hop", "127.0.0.1"))
    behind.start()
    try:
        answer = get(f"{behind.base_url}/signin", headers=FORWARDED)
        assert answer.status_code == 200
        assert "strict-transport-security" in answer.headers
        plain = get(f"{behind.base_url}/signin", headers={**FORWARDED, "X-Forwarded-Proto": "http"})
        assert plain.status_code == 421, "what came to the proxy in the clear is not served"
        _status, events = refused_by_signature(behind, FORWARDED)
        assert [event.source_ip for event in events] == ["203.0.113.7"]
        assert get(f"{behind.base_url}/metrics", headers=FORWARDED).status_code == 403
        assert get(f"{behind.base_url}/metrics").status_code == 200
    finally:
        behind.stop()


def test_a_hop_that_is_not_trusted_is_not_believed(kept: OstiaryServer) -> None:
    options = (*PROXY, "--trusted-hop", "192.0.2.1", "--metrics-network", "10.0.0.0/8")
    behind = OstiaryServer(kept.data_dir, free_port(), options)
    behind.start()
    try:
        answer = get(f"{behind.base_url}/signin", headers=FORWARDED)
        assert answer.status_code == 421
        assert "strict-transport-security" not in answer.headers
        direct = {**FORWARDED, "Host": "id.example.org:443"}
        _status, events = refused_by_signature(behind, direct)
        assert {event.source_ip for event in events} <= {"127.0.0.1"}
        spoofed = {**FORWARDED, "X-Forwarded-For": "10.0.0.1"}
        assert get(f"{behind.base_url}/metrics", headers=spoofed).status_code == 403
    finally:
        behind.stop()


def test_a_server_whose_database_is_gone_is_not_ready_and_answers_nobody(kept: OstiaryServer) -> None:
    start_on_a_free_port(kept)
    file = kept.data_dir / "ostiary.db"
    moved = file.rename(file.with_name("moved.db"))
    try:
        deadline = time.monotonic() + 15
        while kept.is_ready():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert get(f"{kept.base_url}/healthz").status_code == 200
        answer = httpx.post(f"{kept.base_url}/aws", data=ASK, trust_env=False)
        assert answer.status_code == 503
        assert "<Code>ServiceUnavailable</Code>" in answer.text
        assert get(f"{kept.base_url}/signin").status_code == 503
        assert "has gone: stop the server" in kept.log.read_text()
        moved.rename(file)
        while not kept.is_ready():
            assert time.monotonic() < deadline + 10
            time.sleep(0.1)
    finally:
        if moved.exists():
            moved.rename(file)
        kept.stop()


def test_a_server_whose_postgresql_is_gone_is_not_ready_and_says_why(
    fresh_postgresql_database: object, tmp_path: Path
) -> None:
    assert callable(fresh_postgresql_database)
    url = fresh_postgresql_database()
    served = prepare_server(tmp_path / "data", options=(), database_url=url)
    start_on_a_free_port(served)
    try:
        admin = open_database(url.rpartition("/")[0] + "/postgres")
        name = url.rpartition("/")[2]
        with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()
        deadline = time.monotonic() + 15
        while (answer := get(f"{served.base_url}/readyz")).status_code == 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert answer.status_code == 503
        assert answer.json()["problem"] in {"database", "memory"}
    finally:
        served.stop()


def test_the_environment_of_a_worker_holds_the_root_key_only_as_it_was_given(kept: OstiaryServer) -> None:
    """By default the key is in a file, and no process carries it where others of the same user look first."""
    key = (kept.data_dir / "root.key").read_text().strip()
    start_on_a_free_port(kept)
    try:
        for pid in (kept.pid, *kept.worker_pids()):
            assert key.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
            assert key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    finally:
        kept.stop()


def test_a_root_key_given_by_the_environment_opens_the_database(kept: OstiaryServer) -> None:
    key = (kept.data_dir / "root.key").read_text().strip()
    moved = (kept.data_dir / "root.key").rename(kept.data_dir / "moved")
    try:
        environment = {**os.environ, "OSTIARY_ROOT_KEY": key}
        answered = run_ostiary("credentials", "--data", str(kept.data_dir), "--format", "json", env=environment)
        assert answered.json()["AccessKeyId"].startswith("ASIA")
        assert key not in answered.out + answered.err
    finally:
        moved.rename(kept.data_dir / "root.key")


def test_a_database_that_cannot_be_used_is_told_in_one_sentence(kept: OstiaryServer, tmp_path: Path) -> None:
    nobody = f"postgresql://u:kept-to-ourselves@127.0.0.1:{free_port()}/x"
    (tmp_path / "none.db").write_bytes(b"this is no database" * 100)
    for url, sentence in ((nobody, "connection"), (f"sqlite:///{tmp_path / 'none.db'}", "file is not a database")):
        said = serve(kept, "--database-url", url)
        assert sentence in said
        assert "kept-to-ourselves" not in said
    assert not (kept.data_dir / "ostiary.toml").exists(), "an address that did not work is not remembered"


def test_an_initialization_that_did_not_reach_its_database_can_be_tried_again(tmp_path: Path) -> None:
    nobody = f"postgresql://u@127.0.0.1:{free_port()}/x"
    data = str(tmp_path / "data")
    refused = run_ostiary("init", "--data", data, "--database-url", nobody, check=False)
    assert (refused.code, "Traceback" in refused.err) == (2, False)
    assert run_ostiary("init", "--data", data, "--json").json()["enrolment_path"]
