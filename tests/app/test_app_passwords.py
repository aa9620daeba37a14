"""Are the settings of passwords checked at start, and is their cost measured once and kept?"""

from __future__ import annotations

import threading
from dataclasses import replace
from hashlib import sha1
from pathlib import Path

import pytest

from organization_house import START
from ostiary.app import passwords
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.app.leaked_passwords import LeakedPasswordFile
from ostiary.app.passwords import (
    PasswordSettings,
    check_password_files,
    keep_cost,
    password_choice,
    password_settings,
    settle_cost,
)
from ostiary.app.settings import SettingsRefused, StoredSettings, remember, write_stored
from ostiary.domain.audit.caller import server
from ostiary.domain.audit.ports import EventQuery
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.errors import PasswordUnacceptable, PasswordUncheckable
from ostiary.domain.credentials.model import KeyPurpose, Password
from ostiary.domain.credentials.password_policy import rules_of
from ostiary.domain.credentials.server_keys import ServerKeys
from ostiary.domain.directory.model import PasswordProfile, Person, PersonStatus
from ostiary.kit.crypto.password_cost import CEILING, FLOOR, PasswordCost
from ostiary.kit.current import Current

_LEAKED = ("correct horse battery staple", "Zürich bei Nacht im Regen")


@pytest.fixture
def leaked(tmp_path: Path) -> Path:
    digests = sorted(sha1(password.encode(), usedforsecurity=False).hexdigest().upper() for password in _LEAKED)
    path = tmp_path / "leaked.txt"
    path.write_text("".join(f"{digest}:3\r\n" for digest in digests), newline="")
    return path


def test_without_settings_a_hash_takes_fifty_milliseconds_and_no_file_is_asked(directory: DataDirectory) -> None:
    assert password_settings(directory) == PasswordSettings(milliseconds=50, common=None, leaked=None)


def test_settings_name_files_relative_to_the_data_directory_and_survive_a_remembered_address(
    directory: DataDirectory, leaked: Path
) -> None:
    stored = StoredSettings(
        password_milliseconds="250", common_passwords="words.txt", leaked_passwords=str(leaked.resolve())
    )
    write_stored(directory, stored)
    remember(directory, issuer="https://id.example.org")
    assert password_settings(directory) == PasswordSettings(250, directory.path / "words.txt", leaked.resolve())


@pytest.mark.parametrize("text", ["9", "2001", "fast", "-50", "50.5", "\u0665\u0660", "99999999999999999999"])
def test_a_target_that_is_too_little_or_too_much_is_refused(directory: DataDirectory, text: str) -> None:
    write_stored(directory, StoredSettings(password_milliseconds=text))
    with pytest.raises(SettingsRefused, match="must take 10 to 2000 milliseconds"):
        password_settings(directory)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"0000000A1D4B746FAA3FD526FF6D5BC8:5\n", "NTLM"), (b"", "is empty"), (b"password\n", "does not begin")],
)
def test_another_file_is_not_taken_for_leaked_passwords(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "leaked.txt"
    path.write_bytes(content)
    with pytest.raises(SettingsRefused, match=f"leaked_passwords: .*{reason}"):
        check_password_files(PasswordSettings(leaked=path))


def test_a_missing_file_is_refused_at_start(tmp_path: Path) -> None:
    for settings in (PasswordSettings(leaked=tmp_path / "none"), PasswordSettings(common=tmp_path / "none")):
        with pytest.raises(SettingsRefused, match="no such file"):
            check_password_files(settings)


def test_own_words_that_are_no_text_a_folder_or_too_many_are_refused(tmp_path: Path) -> None:
    binary, large = tmp_path / "binary", tmp_path / "large"
    binary.write_bytes(b"password\n\xff\xfe\n")
    with large.open("wb") as file:
        file.truncate(33 * 1024**2)
    for path, reason in ((binary, "not text in UTF-8"), (large, "more than 32 MiB"), (tmp_path, "is not a file")):
        with pytest.raises(SettingsRefused, match=reason):
            check_password_files(PasswordSettings(common=path))


def test_what_has_leaked_cannot_be_chosen_and_is_known_at_sign_in(house: House, leaked: Path) -> None:
    check_password_files(PasswordSettings(leaked=leaked))
    choice = password_choice(_cheap(house), PasswordSettings(leaked=leaked), workers=1, threads=4)
    for password in (*_LEAKED, "Zu\u0308rich bei Nacht im Regen"):
        assert choice.has_leaked(password)
        with pytest.raises(PasswordUnacceptable) as refused:
            _choose(choice, password)
        assert refused.value.problems == ("It was found among passwords stolen elsewhere: attackers try these first",)
    assert not choice.has_leaked("violet canyon drum")
    assert _choose(choice, "violet canyon drum").encoded.startswith("$argon2id$")


def test_own_words_cannot_be_chosen(house: House, tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("\ufeffKettlewick\r\nblue lagoon\r\n", encoding="utf-8")
    choice = password_choice(_cheap(house), PasswordSettings(common=words), workers=1, threads=4)
    for password in ("kettlewick2026", "Blue Lagoon!!"):
        with pytest.raises(PasswordUnacceptable, match="cannot be used"):
            _choose(choice, password)


def test_a_password_that_cannot_be_checked_is_not_taken_but_still_lets_in(house: House, leaked: Path) -> None:
    settings = PasswordSettings(leaked=leaked)
    choice = password_choice(_cheap(house), settings, workers=1, threads=4)
    leaked.write_bytes(b"")
    with pytest.raises(PasswordUncheckable, match="try again later") as refused:
        _choose(choice, "violet canyon drum")
    assert str(leaked) in refused.value.operator_text
    assert str(leaked) not in refused.value.client_text
    assert not choice.has_leaked(_LEAKED[0])


def test_own_words_that_vanished_are_not_taken_for_none(house: House, tmp_path: Path) -> None:
    settings = PasswordSettings(common=tmp_path / "words.txt")
    choice = password_choice(_cheap(house), settings, workers=1, threads=4)
    with pytest.raises(PasswordUncheckable):
        _choose(choice, "violet canyon drum")


def test_one_file_serves_many_threads(leaked: Path) -> None:
    file = LeakedPasswordFile(leaked)
    wrong: list[str] = []

    def ask() -> None:
        wrong.extend(text for text in _LEAKED * 50 if not file.contains(text) or file.contains(text + "!"))

    people = [threading.Thread(target=ask) for _ in range(4)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert not wrong


def test_a_new_organization_has_a_measured_cost(house: House) -> None:
    cost = house.remembered.keys.value.password_cost
    assert FLOOR.work <= cost.work <= CEILING.work
    with house.database.read() as tx:
        assert KeyPurpose.PASSWORD_COST in {key.purpose for key in tx.server_keys.server_keys()}


def test_the_cost_is_not_measured_again_at_a_start(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_milliseconds: int) -> PasswordCost:
        raise AssertionError

    monkeypatch.setattr(passwords, "measure_here", never)
    settle_cost(house.database, house.root, 50, server(), house.clock)


def test_a_database_without_a_cost_gets_one_at_the_start_that_every_node_takes_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = PasswordCost(31 * 1024, 5)
    monkeypatch.setattr(passwords, "measure_here", lambda _milliseconds: measured)
    with house.database.read() as tx:
        kept = next(key for key in tx.server_keys.server_keys() if key.purpose is KeyPurpose.PASSWORD_COST)
    house.database.write(lambda tx: tx.server_keys.delete_server_key(kept.key_id))
    with open_house(house.directory, clock=house.clock) as other:
        assert other.remembered.keys.value.password_cost == FLOOR
        settle_cost(house.database, house.root, 50, server(), house.clock)
        other.memory.refresh()
        assert other.remembered.keys.value.password_cost == measured


def test_a_raised_cost_leaves_an_event(house: House) -> None:
    assert house.database.write(lambda tx: keep_cost(tx, house.root, CEILING, server(), house.clock))
    assert not house.database.write(lambda tx: keep_cost(tx, house.root, FLOOR, server(), house.clock))
    with house.database.read() as tx:
        found = tx.audit.find(EventQuery(name=EventName.ROTATE_SERVER_KEY.value))
    assert len(found) == 1
    assert str(CEILING).encode() in found[0].body


def _cheap(house: House) -> Current[ServerKeys]:
    return Current(replace(house.remembered.keys.value, password_cost=PasswordCost(64, 1)))


def _choose(choice: PasswordChoice, password: str) -> Password:
    return choice.choose(
        password,
        person=Person("p1", "workforce", "ada", "Ada Okonkwo", "", PersonStatus.ACTIVE, START),
        organization="Example",
        rules=rules_of(PasswordProfile.NIST),
        earlier=None,
        now=START,
    )
