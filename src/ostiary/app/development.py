"""What does development mode add? A way back to the state at start, and a mailbox that commands write to."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import falcon
from falcon import Request, Response

from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House
from ostiary.protocols.http.client import ProxyTrust
from ostiary.protocols.http.same_origin import check_same_origin
from ostiary.storage.backup import back_up, restore

_SPREAD_SECONDS = 0.5  # until the other workers have forgotten, too


def start_file(house_directory: Path) -> Path:
    return house_directory / "development-start.db"


@contextmanager
def announced(directory: DataDirectory, issuer: str) -> Iterator[None]:
    """While it lasts, commands on this data directory learn from `running_at` that a development server is there."""
    file = _announcement(directory)
    file.parent.mkdir(mode=0o700, exist_ok=True)
    with file.open("a", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            held.truncate(0)
            held.write(issuer)
            held.flush()
        except BlockingIOError:
            pass  # another one on this directory is announced already
        yield


def running_at(directory: DataDirectory) -> str | None:
    """The address of the development server that runs now: a lock ends with its process, a file would not."""
    try:
        with _announcement(directory).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read()
    except FileNotFoundError:
        pass
    return None


def _announcement(directory: DataDirectory) -> Path:
    return directory.path / "run" / "development"


def keep_start(house: House) -> None:
    """Remember the state at start; replaces what an earlier start remembered."""
    target = start_file(house.directory.path)
    target.unlink(missing_ok=True)
    back_up(house.database, target, lambda _what, _done, _total: None)


@dataclass(frozen=True, slots=True)
class DevelopmentRooms:
    house: House
    trust: ProxyTrust
    workers: int


def add_routes(app: falcon.App[Any, Any], rooms: DevelopmentRooms) -> None:
    app.add_route("/development/reset", _Reset(rooms))


class _Reset:
    def __init__(self, rooms: DevelopmentRooms) -> None:
        self._rooms = rooms

    def on_post(self, request: Request, response: Response) -> None:
        """Everything as it was when the server started; answers when every worker knows."""
        if request.get_header("Origin") is not None or request.get_header("Sec-Fetch-Site") is not None:
            check_same_origin(request, self._rooms.trust)  # a browser asks: not on behalf of another site
        house = self._rooms.house
        house.last_use.drain()
        # ORDER: first the checkpoint kept outside, or a sealer between the two lines would see a rolled-back trail.
        house.directory.write_checkpoint("")
        restore(house.database, start_file(house.directory.path), lambda _what, _done, _total: None)
        with house.database.read() as tx:
            latest = tx.audit.latest_checkpoint()
        house.directory.write_checkpoint(latest.note if latest else "")
        house.memory.refresh()
        if self._rooms.workers > 1:
            time.sleep(_SPREAD_SECONDS)
        response.media = {"status": "reset"}
