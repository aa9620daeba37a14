"""What does `make demo` do, in which order, and how does it end?"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from demo import farewell, people, proof, workloads
from demo.browser import Browser
from demo.doors import forget_own_configuration
from demo.failure import TourFailed
from demo.processes import tail
from demo.screen import Screen
from demo.stage import Place, Stage, apply_organization, prepare

_PORT = 8480
_DIRECTORY = Path(__file__).resolve().parent.parent / ".demo"
_VALUES = {"payments/database": "correct-horse-of-payments", "orders/database": "battery-staple-of-orders"}


def main() -> int:
    options = _options()
    forget_own_configuration()
    screen, place = Screen(), Place(options.directory.resolve())
    tour = _Tour(screen)
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _open_stage(screen, place, options.port, tour) as stage:
            tour.play(stage)
            if not options.no_wait:
                _stay(stage)
    except KeyboardInterrupt:
        screen.say("Stopped." if tour.ended else "Stopped before the tour had ended.")
        return 0 if tour.ended else 130
    except (TourFailed, BotoCoreError, ClientError, httpx.HTTPError, OSError, LookupError, ValueError) as failure:
        screen.failed(tour.step, f"{type(failure).__name__}: {failure}", tail(place.log))
        return 1
    return 0


class _Tour:
    """`step` is what is being shown, for the message when it fails."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self.step = "setting up"
        self.ended = False

    def show(self, title: str) -> None:
        self.step = title
        self._screen.title(title)

    def play(self, stage: Stage) -> None:
        began = time.monotonic()
        self.show("1  A workload gets credentials, and no key is stored anywhere")
        build = workloads.get_credentials(stage)
        self.show("2  It reads its own secret")
        workloads.read_own_secret(stage, build)
        self.show("3  It is denied what is not its own, with the reason")
        workloads.be_denied(stage, build)
        person = self._play_person(stage)
        self.show("5  Who holds which credentials, and when were they used?")
        proof.show_credential_report(stage)
        self.show("6  The trail is verified, and tampering is caught")
        proof.verify_trail(stage)
        proof.catch_tampering(stage)
        self.show(f"The tour took {time.monotonic() - began:.1f} s")
        farewell.tell_addresses(stage, person)
        farewell.tell_commands(stage)
        self.ended = True

    def _play_person(self, stage: Stage) -> people.Enrolled:
        self.show("4  A person enrols, signs in, and gets what her attributes say")
        with closing(Browser(stage.base_url)) as first:
            person = people.enrol(stage, first)
        with closing(Browser(stage.base_url)) as browser:
            keys = people.take_credentials(stage, browser, people.sign_in(stage, browser, person))
        people.read_by_tag(stage, keys)
        people.move(stage, keys)
        people.read_after_move(stage, keys, person)
        return person


@contextmanager
def _open_stage(screen: Screen, place: Place, port: int, tour: _Tour) -> Iterator[Stage]:
    tour.show("A sample organization, on this machine only")
    began = time.monotonic()
    stage = prepare(screen, place, wanted_port=port)
    try:
        _set_up(stage, began)
        yield stage
    except Exception:
        with suppress(TourFailed):  # why it failed matters more than how it stopped
            stage.close()
        raise
    except KeyboardInterrupt:
        stage.close()
        raise
    stage.close()


def _set_up(stage: Stage, began: float) -> None:
    screen, place, issuers = stage.screen, stage.place, stage.issuers
    screen.done(f"ostiary init: a data directory with a database and a root key in {place.data}")
    screen.done(f"two outside issuers with fresh keys: {issuers.github.url} and {issuers.kubernetes.url}")
    apply_organization(stage)
    screen.done(f"ostiary apply: people, groups, workloads, roles and secrets of {place.organization}")
    stage.serve()
    screen.done(f"ostiary serve --development: {stage.base_url}, ready {time.monotonic() - began:.1f} s after start")
    for name, value in _VALUES.items():
        stage.door.call(stage.operator, "secretsmanager", "put_secret_value", SecretId=name, SecretString=value)
    screen.done("the secrets have values, which came through the AWS door and stand in no file")
    screen.say("Calls to AWS services are made with boto3, and shown as the AWS CLI's commands for them.")


def _stay(stage: Stage) -> None:
    """Until Ctrl-C. Raises TourFailed when the server ends first."""
    stage.screen.say("Everything stays up until you press Ctrl-C.")
    never = threading.Event()
    while stage.server is not None and stage.server.runs:
        never.wait(0.5)
    raise TourFailed("the server ended")


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description="A sample organization and a tour through it.")
    parser.add_argument("--no-wait", action="store_true", help="stop everything when the tour has ended")
    parser.add_argument("--port", type=int, default=_PORT, help="port of 127.0.0.1 (another one when it is taken)")
    parser.add_argument("--directory", type=Path, default=_DIRECTORY, help="is wiped at each start")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
