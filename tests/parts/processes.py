"""How is a real program run beside a test and ended by the process id that was started?"""

from __future__ import annotations

import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

POLL_SECONDS = 0.05


class Waitable(Protocol):
    def poll(self) -> int | None: ...


def free_port() -> int:
    """A loopback port that was free a moment ago; callers try again when somebody took it meanwhile."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_ready(process: Waitable, is_ready: Callable[[], bool], *, seconds: float, log: Path) -> None:
    """Raises RuntimeError with the end of the log if the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"ended with code {process.poll()} before it was ready:\n{tail(log)}")
        if is_ready():
            return
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"not ready after {seconds} s:\n{tail(log)}")


def end(process: subprocess.Popen[bytes], *, by: signal.Signals, seconds: float) -> int:
    """Send the signal, wait, return the exit code; a process that stays is killed and TimeoutExpired raised."""
    if process.poll() is None:
        process.send_signal(by)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(seconds)
        raise


def tail(log: Path, *, lines: int = 40) -> str:
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
