"""How do tests get a real PostgreSQL? A throw-away cluster on loopback, with fsync on, ended with the session."""

from __future__ import annotations

import itertools
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from parts.missing import refuse_without
from parts.processes import end, free_port, wait_until_ready

SUPERUSER = "ostiary_tests"
_ICU_SINCE = 15


@dataclass(frozen=True, slots=True)
class PostgresCluster:
    port: int
    password: str = field(repr=False)
    log: Path
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1), repr=False)

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def create_database(self) -> str:
        """The name of a fresh, empty database."""
        name = f"test_{next(self._numbers)}"
        with self._maintenance() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def drop_database(self, name: str) -> None:
        with self._maintenance() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def answers(self) -> bool:
        try:
            with self._maintenance():
                return True
        except psycopg.OperationalError:
            return False

    @contextmanager
    def _maintenance(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=SUPERUSER,
            password=self.password,
            dbname="postgres",
            autocommit=True,
            connect_timeout=2,
        ) as connection:
            yield connection


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresCluster]:
    binaries = find_binaries()
    if binaries is None:
        refuse_without("PostgreSQL", "no `postgres` on the path or under /usr/lib/postgresql; install `postgresql`")
    if os.geteuid() == 0 and not (_has_postgres_account() and shutil.which("setpriv")):
        refuse_without("PostgreSQL", "it does not run as root, and there is no account `postgres` or no `setpriv`")
    with _running_cluster(binaries) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def fresh_postgresql_database(postgresql: PostgresCluster) -> Callable[[], str]:
    """Each call makes an empty database and gives its SQLAlchemy URL."""
    return lambda: postgresql.url(postgresql.create_database())


@pytest.fixture
def postgresql_url(postgresql: PostgresCluster) -> Iterator[str]:
    """The SQLAlchemy URL of a database that is this test's own and goes with it."""
    name = postgresql.create_database()
    yield postgresql.url(name)
    postgresql.drop_database(name)


def find_binaries() -> Path | None:
    """The folder of the newest server on this machine: Debian keeps it off the path."""
    installed = [found.parent for found in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    if installed:
        return max(installed, key=lambda folder: float(folder.parent.name))
    on_path = shutil.which("postgres")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def _running_cluster(binaries: Path) -> Iterator[PostgresCluster]:
    # Not pytest's tmp_path: its parents are closed to the account `postgres`.
    place = Path(tempfile.mkdtemp(prefix="ostiary-postgresql-"))
    try:
        password = secrets.token_hex(16)
        _init_cluster(binaries, place, password)
        process, cluster = _start_cluster(binaries, place, password)
        try:
            yield cluster
        finally:
            # SIGINT is PostgreSQL's fast shutdown: open connections are ended, the data stays whole.
            end(process, by=signal.SIGINT, seconds=30)
    finally:
        shutil.rmtree(place)


def _init_cluster(binaries: Path, place: Path, password: str) -> None:
    password_file = place / "password"
    password_file.write_text(password)
    _give_to_postgres(place, password_file)
    arguments = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={password_file}", "--encoding=UTF8"]
    if _major_version(binaries) >= _ICU_SINCE:
        # As on most servers, text is ordered by language: a query that relies on byte order fails here.
        arguments += ["--locale-provider=icu", "--icu-locale=en-US"]
    command = [str(binaries / "initdb"), f"--pgdata={place / 'data'}", "--locale=C", *arguments]
    done = subprocess.run(_as_postgres(command), cwd=place, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"initdb failed: {done.stderr}")


def _start_cluster(
    binaries: Path, place: Path, password: str, *, attempts: int = 3
) -> tuple[subprocess.Popen[bytes], PostgresCluster]:
    cluster = PostgresCluster(port=free_port(), password=password, log=place / "log")
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(cluster.port),
        "unix_socket_directories": "",
        "fsync": "on",
        "max_connections": "200",
    }
    command = [str(binaries / "postgres"), "-D", str(place / "data")]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with cluster.log.open("wb") as log:
        process = subprocess.Popen(_as_postgres(command), cwd=place, stdout=log, stderr=subprocess.STDOUT)
    try:
        wait_until_ready(process, cluster.answers, seconds=30, log=cluster.log)
    except RuntimeError:
        end(process, by=signal.SIGINT, seconds=30)
        if attempts == 1:
            raise
        return _start_cluster(binaries, place, password, attempts=attempts - 1)
    return process, cluster


def _as_postgres(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root. The death signal ends it even when the tests are killed."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return command
    account = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if os.geteuid() == 0 else []
    return [setpriv, *account, "--pdeathsig=SIGINT", *command]


def _give_to_postgres(*paths: Path) -> None:
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        for path in paths:
            os.chown(path, account.pw_uid, account.pw_gid)


def _has_postgres_account() -> bool:
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        return False
    return True


def _major_version(binaries: Path) -> int:
    shown = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)", shown)
    return int(found.group(1)) if found else 0
