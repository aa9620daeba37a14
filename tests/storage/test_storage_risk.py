"""Does storage keep from where people and machines come? Each test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ostiary.domain.directory.model import Directory, Person, PersonStatus
from ostiary.domain.risk.model import KnownDevice, KnownNetwork, MachineNetwork, SignInPlace
from ostiary.storage.engine import Database
from ostiary.storage.transaction import Transaction

NOW = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
ANA = Person("p-ana", "workforce", "ana", "Ana", "ana@example.org", PersonStatus.ACTIVE, NOW)
LAPTOP = KnownDevice("p-ana", "laptop", NOW, NOW, None, "192.0.2.0/24", "Firefox")
OFFICE = KnownNetwork("p-ana", "192.0.2.0/24", NOW, NOW)
BERN = SignInPlace("p-ana", NOW, "192.0.2.7", "CH", "Bern", 46.95, 7.45)
KEY = MachineNetwork("access-key", "AKIA1", "192.0.2.0/24", NOW)


def put_all(tx: Transaction) -> None:
    tx.directory.put_directory(Directory("workforce"))
    tx.directory.put_person(ANA)
    tx.risk.put_known_device(LAPTOP)
    tx.risk.put_known_network(OFFICE)
    tx.risk.put_sign_in_place(BERN)


def put_device(database: Database, device: KnownDevice) -> None:
    database.write(lambda tx: tx.risk.put_known_device(device))


def test_known_devices_networks_and_places_come_back_and_are_replaced(database: Database) -> None:
    trusted = replace(LAPTOP, trusted_at=NOW, last_seen_at=NOW + DAY)
    phone = replace(LAPTOP, device="phone")
    nowhere = replace(BERN, country="", latitude=None, longitude=None)
    database.write(put_all)
    with database.read() as tx:
        assert (tx.risk.known_device("p-ana", "laptop"), tx.risk.sign_in_place("p-ana")) == (LAPTOP, BERN)
        assert tx.risk.known_device("p-ana", "phone") is None
        assert tx.risk.known_device("p-bob", "laptop") is None
    for device in (phone, trusted):
        put_device(database, device)
    database.write(lambda tx: tx.risk.put_sign_in_place(nowhere))
    with database.read() as tx:
        assert tx.risk.known_devices("p-ana") == [trusted, phone]
        assert tx.risk.known_networks("p-ana") == [OFFICE]
        assert tx.risk.sign_in_place("p-ana") == nowhere


def test_what_was_not_seen_for_long_is_forgotten(database: Database) -> None:
    database.write(put_all)
    database.write(lambda tx: tx.risk.put_known_device(replace(LAPTOP, device="phone", last_seen_at=NOW + DAY)))
    assert database.write(lambda tx: tx.risk.delete_unseen(last_before=NOW)) == 0
    assert database.write(lambda tx: tx.risk.delete_unseen(last_before=NOW + DAY)) == 2
    with database.read() as tx:
        assert [one.device for one in tx.risk.known_devices("p-ana")] == ["phone"]


def test_single_devices_and_networks_are_forgotten_or_all_of_a_person(database: Database) -> None:
    database.write(put_all)
    database.write(lambda tx: tx.risk.delete_known_device("p-ana", "another"))
    database.write(lambda tx: tx.risk.delete_known_network("p-ana", OFFICE.network))
    with database.read() as tx:
        assert (tx.risk.known_devices("p-ana"), tx.risk.known_networks("p-ana")) == ([LAPTOP], [])
    database.write(lambda tx: tx.risk.forget_person("p-ana"))
    with database.read() as tx:
        assert (tx.risk.known_devices("p-ana"), tx.risk.sign_in_place("p-ana")) == ([], BERN)


def test_what_is_known_of_a_person_goes_with_her(database: Database) -> None:
    database.write(put_all)
    database.write(lambda tx: tx.directory.delete_person("p-ana"))
    with database.read() as tx:
        assert tx.risk.known_devices("p-ana") == []
        assert tx.risk.sign_in_place("p-ana") is None


def test_a_network_of_a_machine_is_new_once(database: Database) -> None:
    other = replace(KEY, network="198.51.100.0/24")
    assert database.write(lambda tx: tx.risk.add_machine_networks([])) == []
    assert database.write(lambda tx: tx.risk.add_machine_networks([KEY])) == [KEY]
    again = [replace(KEY, first_seen_at=NOW + DAY), other]
    assert database.write(lambda tx: tx.risk.add_machine_networks(again)) == [other]
    with database.read() as tx:
        assert tx.risk.count_machine_networks("access-key", "AKIA1") == 2
        assert tx.risk.count_machine_networks("workload", "AKIA1") == 0
