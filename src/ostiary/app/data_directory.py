"""Where does one deployment live on disk?

`root.key` (0600) opens everything; `ostiary.db` is the embedded database; `ostiary.toml` (0600) holds settings that
outlive one command; `checkpoint` is the newest signed checkpoint, kept outside the database so that a rolled-back or
forked database is seen; `trail.vkey` verifies checkpoints anywhere.
"""

from __future__ import annotations

import os
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ostiary.kit.crypto.sealing import RootKey, SealError

ROOT_KEY_VARIABLE = "OSTIARY_ROOT_KEY"
_PRIVATE = 0o600


class DataDirectoryUnusable(Exception):
    """The text tells the operator what to do."""


@dataclass(frozen=True, slots=True)
class DataDirectory:
    path: Path

    @property
    def root_key_file(self) -> Path:
        return self.path / "root.key"

    @property
    def database_file(self) -> Path:
        return self.path / "ostiary.db"

    @property
    def settings_file(self) -> Path:
        return self.path / "ostiary.toml"

    @property
    def signal_file(self) -> Path:
        """Tells every process of this machine that something remembered was changed."""
        return self.path / "run" / "changed"

    @property
    def checkpoint_file(self) -> Path:
        return self.path / "checkpoint"

    @property
    def verifier_key_file(self) -> Path:
        return self.path / "trail.vkey"

    def create(self) -> RootKey:
        """Make the directory (0700) and a new root key; refuses a directory that already holds one."""
        root = root_key_from_environment() or RootKey.generate()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.root_key_file.exists() or self.database_file.exists():
                raise FileExistsError
            if ROOT_KEY_VARIABLE not in os.environ:
                _write_new(self.root_key_file, root.to_text() + "\n")
        except OSError as failure:
            raise DataDirectoryUnusable(_why_not(self.path, failure)) from failure
        return root

    def abandon(self) -> None:
        """Take back what was made since `create` succeeded, so that it can be tried again. Nobody else's: see there."""
        if ROOT_KEY_VARIABLE in os.environ:
            return  # without a file of ours here the database may be that of another `create`
        for made in (self.root_key_file, *(Path(f"{self.database_file}{end}") for end in ("", "-wal", "-shm"))):
            made.unlink(missing_ok=True)

    def root_key(self) -> RootKey:
        """From the environment when it is set there, else from the file, which nobody else may read."""
        from_environment = root_key_from_environment()
        if from_environment is not None:
            return from_environment
        try:
            mode = stat.S_IMODE(self.root_key_file.stat().st_mode)
            text = self.root_key_file.read_text(encoding="ascii")
        except OSError as failure:
            raise DataDirectoryUnusable(
                f"`{self.path}` has no readable root.key: put your copy of it back, or run `ostiary init` in a new one"
            ) from failure
        if mode & 0o077:
            raise DataDirectoryUnusable(
                f"`{self.root_key_file}` may be read by others (mode {mode:o}): chmod it to 600"
            )
        return _parsed(text, str(self.root_key_file))

    def read_checkpoint(self) -> str:
        return self.checkpoint_file.read_text(encoding="utf-8") if self.checkpoint_file.exists() else ""

    def write_checkpoint(self, note: str) -> None:
        write_private(self.checkpoint_file, note)


def root_key_from_environment() -> RootKey | None:
    text = os.environ.get(ROOT_KEY_VARIABLE)
    return None if text is None else _parsed(text, f"the environment variable {ROOT_KEY_VARIABLE}")


def write_private(target: Path, text: str) -> None:
    """Replace the file in one step, readable by its owner only: nobody sees half of it, and a power cut leaves one."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        os.fchmod(handle, _PRIVATE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
        Path(name).replace(target)
        _sync(target.parent)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write_new(target: Path, text: str) -> None:
    """Raises FileExistsError: of two that begin here at the same time one makes the file, and the directory is its."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(handle)
    _sync(target.parent)


def _why_not(path: Path, failure: OSError) -> str:
    if isinstance(failure, FileExistsError) and (path.is_dir() or not path.exists()):
        return f"`{path}` already holds an organization: choose another --data directory"
    reason = "it is a file" if isinstance(failure, FileExistsError) else (failure.strerror or str(failure)).lower()
    return f"`{path}` cannot become a data directory: {reason}"


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(text: str, where: str) -> RootKey:
    try:
        return RootKey.from_text(text.strip())
    except (SealError, ValueError) as failure:
        raise DataDirectoryUnusable(f"{where} does not hold a root key") from failure
