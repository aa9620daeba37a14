"""Where does the command line keep what it got, so that nobody else on the machine can use it?

Tokens lie in the system's keyring where there is a real one, else in a file of mode 0600 in a directory of mode 0700.
A file that others could read, or that is not a plain file of this person, is refused and not repaired: who could read
it may have done so. What is not secret (who, where, until when) is always in the file.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from ostiary.cli.remote.errors import NotSignedInHere, UnsafeFile
from ostiary.cli.remote.keyrings import Keyring

_VERSION = 1
_FILE, _LOCK = "credentials.json", "lock"
_NOT_MINE = stat.S_IRWXG | stat.S_IRWXO
_MAX_BYTES = 1024 * 1024


class Tokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`access_expires_at` in seconds since 1970. `repr` is empty, for it is all secrets."""

    access_token: str
    access_expires_at: int
    refresh_token: str = ""

    def __repr__(self) -> str:
        return "Tokens()"


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is signed in at a server; `tokens` is None when they are in the keyring."""

    server: str
    subject: str
    user_name: str
    name: str
    methods: tuple[str, ...]
    authenticated_at: int
    tokens: Tokens | None = None


class _Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int = _VERSION
    last: str = ""
    servers: dict[str, SignIn] = {}  # msgspec copies an empty default


@dataclass(frozen=True, slots=True)
class Found:
    sign_in: SignIn
    tokens: Tokens


def state_directory(environment: Mapping[str, str]) -> Path:
    """XDG Base Directory Specification; a relative path there is to be ignored."""
    given = Path(environment.get("XDG_STATE_HOME", ""))
    return (given if given.is_absolute() else Path.home() / ".local" / "state") / "ostiary"


class CredentialStore:
    """One file and one lock for all servers. Whoever changes something does it within `locked`."""

    def __init__(self, directory: Path, keyring: Keyring | None) -> None:
        self._directory = directory
        self._keyring = keyring

    @property
    def place(self) -> str:
        return "the system's keyring" if self._keyring is not None else str(self._directory / _FILE)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """A refresh token is good once: two commands that renew at once would end the sign-in."""
        self._make_directory()
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(self._directory / _LOCK, flags, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    @property
    def last(self) -> str:
        """The server that was signed in to last, "" when there is none."""
        return self._read().last

    def servers(self) -> tuple[str, ...]:
        return tuple(sorted(self._read().servers))

    def found(self, server: str) -> Found:
        """Raises NotSignedInHere."""
        sign_in = self._read().servers.get(server)
        tokens = self._tokens_of(sign_in) if sign_in is not None else None
        if sign_in is None or tokens is None:
            raise NotSignedInHere(f"you are not signed in at {server}: run `ostiary login --server {server}`")
        return Found(sign_in, tokens)

    def put(self, sign_in: SignIn, tokens: Tokens) -> None:
        kept = self._read()
        in_keyring = self._put_in_keyring(sign_in.server, tokens)
        entry = msgspec.structs.replace(sign_in, tokens=None if in_keyring else tokens)
        self._write(_Kept(last=sign_in.server, servers={**kept.servers, sign_in.server: entry}))

    def remove(self, server: str) -> None:
        kept = self._read()
        if self._keyring is not None:
            self._keyring.delete(server)
        left = {name: entry for name, entry in kept.servers.items() if name != server}
        last = kept.last if kept.last != server else next(iter(left), "")
        self._write(_Kept(last=last, servers=left))

    def _tokens_of(self, sign_in: SignIn) -> Tokens | None:
        if sign_in.tokens is not None or self._keyring is None:
            return sign_in.tokens
        text = self._keyring.get(sign_in.server)
        if text is None:
            return None
        try:
            return msgspec.json.decode(text, type=Tokens)
        except msgspec.MsgspecError:
            return None

    def _put_in_keyring(self, server: str, tokens: Tokens) -> bool:
        return self._keyring is not None and self._keyring.put(server, msgspec.json.encode(tokens).decode())

    def _make_directory(self) -> None:
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            self._directory.mkdir(mode=0o700)
        found = self._directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _NOT_MINE:
            raise UnsafeFile(f"`{self._directory}` must be a directory of yours that only you can enter: chmod 700 it")

    def _read(self) -> _Kept:
        """Raises UnsafeFile."""
        path = self._directory / _FILE
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return _Kept()
        except OSError as failure:
            raise UnsafeFile(f"`{path}` cannot be opened, or is a link: delete it and sign in anew") from failure
        with os.fdopen(descriptor, "rb") as file:
            _check_private(os.fstat(file.fileno()), path)
            body = file.read(_MAX_BYTES)
        try:
            kept = msgspec.json.decode(body, type=_Kept)
        except msgspec.MsgspecError:
            raise UnsafeFile(f"`{path}` cannot be read: delete it and sign in anew") from None
        if kept.version != _VERSION:
            raise UnsafeFile(f"`{path}` is of another version of this program: delete it and sign in anew")
        return kept

    def _write(self, kept: _Kept) -> None:
        """Whole or not at all; `mkstemp` makes the new file for this person alone."""
        self._make_directory()
        descriptor, temporary = tempfile.mkstemp(dir=self._directory, prefix=".credentials-")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(kept), indent=2) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._directory / _FILE)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _check_private(found: os.stat_result, path: Path) -> None:
    if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid() or found.st_nlink != 1:
        raise UnsafeFile(f"`{path}` is not a plain file of yours: delete it and sign in anew")
    if found.st_mode & _NOT_MINE:
        raise UnsafeFile(
            f"`{path}` can be read or changed by others: end its sign-ins on the server's sessions page, delete it, and"
            " sign in anew"
        )
