"""How do tests sit at a terminal? A command of ours on a pseudo-terminal, read as it comes, with a home of its own."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from parts.server import OSTIARY, CommandResult

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@dataclass
class Running:
    """A command whose standard error is a terminal."""

    process: subprocess.Popen[bytes]
    terminal: int
    screen: str = ""

    def read_until(self, pattern: str, *, seconds: float = 20) -> re.Match[str]:
        """What the terminal shows, without colours, up to the pattern."""
        until = time.monotonic() + seconds
        while (found := re.search(pattern, self.screen)) is None:
            left = until - time.monotonic()
            assert left > 0, f"the terminal never showed {pattern!r}:\n{self.screen}"
            self._read(left)
        return found

    def wait(self, *, seconds: float = 30) -> CommandResult:
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self._read(0.1)
        code = self.process.wait(1)
        out = self.process.stdout.read().decode() if self.process.stdout is not None else ""
        while self._read(0.05):
            pass
        return CommandResult(code=code, out=out, err=self.screen)

    def _read(self, seconds: float) -> bool:
        ready, _, _ = select.select([self.terminal], [], [], seconds)
        if not ready:
            return False
        try:
            text = os.read(self.terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the other side is closed
            time.sleep(0.02)
            return False
        self.screen += _ANSI.sub("", text).replace("\r", "")
        return bool(text)


@dataclass(frozen=True)
class Terminal:
    """A person's shell on some machine: her state directory, her browser, no keyring."""

    home: Path
    browser: Path | None = None

    @property
    def state(self) -> Path:
        return self.home / "state" / "ostiary"

    @property
    def credentials(self) -> Path:
        return self.state / "credentials.json"

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LANG") if name in os.environ}
        own = {"HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state"), "TERM": "xterm", "COLUMNS": "200"}
        chosen = {"BROWSER": f"{self.browser} %s"} if self.browser is not None else {}
        return {**kept, **own, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring", **chosen}

    def run(self, *arguments: str) -> CommandResult:
        """A command to its end, without a terminal."""
        done = subprocess.run(
            [str(OSTIARY), *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=self.environment,
        )
        return CommandResult(code=done.returncode, out=done.stdout, err=done.stderr)

    @contextmanager
    def running(self, *arguments: str) -> Iterator[Running]:
        controlling, controlled = pty.openpty()
        process = subprocess.Popen(
            [str(OSTIARY), *arguments],
            stdin=controlled,
            stdout=subprocess.PIPE,
            stderr=controlled,
            env=self.environment,
            close_fds=True,
        )
        os.close(controlled)
        try:
            yield Running(process, controlling)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait(10)
            if process.stdout is not None:
                process.stdout.close()
            with suppress(OSError):
                os.close(controlling)


def browser_that_notes(place: Path) -> tuple[Path, Path]:
    """A program for `BROWSER` and the file in which it notes the address, for the test to open in a real one."""
    noted, program = place / "address", place / "note-address"
    program.write_text(f'#!/bin/sh\nprintf %s "$1" > {noted}.part && mv {noted}.part {noted}\n')
    program.chmod(0o755)
    return program, noted


def wait_for(file: Path, *, seconds: float = 20) -> str:
    until = time.monotonic() + seconds
    while not file.exists():
        assert time.monotonic() < until, f"{file.name} never came"
        time.sleep(0.05)
    return file.read_text()
