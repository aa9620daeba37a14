"""Does `make demo` play its whole tour, and leave nothing running?"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from parts.processes import free_port

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 60


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo") / "place"


def play(directory: Path, *, port: int) -> subprocess.CompletedProcess[str]:
    options = ["--no-wait", "--port", str(port), "--directory", str(directory)]
    return subprocess.run(
        [sys.executable, str(ROOT / "demo/tour.py"), *options], capture_output=True, text=True, timeout=150, check=False
    )


@pytest.fixture(scope="module")
def tour(place: Path) -> str:
    """What the tour prints; it must end well."""
    ended = play(place, port=free_port())
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


@pytest.mark.parametrize(
    "line",
    [
        r"AssumeRoleWithWebIdentity by arn:aws:ostiary::\d{12}:workload/shop-deploy",
        r"assumed-role/shop-deploy/build-1",
        r"AccessDeniedException: User: \S+ is not authorized to perform: secretsmanager:GetSecretValue on resource: ",
        r"because no identity-based policy allows the secretsmanager:GetSecretValue action",
        r"denied: AccessDenied, event ",
        r"IDPRejectedClaim: ",
        r"RegisterFactor by maria, ",
        r"SignIn by maria, ",
        r"GetRoleCredentials by maria, ",
        r"tags from her attributes: team",
        r"ApplyOrganization by ",
        r"ExpiredTokenException: the session was revoked",
        r"GetCredentialReport by ",
        r"the trail is whole: \d+ records",
        r"record \d+ \(GetSecretValue by .*\).* was changed after it was sealed",
        r"http://localhost:\d+/enroll/\S+",
        r"otpauth://totp/",
        r"ostiary credentials --data \S+ --format env",
        r"aws secretsmanager list-secrets",
    ],
)
def test_the_tour_shows_what_was_asked_and_answered_and_which_event_it_left(tour: str, line: str) -> None:
    assert re.search(line, tour), tour


def test_the_tour_takes_less_than_a_minute(tour: str) -> None:
    took = re.search(r"The tour took ([0-9.]+) s", tour)
    assert took is not None
    assert float(took.group(1)) < MOST_SECONDS


def test_the_tour_leaves_nothing_running(tour: str, place: Path) -> None:
    address = re.search(r"http://localhost:(\d+)/signin", tour)
    assert address is not None
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", int(address.group(1))))
    assert not (place / "server.pid").exists()


def test_a_directory_that_the_demo_did_not_make_is_not_wiped(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    ended = play(tmp_path, port=free_port())
    assert ended.returncode == 1
    assert "was not made by the demo" in ended.stdout
    assert (tmp_path / "thesis.txt").read_text() == "years of work"
