"""How do tests meet Ostiary? As a user does: through its commands and its sockets, in processes of its own."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import httpx
import pytest

from parts.processes import end, free_port, tail, wait_until_ready

OSTIARY = Path(sys.executable).parent / "ostiary"
_START_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class CommandResult:
    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Credentials:
    access_key_id: str
    secret_access_key: str = field(repr=False)
    session_token: str = field(repr=False)

    def boto3(self) -> dict[str, str]:
        """Keyword arguments for `boto3.client` and `boto3.Session`."""
        return {
            "aws_access_key_id": self.access_key_id,
            "aws_secret_access_key": self.secret_access_key,
            "aws_session_token": self.session_token,
        }

    def environment(self) -> dict[str, str]:
        """Environment variables for the AWS CLI."""
        return {name.upper(): value for name, value in self.boto3().items()}


@dataclass(slots=True)
class OstiaryServer:
    """One data directory and, while it runs, the server on it."""

    data_dir: Path
    port: int
    options: tuple[str, ...] = ()
    init: Mapping[str, Any] = field(default_factory=dict)
    database_url: str | None = None
    _process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def aws_endpoint_url(self) -> str:
        return f"{self.base_url}/aws"

    @property
    def log(self) -> Path:
        """Everything that the server wrote to its two outputs."""
        return self.data_dir.with_name(self.data_dir.name + ".log")

    @property
    def pid(self) -> int:
        return self._running().pid

    def run(self, *arguments: str) -> CommandResult:
        """A command on this data directory, which must succeed."""
        return run_ostiary(*arguments, "--data", str(self.data_dir))

    def apply(self, organization: Path) -> CommandResult:
        return self.run("apply", str(organization))

    def credentials(self, *, role: str | None = None) -> Credentials:
        """Temporary credentials of the local operator, or of a role."""
        chosen = ("--role", role) if role else ()
        shown = self.run("credentials", "--format", "json", *chosen).json()
        return Credentials(
            access_key_id=shown["AccessKeyId"],
            secret_access_key=shown["SecretAccessKey"],
            session_token=shown["SessionToken"],
        )

    def start(self) -> None:
        """Serve and wait until /readyz says yes."""
        listen = ("--listen", f"127.0.0.1:{self.port}")
        command = [str(OSTIARY), "serve", "--data", str(self.data_dir), *listen, *self.options]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_ready(self._process, self.is_ready, seconds=30, log=self.log)
        except RuntimeError:
            self.kill()
            raise

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False

    def stop(self) -> None:
        """SIGTERM; a server that does not end cleanly fails the test."""
        code = end(self._running(), by=signal.SIGTERM, seconds=20)
        self._process = None
        assert code == 0, f"the server ended with code {code}:\n{tail(self.log)}"

    def kill(self) -> None:
        """SIGKILL to the process that was started and to the workers that it started: nothing is said goodbye to."""
        process = self._running()
        # ORDER: the parent first, so that it starts no new worker for a dead one.
        workers = children_of(process.pid)
        process.kill()
        process.wait(10)
        for worker in workers:
            _kill_and_wait(worker)
        self._process = None

    def worker_pids(self) -> tuple[int, ...]:
        return children_of(self._running().pid)

    def kill_parent(self) -> None:
        """SIGKILL to the process that was started, and to nothing else."""
        process = self._running()
        process.kill()
        process.wait(10)
        self._process = None

    def wait(self, *, seconds: float) -> int:
        """The exit code of a server that ends by itself."""
        code = self._running().wait(seconds)
        self._process = None
        return code

    def kill_worker(self, pid: int) -> None:
        """SIGKILL to one of the workers; the server starts another."""
        assert pid in self.worker_pids()
        _kill_and_wait(pid)

    def close(self) -> None:
        if self._process is not None:
            self.stop()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process


class StartServer(Protocol):
    def __call__(
        self,
        *,
        organization: Path | None = None,
        workers: int = 1,
        development: bool = False,
        database_url: str | None = None,
        options: tuple[str, ...] = (),
    ) -> OstiaryServer: ...


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[StartServer]:
    """Make a data directory, apply an organization and serve it; what was started is ended with the test."""
    with ExitStack() as ending:
        yield _starter(tmp_path, ending)


def _starter(place: Path, ending: ExitStack) -> StartServer:
    numbers = itertools.count()

    def start(
        *,
        organization: Path | None = None,
        workers: int = 1,
        development: bool = False,
        database_url: str | None = None,
        options: tuple[str, ...] = (),
    ) -> OstiaryServer:
        serve = ("--workers", str(workers), *(("--development",) if development else ()), *options)
        server = prepare_server(place / f"data-{next(numbers)}", options=serve, database_url=database_url)
        if organization is not None:
            server.apply(organization)
        ending.callback(server.close)
        start_on_a_free_port(server)
        return server

    return start


def prepare_server(data_dir: Path, *, options: tuple[str, ...], database_url: str | None = None) -> OstiaryServer:
    """`ostiary init`, and nothing running yet."""
    server = OstiaryServer(data_dir=data_dir, port=free_port(), options=options, database_url=database_url)
    url = ("--database-url", database_url) if database_url else ()
    server.init = server.run("init", "--json", *url).json()
    return server


def start_on_a_free_port(server: OstiaryServer) -> None:
    for _ in range(_START_ATTEMPTS - 1):
        try:
            return server.start()
        except RuntimeError as error:
            if "in use" not in str(error):
                raise
            server.port = free_port()
    return server.start()


def run_ostiary(*arguments: str, env: Mapping[str, str] | None = None, check: bool = True) -> CommandResult:
    done = subprocess.run([str(OSTIARY), *arguments], capture_output=True, text=True, timeout=60, check=False, env=env)
    if check and done.returncode:
        raise AssertionError(f"ostiary {arguments[0]} ended with code {done.returncode}:\n{done.stdout}{done.stderr}")
    return CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)


def children_of(pid: int) -> tuple[int, ...]:
    """The processes that this one started, from /proc."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return tuple(int(child) for task in tasks for child in task.read_text().split())


def _kill_and_wait(pid: int, *, seconds: float = 10) -> None:
    """Returns when the process runs no more: only then are its files and sockets free."""
    with suppress(ProcessLookupError):
        watched = os.pidfd_open(pid)
        try:
            signal.pidfd_send_signal(watched, signal.SIGKILL)
            ended, _, _ = select.select([watched], [], [], seconds)
            assert ended, f"process {pid} outlived SIGKILL"
        finally:
            os.close(watched)
