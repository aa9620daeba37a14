"""Do hashes leave room for everybody else, and does their cost only ever rise?"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ostiary.domain.credentials.errors import TooBusy
from ostiary.domain.credentials.hashing import PasswordHashing
from ostiary.domain.credentials.model import KeyPurpose
from ostiary.domain.credentials.server_keys import (
    ServerKeys,
    kept_password_cost,
    load_server_keys,
    make_first_keys,
    raise_password_cost,
    rotate_due_keys,
    sealing_identity,
)
from ostiary.kit.crypto.password_cost import FLOOR, PasswordCost
from ostiary.kit.crypto.passwords import PasswordHasher, PasswordMismatch
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.current import Current
from ostiary.storage.engine import Database, open_database
from ostiary.storage.schema import metadata

_NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
_ROOT = RootKey.generate()
_CHEAP = PasswordCost(64, 1)
_DEARER = PasswordCost(31 * 1024, 3)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = open_database(f"sqlite:///{tmp_path}/ostiary.db")
    metadata.create_all(database.engine)
    database.write(lambda tx: make_first_keys(tx.server_keys, _ROOT, now=_NOW))
    yield database
    database.close()


@pytest.fixture
def keys(database: Database) -> Current[ServerKeys]:
    return Current(replace(_load(database), password_cost=_CHEAP))


def test_a_password_is_its_own_and_no_other(keys: Current[ServerKeys]) -> None:
    hashing = PasswordHashing(keys=keys)
    encoded = hashing.hash("violet canyon drum")
    hashing.check("violet canyon drum", encoded)
    for wrong, kept in (("violet canyon drun", encoded), ("violet canyon drum", None), ("x" * 2000, encoded)):
        with pytest.raises(PasswordMismatch):
            hashing.check(wrong, kept)
    assert hashing.matches_any("violet canyon drum", ("", encoded))


def test_a_password_is_hashed_anew_when_the_cost_has_risen_and_only_then(keys: Current[ServerKeys]) -> None:
    hashing = PasswordHashing(keys=keys)
    encoded = hashing.hash("violet canyon drum")
    assert hashing.renewed("violet canyon drum", encoded) == encoded
    keys.value = replace(keys.value, password_cost=PasswordCost(128, 2))
    renewed = hashing.renewed("violet canyon drum", encoded)
    assert "m=128,t=2" in renewed
    hashing.check("violet canyon drum", renewed)
    keys.value = replace(keys.value, password_cost=_CHEAP)
    assert hashing.renewed("violet canyon drum", renewed) == renewed


def test_a_wrong_guess_is_answered_late_by_a_time_that_belongs_to_the_name_and_to_this_organization(
    keys: Current[ServerKeys],
) -> None:
    late: list[float] = []
    hashing = PasswordHashing(keys=keys, pause=late.append)
    encoded = hashing.hash("violet canyon drum")
    names = [f"name{number}" for number in range(100)]
    for name in names:
        for kept in (encoded, None):
            with pytest.raises(PasswordMismatch):
                hashing.check("wrong", kept, name=name)
    assert late[::2] == late[1::2], "whether somebody has the name makes no difference"
    assert len(set(late)) == 100
    assert min(late) < 0.005
    assert 0.045 < max(late) < 0.05
    keys.value = replace(keys.value, password_pepper=bytes(32))
    with pytest.raises(PasswordMismatch):
        hashing.check("wrong", None, name=names[0])
    assert late[-1] != late[0]


def test_the_right_password_and_a_known_person_are_not_kept_waiting(keys: Current[ServerKeys]) -> None:
    late: list[float] = []
    hashing = PasswordHashing(keys=keys, pause=late.append)
    encoded = hashing.hash("violet canyon drum")
    hashing.check("violet canyon drum", encoded, name="ada")
    with pytest.raises(PasswordMismatch):
        hashing.check("wrong", encoded)
    assert not hashing.matches_any("wrong", (encoded, encoded))
    assert late == []


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Every hash waits until this is set."""
    go_on = threading.Event()
    real = PasswordHasher.hash

    def hash_later(hasher: PasswordHasher, password: str) -> str:
        assert go_on.wait(10)
        return real(hasher, password)

    monkeypatch.setattr(PasswordHasher, "hash", hash_later)
    yield go_on
    go_on.set()


def test_who_comes_when_all_places_are_taken_is_turned_away_at_once(
    keys: Current[ServerKeys], held: threading.Event
) -> None:
    hashing = PasswordHashing(keys=keys, slots=1, waiting=2)
    done: list[str] = []
    people = [threading.Thread(target=lambda: done.append(hashing.hash("violet canyon drum"))) for _ in range(3)]
    for person in people:
        person.start()
    deadline = threading.Event()
    while not _is_full(hashing):
        assert not deadline.wait(0.01)
    with pytest.raises(TooBusy):
        hashing.hash("somebody else")
    held.set()
    for person in people:
        person.join()
    assert len(done) == 3
    assert hashing.hash("somebody else")


def test_who_waits_too_long_is_turned_away(
    keys: Current[ServerKeys], held: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ostiary.domain.credentials.hashing._WAIT_SECONDS", 0.02)
    hashing = PasswordHashing(keys=keys, slots=1)
    with pytest.raises(TooBusy):
        hashing.hash("violet canyon drum")


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a niceness of their own on Linux only")
def test_hashes_run_on_few_threads_that_yield_to_all_others(
    keys: Current[ServerKeys], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: set[tuple[int, int]] = set()
    real = PasswordHasher.hash

    def noted(hasher: PasswordHasher, password: str) -> str:
        thread = threading.get_native_id()
        seen.add((thread, os.getpriority(os.PRIO_PROCESS, thread)))
        return real(hasher, password)

    monkeypatch.setattr(PasswordHasher, "hash", noted)
    hashing = PasswordHashing(keys=keys, slots=2)
    people = [threading.Thread(target=hashing.hash, args=("violet canyon drum",)) for _ in range(12)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    own = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    assert 1 <= len(seen) <= 2
    assert all(niceness >= own + 10 or niceness == 19 for _, niceness in seen)


def test_passwords_of_a_new_organization_cost_the_least(database: Database) -> None:
    assert _load(database).password_cost == FLOOR
    with database.read() as tx:
        assert kept_password_cost(tx.server_keys, _ROOT, now=_NOW) is None


def test_the_cost_rises_and_never_falls(database: Database) -> None:
    assert _raise(database, _DEARER)
    assert _load(database).password_cost == _DEARER
    assert not _raise(database, FLOOR)
    assert not _raise(database, _DEARER)
    assert _load(database).password_cost == _DEARER
    dearest = PasswordCost(64 * 1024, 4)
    assert _raise(database, dearest)
    assert _load(database).password_cost == dearest
    with database.read() as tx:
        assert [k.purpose for k in tx.server_keys.server_keys()].count(KeyPurpose.PASSWORD_COST) == 1


def test_the_cost_is_kept_when_keys_are_rotated(database: Database) -> None:
    assert _raise(database, _DEARER)
    later = _NOW + timedelta(days=100)
    database.write(lambda tx: rotate_due_keys(tx.server_keys, _ROOT, now=later))
    assert _load(database, later).password_cost == _DEARER


def test_a_cost_that_was_put_into_the_database_by_another_hand_opens_nothing(database: Database) -> None:
    assert _raise(database, _DEARER)

    def forge(tx: object) -> None:
        rows = tx.server_keys  # type: ignore[attr-defined]
        cost, pepper = (
            next(k for k in rows.server_keys() if k.purpose is purpose)
            for purpose in (KeyPurpose.PASSWORD_COST, KeyPurpose.PASSWORD_PEPPER)
        )
        assert sealing_identity(cost) != sealing_identity(pepper)
        rows.put_server_key(replace(cost, sealed=pepper.sealed))

    database.write(forge)
    with pytest.raises(Exception, match="root key does not open"):
        _load(database)


def _raise(database: Database, cost: PasswordCost) -> bool:
    return database.write(lambda tx: raise_password_cost(tx.server_keys, _ROOT, cost, now=_NOW)) is not None


def _load(database: Database, now: datetime = _NOW) -> ServerKeys:
    with database.read() as tx:
        return load_server_keys(tx.server_keys, _ROOT, now=now)


def _is_full(hashing: PasswordHashing) -> bool:
    with suppress(ValueError):
        if hashing._places.acquire(blocking=False):
            hashing._places.release()
            return False
    return True
