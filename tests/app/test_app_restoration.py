from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from organization_house import EXAMPLE, Apply
from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable
from ostiary.app.house import House, open_house
from ostiary.app.restoration import Restoration, Restored, RestoreRefused
from ostiary.app.settings import database_url
from ostiary.app.trail import verify_here
from ostiary.domain.audit.errors import TrailDamaged
from ostiary.domain.audit.event import Event, decode, event_of
from ostiary.domain.audit.ports import EventQuery
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.authenticator import Authenticators
from ostiary.domain.credentials.model import Password
from ostiary.domain.credentials.recovery_codes import CODES, codes_left, make_codes, use_code
from ostiary.domain.credentials.server_keys import ServerKeysUnusable
from ostiary.domain.directory.model import Person, PersonStatus, WorkloadStatus
from ostiary.domain.sessions.errors import SessionRevoked
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import FixedClock
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.redaction import Secret
from ostiary.storage.backup import BackupUnusable, back_up
from ostiary.storage.transaction import Transaction

Restore = Callable[..., Restored]


def silent(_what: str, _done: int, _total: int) -> None: ...


@pytest.fixture
def backup_file(house: House, apply_text: Apply, tmp_path: Path) -> Path:
    """The example, sealed and backed up."""
    apply_text(EXAMPLE.read_text())
    house.sealer.seal()
    path = tmp_path / "house.backup"
    back_up(house.database, path, silent)
    return path


@pytest.fixture
def restore(clock: FixedClock) -> Restore:
    def run(directory: DataDirectory, file: Path, *, force: bool = False) -> Restored:
        made = Restoration(directory, url=database_url(directory), clock=clock, step=silent)
        return made.restore(file, force=force)

    return run


def record_one(house: House) -> None:
    event = event_of(operator(house.organization.account), EventName.BACK_UP, at=house.clock.now())
    house.database.record(event)
    house.sealer.seal()


def newest_event(house: House) -> Event:
    with house.database.read() as tx:
        return decode(tx.audit.find(EventQuery(limit=1))[0].body)


def test_a_restored_house_is_what_was_backed_up_and_its_trail_verifies(
    house: House, directory: DataDirectory, backup_file: Path, restore: Restore, clock: FixedClock, apply_text: Apply
) -> None:
    apply_text("application = []\n")
    record_one(house)
    done = restore(directory, backup_file)
    assert done.lost == 2
    with open_house(directory, clock=clock) as opened:
        assert verify_here(opened, lambda _d, _t: None).unsealed == 0
        event = newest_event(opened)
        assert (event.name, event.details["lostRecords"]) == (EventName.RESTORE_BACKUP, 2)
        with opened.database.read() as tx:
            assert [a.client_id for a in tx.applications.applications()] == ["expenses"]


def test_nothing_that_was_issued_before_is_good_after_a_restore(
    house: House, directory: DataDirectory, backup_file: Path, restore: Restore, clock: FixedClock
) -> None:
    issued_at = clock.now()
    clock.advance(timedelta(minutes=1))
    restore(directory, backup_file)
    house.memory.refresh()
    with house.database.read() as tx:
        people, workloads = tx.directory.people(), tx.directory.workloads()
        trusts = tx.federation.issuer_trusts()
    subjects = [("person", person.person_id) for person in people]
    subjects += [("workload", workload.name) for workload in workloads]
    subjects += [("issuer-trust", trust.arn) for trust in trusts] + [("application", "expenses")]
    subjects += [("role", role_arn) for role_arn in house.remembered.access.value.roles]
    assert len(subjects) > 10
    for subject in subjects:
        with pytest.raises(SessionRevoked):
            house.remembered.revocations.value.check_not_revoked([subject], issued_at=issued_at)


def test_who_was_shut_out_since_the_backup_stays_out(
    house: House, directory: DataDirectory, backup_file: Path, restore: Restore, apply_text: Apply
) -> None:
    text = EXAMPLE.read_text().replace('user_name = "bo"', 'user_name = "bo"\nstatus = "disabled"')
    text = text.replace('name = "payments-api"', 'name = "payments-api-2"')
    apply_text(text + "\n")
    restore(directory, backup_file)
    with house.database.read() as tx:
        bo = tx.directory.person_by_user_name("bo")
        status = {workload.name: workload.status for workload in tx.directory.workloads()}
    assert bo is not None
    assert bo.status is PersonStatus.DISABLED
    assert status == {"payments-api": WorkloadStatus.DISABLED, "payments-deploy": WorkloadStatus.ACTIVE}


def test_what_people_removed_or_changed_since_the_backup_opens_nothing_any_more(
    house: House, directory: DataDirectory, restore: Restore, clock: FixedClock, apply_text: Apply, tmp_path: Path
) -> None:
    """Whoever has her stolen phone, or a code that she used, must not wait for the next restore."""
    apply_text(EXAMPLE.read_text())
    bo = person_of(house, "bo")
    authenticators, now = Authenticators(keys=house.remembered.keys), clock.now()
    kept, stolen = (
        replace(authenticators.new_factor(bo.person_id, name=name, now=now), confirmed_at=now) for name in "ab"
    )
    with_codes: list[Secret] = []

    def give(tx: Transaction) -> None:
        tx.credentials.put_password(Password(bo.person_id, "an older hash", changed_at=now))
        for factor in (kept, stolen):
            tx.credentials.put_totp_factor(factor)
        with_codes.extend(make_codes(tx.credentials, bo.person_id, now))

    house.database.write(give)
    house.sealer.seal()
    path = tmp_path / "house.backup"
    back_up(house.database, path, silent)

    def take(tx: Transaction) -> None:
        tx.credentials.put_password(Password(bo.person_id, "a newer hash", changed_at=now + timedelta(minutes=1)))
        tx.credentials.delete_totp_factor(stolen.factor_id)
        use_code(tx.credentials, bo.person_id, with_codes[0].reveal(), now)

    house.database.write(take)
    clock.advance(timedelta(minutes=2))
    restore(directory, path)
    with house.database.read() as tx:
        password = tx.credentials.password(bo.person_id)
        assert password is not None
        assert password.compromised_at == clock.now()
        assert [factor.factor_id for factor in tx.credentials.totp_factors(bo.person_id)] == [kept.factor_id]
        assert codes_left(tx.credentials, bo.person_id) == CODES - 1


def test_a_password_that_was_only_hashed_anew_since_the_backup_stays_good(
    house: House, directory: DataDirectory, restore: Restore, clock: FixedClock, apply_text: Apply, tmp_path: Path
) -> None:
    apply_text(EXAMPLE.read_text())
    bo, now = person_of(house, "bo"), clock.now()
    older = Password(bo.person_id, "an older hash", changed_at=now)
    house.database.write(lambda tx: tx.credentials.put_password(older))
    house.sealer.seal()
    path = tmp_path / "house.backup"
    back_up(house.database, path, silent)
    house.database.write(lambda tx: tx.credentials.put_password(replace(older, encoded="the same, dearer")))
    restore(directory, path)
    with house.database.read() as tx:
        assert tx.credentials.password(bo.person_id) == older


def person_of(house: House, user_name: str) -> Person:
    with house.database.read() as tx:
        found = tx.directory.person_by_user_name(user_name)
    assert found is not None
    return found


def test_a_backup_is_restored_on_a_fresh_machine(
    directory: DataDirectory, backup_file: Path, restore: Restore, clock: FixedClock, tmp_path: Path
) -> None:
    fresh = DataDirectory(tmp_path / "fresh")
    fresh.path.mkdir()
    shutil.copy2(directory.root_key_file, fresh.root_key_file)
    restore(fresh, backup_file)
    with open_house(fresh, clock=clock) as opened:
        assert verify_here(opened, lambda _d, _t: None).events > 2
        assert opened.organization_name() == "Example Payments"
    assert fresh.verifier_key_file.read_text() == directory.verifier_key_file.read_text()


def test_without_the_right_root_key_nothing_is_restored(
    directory: DataDirectory, backup_file: Path, restore: Restore, tmp_path: Path
) -> None:
    other = DataDirectory(tmp_path / "other")
    other.path.mkdir()
    with pytest.raises(DataDirectoryUnusable):
        restore(other, backup_file)
    other.root_key_file.write_text(RootKey.generate().to_text())
    other.root_key_file.chmod(0o600)
    with pytest.raises(ServerKeysUnusable):
        restore(other, backup_file)
    assert not other.checkpoint_file.exists()


def test_a_backup_that_was_tampered_with_replaces_nothing(
    house: House, directory: DataDirectory, backup_file: Path, restore: Restore
) -> None:
    with closing(sqlite3.connect(backup_file)) as driver:
        driver.execute("UPDATE event SET body = replace(body, 'operator', 'somebody') WHERE leaf_index = 1")
        driver.commit()
    record_one(house)
    with pytest.raises(TrailDamaged, match="record 1"):
        restore(directory, backup_file)
    assert newest_event(house).name is EventName.BACK_UP


def test_what_is_no_backup_replaces_nothing(directory: DataDirectory, restore: Restore, tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    with pytest.raises(BackupUnusable):
        restore(directory, junk)


def test_another_history_of_the_same_house_needs_force(
    house: House, directory: DataDirectory, backup_file: Path, restore: Restore, clock: FixedClock, tmp_path: Path
) -> None:
    twin = DataDirectory(tmp_path / "twin")
    twin.path.mkdir()
    shutil.copy2(directory.root_key_file, twin.root_key_file)
    restore(twin, backup_file)
    with open_house(twin, clock=clock) as opened:
        back_up(opened.database, tmp_path / "twin.backup", silent)
    for _ in range(5):
        record_one(house)
    with pytest.raises(RestoreRefused, match="another history"):
        restore(directory, tmp_path / "twin.backup")
    restore(directory, tmp_path / "twin.backup", force=True)


def test_a_database_that_cannot_be_read_must_be_moved_away_first(
    directory: DataDirectory, backup_file: Path, restore: Restore, tmp_path: Path
) -> None:
    broken = DataDirectory(tmp_path / "broken")
    broken.path.mkdir()
    shutil.copy2(directory.root_key_file, broken.root_key_file)
    broken.database_file.write_bytes(b"not a database" * 100)
    with pytest.raises(RestoreRefused, match="move it away"):
        restore(broken, backup_file)
    broken.database_file.rename(broken.path / "broken.db")
    restore(broken, backup_file)
