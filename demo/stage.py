"""What stands when the tour begins? A data directory, outside issuers, the applied organization, a running server."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

import httpx

from demo import clock
from demo.doors import AwsDoor, Keys
from demo.failure import TourFailed
from demo.issuer import IssuerServer
from demo.processes import Server, choose_port, end_previous, run
from demo.screen import Screen
from demo.trail import Trail

OSTIARY = Path(sys.executable).parent / "ostiary"
SAMPLE = Path(__file__).with_name("organization.toml")
GITHUB_SUBJECT = "repo:acme/shop:ref:refs/heads/main"
KUBERNETES_SUBJECT = "system:serviceaccount:shop:orders"
_HOST = "127.0.0.1"
_MARKER = "made-by-the-demo"


@dataclass(frozen=True, slots=True)
class Place:
    """The demo's own directory; everything in it is wiped at each start."""

    path: Path

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def organization(self) -> Path:
        return self.path / "organization.toml"

    @property
    def pid_file(self) -> Path:
        return self.path / "server.pid"

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    def clear(self) -> bool:
        """End what an earlier demo left and wipe its directory; True when a server still ran. Raises TourFailed."""
        marker = self.path / _MARKER
        if self.path.exists() and any(self.path.iterdir()) and not marker.exists():
            raise TourFailed(f"`{self.path}` was not made by the demo: give another --directory")
        ended = end_previous(self.pid_file, running=str(self.data))
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(mode=0o700, parents=True)
        marker.touch()
        return ended


@dataclass
class Stage:
    """`close` ends the server and the issuers; `links` are one-time enrolment links by user name."""

    screen: Screen
    place: Place
    port: int
    account: str
    links: dict[str, str]
    verifier_key: str
    issuers: IssuerServer
    server: Server | None = None

    @property
    def base_url(self) -> str:
        return _address(self.port)

    @property
    def endpoint(self) -> str:
        return f"{self.base_url}/aws"

    @cached_property
    def door(self) -> AwsDoor:
        return AwsDoor(self.endpoint, self.screen)

    @cached_property
    def operator(self) -> Keys:
        issued = json.loads(self.run("credentials", "--format", "json"))
        return Keys.of("the operator", issued)

    @cached_property
    def trail(self) -> Trail:
        return Trail(self.door, self.operator)

    def role_arn(self, name: str) -> str:
        return f"arn:aws:iam::{self.account}:role/{name}"

    def run(self, *arguments: str) -> str:
        """The output of a command on the demo's data directory. Raises TourFailed when it fails."""
        return run([str(OSTIARY), *arguments, "--data", str(self.place.data)])

    def ask_command(self, *arguments: str, code: int = 0) -> str:
        """Shown on the screen. Raises TourFailed for another exit status than `code`."""
        command = [str(OSTIARY), *arguments]
        self.screen.asked(as_typed(command), by="the operator")
        return run(command, code=code)

    def serve(self) -> None:
        listen = ["--listen", f"{_HOST}:{self.port}", "--development"]
        command = [str(OSTIARY), "serve", "--data", str(self.place.data), *listen]
        self.server = Server(command, log=self.place.log, pid_file=self.place.pid_file)
        self.server.wait_until(self._is_ready)

    def close(self) -> None:
        self.issuers.close()
        if self.server is not None:
            self.server.stop()

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=2, trust_env=False).is_success
        except httpx.TransportError:
            return False


def _address(port: int) -> str:
    """By name: browsers know no passkeys at a bare IP address."""
    return f"http://localhost:{port}"


def prepare(screen: Screen, place: Place, *, wanted_port: int) -> Stage:
    """A new data directory and its issuers; nothing serves yet. Raises TourFailed."""
    if place.clear():
        screen.done("ended the server of an earlier demo")
    port = choose_port(wanted_port)
    if port != wanted_port:
        screen.done(f"port {wanted_port} is taken: this demo uses {port}")
    data, issuer = str(place.data), _address(port)
    made = json.loads(run([str(OSTIARY), "init", "--data", data, "--name", "Acme", "--issuer", issuer, "--json"]))
    return Stage(
        screen=screen,
        place=place,
        port=port,
        account=made["account"],
        links={made["administrator"]: made["enrolment_link"]},
        verifier_key=made["verifier_key"],
        issuers=IssuerServer(github_subject=GITHUB_SUBJECT, kubernetes_subject=KUBERNETES_SUBJECT),
    )


def apply_organization(stage: Stage) -> None:
    """The sample organization, with the addresses that this start of the demo has; its people are invited."""
    in_a_year = datetime.fromtimestamp(clock.now(), UTC) + timedelta(days=365)
    text = SAMPLE.read_text(encoding="utf-8").replace("@NEXT_YEAR@", in_a_year.date().isoformat())
    for name, issuer in (("GITHUB", stage.issuers.github), ("KUBERNETES", stage.issuers.kubernetes)):
        text = text.replace(f"@{name}@", issuer.url).replace(f"@{name}_NAME@", issuer.url.removeprefix("http://"))
    stage.place.organization.write_text(text, encoding="utf-8")
    applied = json.loads(stage.run("apply", str(stage.place.organization), "--invite", "--json"))
    stage.links |= {one["user_name"]: one["link"] for one in applied["invitations"]}


def as_typed(command: list[str]) -> str:
    """As a visitor types it who stands where the demo was started."""
    return shlex.join(_near(word) for word in command)


def _near(word: str) -> str:
    path = Path(word)
    near = path.is_absolute() and path.is_relative_to(Path.cwd())
    return str(path.relative_to(Path.cwd())) if near else word
