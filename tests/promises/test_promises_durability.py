"""Promise 1: nothing that was answered is lost, however the server ends; and it ends when it is told to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from parts.load import WORKER_ROLE, Told, client, events_of, load
from parts.server import Credentials, OstiaryServer, StartServer, prepare_server, start_on_a_free_port


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OstiaryServer]:
    """Two workers; one server for all tests of an engine, since each leaves it running."""
    folder = tmp_path_factory.mktemp(f"durable-{request.param}")
    make_url = request.getfixturevalue("fresh_postgresql_database") if request.param == "postgresql" else lambda: None
    (folder / "organization.toml").write_text(WORKER_ROLE)
    server = prepare_server(folder / "data", options=("--workers", "2"), database_url=make_url())
    server.apply(folder / "organization.toml")
    start_on_a_free_port(server)
    yield server
    server.close()


@pytest.fixture(scope="module")
def operator(server: OstiaryServer) -> Credentials:
    return server.credentials()


def test_killing_every_worker_under_load_loses_nothing_that_was_answered(
    server: OstiaryServer, operator: Credentials
) -> None:
    with load(server, operator, threads=6) as told:
        _wait_for(told, requests=150)
        server.kill()
    assert told.refused == []
    assert told.unanswered, "the load was over before the server was killed"
    server.start()
    _check_nothing_lost(server, operator, told)


def test_killing_one_worker_after_another_under_load_loses_nothing_and_others_answer_on(
    server: OstiaryServer, operator: Credentials
) -> None:
    # The web server takes one that dies soon after it was replaced for a loop of crashes, and ends: each dies once.
    pids = server.worker_pids()
    with load(server, operator, threads=4) as told:
        for requests, pid in zip((60, 120), pids, strict=True):
            _wait_for(told, requests=requests)
            server.kill_worker(pid)
        _wait_for(told, requests=len(told.requests) + 60)
    assert told.refused == []
    _check_nothing_lost(server, operator, told)


def test_a_stop_under_load_is_clean_and_loses_nothing_that_was_answered(
    server: OstiaryServer, operator: Credentials
) -> None:
    with load(server, operator, threads=6) as told:
        _wait_for(told, requests=120)
        began = time.monotonic()
        server.stop()  # asserts that the exit code is 0
        assert time.monotonic() - began < 10
    assert told.refused == []
    verified = server.run("audit", "verify", "--json").json()
    assert verified["unsealed"] == 0, "a clean stop seals what was committed"
    server.start()
    _check_nothing_lost(server, operator, told)


def test_a_server_whose_workers_die_again_and_again_ends_as_failed(start_server: StartServer) -> None:
    """So that whoever watches over it starts it again, and does not take it for a clean stop."""
    server = start_server()
    first = server.worker_pids()
    server.kill_worker(first[0])
    _until(lambda: bool(set(server.worker_pids()) - set(first)))
    server.kill_worker((set(server.worker_pids()) - set(first)).pop())
    assert server.wait(seconds=20) == 1


def test_workers_end_when_their_parent_was_killed(start_server: StartServer) -> None:
    """Otherwise they would hold the port, and nobody could tell them anything."""
    server = start_server(workers=2)
    server.kill_parent()
    _until(lambda: not server.is_ready())
    server.start()
    assert server.is_ready()


def test_last_use_survives_a_clean_stop(server: OstiaryServer, operator: Credentials) -> None:
    client(server, "secretsmanager", operator).create_secret(Name="used", SecretString="v")
    client(server, "secretsmanager", operator).get_secret_value(SecretId="used")
    server.stop()
    server.start()
    described = client(server, "secretsmanager", operator).describe_secret(SecretId="used")
    assert described["LastAccessedDate"]


def _wait_for(told: Told, *, requests: int) -> None:
    _until(lambda: len(told.requests) >= requests or bool(told.refused), seconds=30)
    assert told.refused == []


def _until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _check_nothing_lost(server: OstiaryServer, operator: Credentials, told: Told) -> None:
    recorded = {event.request_id for event in events_of(server)}
    assert [request for request in told.requests if request not in recorded] == []
    secrets = client(server, "secretsmanager", operator)
    for name, value in list(told.secrets.items())[-25:]:
        assert secrets.get_secret_value(SecretId=name)["SecretString"] == value
    client(server, "sts", told.issued[-1]).get_caller_identity()
    # Who held the sealer's lease may have been killed: what it has not sealed is durable, and waits for the next one.
    verified = server.run("audit", "verify", "--json").json()
    assert verified["records"] + verified["unsealed"] >= len(told.requests)
