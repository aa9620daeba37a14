"""How does the demo run programs, and end exactly those that it started?"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from demo.failure import TourFailed

_POLL_SECONDS = 0.05
_READY_SECONDS = 30
_STOP_SECONDS = 20
_COMMAND_SECONDS = 60


def run(command: Sequence[str], *, code: int = 0) -> str:
    """Standard output of a command that must end with the code; with another code than 0, both outputs."""
    ended = subprocess.run(command, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False)  # noqa: S603 - our own command, no shell
    if ended.returncode != code:
        raise TourFailed(
            f"`{' '.join(command)}` ended with status {ended.returncode}, not {code}:\n{ended.stdout}{ended.stderr}"
        )
    return ended.stdout if code == 0 else ended.stdout + ended.stderr


class Server:
    """A program that serves until it is stopped; its process id is in `pid_file` as long as it runs."""

    def __init__(self, command: Sequence[str], *, log: Path, pid_file: Path) -> None:
        self.log = log
        self._pid_file = pid_file
        with log.open("ab") as output:
            # Its own session: Ctrl-C in the terminal reaches the demo alone, which then stops it in order.
            self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )
        pid_file.write_text(f"{self._process.pid}\n", encoding="ascii")

    @property
    def runs(self) -> bool:
        return self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool]) -> None:
        """Raises TourFailed when it ends first or takes too long."""
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready():
            if not self.runs:
                raise TourFailed(f"the server ended with status {self._process.poll()} before it was ready")
            if time.monotonic() > deadline:
                raise TourFailed(f"the server was not ready after {_READY_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """SIGTERM, and SIGKILL when it does not listen. Raises TourFailed when it did not end cleanly."""
        if self.runs:
            self._process.terminate()
        try:
            status = self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise TourFailed(f"the server did not stop within {_STOP_SECONDS} s") from None
        finally:
            self._pid_file.unlink(missing_ok=True)
        if status != 0:
            raise TourFailed(f"the server ended with status {status}")


def end_previous(pid_file: Path, *, running: str) -> bool:
    """End what an earlier demo left; only a process whose command line contains `running`. True when there was one."""
    try:
        pid = int(pid_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    if running not in _command_line(pid):
        return False  # the number was given to another program since
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(pid, sign)
        if _is_gone(pid, running):
            break
    return True


def tail(log: Path, *, lines: int = 25) -> str:
    if not log.exists():
        return ""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def choose_port(wanted: int) -> int:
    """The wanted port of loopback, else another free one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise TourFailed("no port of 127.0.0.1 is free")


def _is_gone(pid: int, running: str) -> bool:
    deadline = time.monotonic() + _STOP_SECONDS
    while time.monotonic() < deadline:
        if running not in _command_line(pid):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _command_line(pid: int) -> str:
    shown = subprocess.run(["ps", "-ww", "-p", str(pid), "-o", "args="], capture_output=True, text=True, check=False)  # noqa: S603, S607 - ps of the system, a number
    return shown.stdout
