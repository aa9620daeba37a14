"""Can nobody else on the machine use what the command line keeps?"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from ostiary.cli.remote.errors import NotSignedInHere, UnsafeFile
from ostiary.cli.remote.kept import CredentialStore, SignIn, Tokens, state_directory
from ostiary.cli.remote.keyrings import SystemKeyring, system_keyring

SERVER = "https://id.example.org"
ADA = SignIn(SERVER, "p1", "ada", "Ada Okonkwo", ("pwd", "otp", "mfa"), 1_770_000_000)
TOKENS = Tokens("eyJ.access", 1_770_000_600, "ostr_refresh")


class Vault:
    """A keyring of the system; it may be locked."""

    priority = 5

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, name: str) -> str | None:
        self._open()
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self._open()
        self.kept[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        self._open()
        del self.kept[service, name]

    def _open(self) -> None:
        if self.locked:
            raise RuntimeError("the keyring is locked")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "ostiary"


@pytest.fixture
def store(directory: Path) -> CredentialStore:
    return CredentialStore(directory, None)


def _file(directory: Path) -> Path:
    return directory / "credentials.json"


def test_what_was_kept_is_found_again(store: CredentialStore) -> None:
    store.put(ADA, TOKENS)
    found = store.found(SERVER)
    assert (found.sign_in.user_name, found.tokens) == ("ada", TOKENS)
    assert store.last == SERVER


def test_file_and_directory_are_for_one_person_alone_whatever_the_umask(
    store: CredentialStore, directory: Path
) -> None:
    before = os.umask(0)
    try:
        with store.locked():
            store.put(ADA, TOKENS)
            store.put(ADA, TOKENS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {path.name for path in directory.iterdir()} == {"credentials.json", "lock"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610])
def test_a_file_that_others_could_use_is_refused(store: CredentialStore, directory: Path, mode: int) -> None:
    store.put(ADA, TOKENS)
    _file(directory).chmod(mode)
    with pytest.raises(UnsafeFile, match="by others"):
        store.found(SERVER)
    with pytest.raises(UnsafeFile):
        store.put(ADA, TOKENS)


def test_a_link_is_refused(store: CredentialStore, directory: Path, tmp_path: Path) -> None:
    store.put(ADA, TOKENS)
    elsewhere = tmp_path / "elsewhere.json"
    _file(directory).rename(elsewhere)
    _file(directory).symlink_to(elsewhere)
    with pytest.raises(UnsafeFile):
        store.found(SERVER)
    _file(directory).unlink()
    _file(directory).hardlink_to(elsewhere)
    with pytest.raises(UnsafeFile):
        store.found(SERVER)


def test_a_pipe_in_its_place_is_refused_and_holds_nobody_up(store: CredentialStore, directory: Path) -> None:
    store.put(ADA, TOKENS)
    _file(directory).unlink()
    os.mkfifo(_file(directory), 0o600)
    with pytest.raises(UnsafeFile):
        store.found(SERVER)


def test_a_directory_that_others_can_enter_is_refused(store: CredentialStore, directory: Path) -> None:
    directory.mkdir(parents=True, mode=0o755)
    directory.chmod(0o755)
    with pytest.raises(UnsafeFile, match="chmod 700"):
        store.put(ADA, TOKENS)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 2}', '{"servers": {"x": {}}}', "\x00"])
def test_a_file_that_is_not_ours_is_refused_in_words(store: CredentialStore, directory: Path, text: str) -> None:
    store.put(ADA, TOKENS)
    _file(directory).write_text(text)
    with pytest.raises(UnsafeFile):
        store.found(SERVER)


def test_a_write_that_fails_leaves_what_was_there(
    store: CredentialStore, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put(ADA, TOKENS)

    def full(_descriptor: int) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        store.put(ADA, Tokens("other", 1, "other"))
    monkeypatch.undo()
    assert store.found(SERVER).tokens == TOKENS
    assert [path.name for path in directory.iterdir()] == ["credentials.json"]


def test_what_is_removed_is_gone(store: CredentialStore, directory: Path) -> None:
    store.put(ADA, TOKENS)
    store.remove(SERVER)
    assert "eyJ" not in _file(directory).read_text()
    assert store.last == ""
    with pytest.raises(NotSignedInHere):
        store.found(SERVER)


def test_tokens_are_in_the_keyring_and_not_in_the_file_when_there_is_one(directory: Path) -> None:
    vault = Vault()
    store = CredentialStore(directory, SystemKeyring(vault))
    store.put(ADA, TOKENS)
    assert "eyJ.access" in vault.kept["ostiary", SERVER]
    assert "eyJ.access" not in _file(directory).read_text()
    assert "ostr_refresh" not in _file(directory).read_text()
    assert store.found(SERVER).tokens == TOKENS
    store.remove(SERVER)
    assert vault.kept == {}


def test_a_keyring_that_refuses_gives_way_to_the_file(directory: Path) -> None:
    vault = Vault()
    vault.locked = True
    store = CredentialStore(directory, SystemKeyring(vault))
    store.put(ADA, TOKENS)
    assert store.found(SERVER).tokens == TOKENS


def test_tokens_in_a_keyring_that_is_locked_now_are_not_found(directory: Path) -> None:
    vault = Vault()
    store = CredentialStore(directory, SystemKeyring(vault))
    store.put(ADA, TOKENS)
    vault.locked = True
    with pytest.raises(NotSignedInHere):
        store.found(SERVER)


class _Library:
    def __init__(self, backend: object) -> None:
        self.backend = backend

    def get_keyring(self) -> object:
        return self.backend


class _Chain:
    priority = 10

    def __init__(self, *backends: object) -> None:
        self.backends = backends


class _PlainFile:
    priority = 0.5


@pytest.mark.parametrize(
    ("backend", "taken"),
    [(Vault(), True), (_PlainFile(), False), (object(), False), (_Chain(Vault()), True), (_Chain(_PlainFile()), False)],
)
def test_only_a_keyring_that_the_system_protects_is_taken(
    monkeypatch: pytest.MonkeyPatch, backend: Any, *, taken: bool
) -> None:
    monkeypatch.setattr("ostiary.cli.remote.keyrings.importlib.import_module", lambda _name: _Library(backend))
    assert (system_keyring() is not None) == taken


def test_a_relative_state_directory_is_ignored() -> None:
    assert state_directory({"XDG_STATE_HOME": "/var/x"}) == Path("/var/x/ostiary")
    assert state_directory({"XDG_STATE_HOME": "x"}) == state_directory({}) == Path.home() / ".local/state/ostiary"


def test_tokens_do_not_show_themselves() -> None:
    assert "eyJ" not in repr(TOKENS)
    assert "eyJ" not in repr(SignIn(SERVER, "p1", "ada", "Ada", (), 1, TOKENS))
