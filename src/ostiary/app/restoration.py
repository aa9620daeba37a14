"""How is a backup put back, so that nothing that was ended since regains its force?

The backup is opened, and the root key and its whole trail are verified, before anything is replaced. What a restored
past would bring back to life is ended in the copy first, so that the one transaction that replaces everything replaces
it by a state in which no session, token or link from before is good: every person, role, workload, application, access
key and issuer trust gets an epoch, browser sessions, token families and enrolment links end. Where the database that is
replaced can still be read, its epochs and what was disabled or deleted in it are carried over, too.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ostiary.app.data_directory import DataDirectory
from ostiary.app.ending import Carried, carried_from, end_what_was_issued
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.ports import StoredCheckpoint
from ostiary.domain.audit.sealer import Sealer, TrailIdentity, trail_identity
from ostiary.domain.audit.verify import Verified, verify_trail
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.server_keys import load_server_keys
from ostiary.domain.directory.model import Organization
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.merkle import tree_root
from ostiary.kit.crypto.sealing import RootKey
from ostiary.storage.backup import BackupUnusable, back_up, opened_backup
from ostiary.storage.backup import restore as replace_everything
from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import migrate, revision_of

Step = Callable[[str, int, int], None]


class RestoreRefused(Exception):
    """The text tells the operator why, and what `--force` would mean."""


@dataclass(frozen=True, slots=True)
class Present:
    """The database that would be replaced; `latest` is None when it has no sealed record."""

    organization: Organization | None = None
    latest: StoredCheckpoint | None = None
    carried: Carried = field(default_factory=Carried)


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that may be restored; `lost` is how many sealed records of the present trail it does not have."""

    organization: Organization
    verified: Verified
    identity: TrailIdentity
    present: Present
    lost: int


@dataclass(frozen=True, slots=True)
class Restored:
    organization: Organization
    records: int
    lost: int
    carried: bool


class Restoration:
    def __init__(self, directory: DataDirectory, *, url: str, clock: Clock, step: Step) -> None:
        """Raises DataDirectoryUnusable when there is no root key."""
        self._directory = directory
        self._root: RootKey = directory.root_key()
        self._url = url
        self._clock = clock
        self._step = step

    def holds_something(self) -> bool:
        """Raises RestoreRefused when what is there cannot be read."""
        with self._database() as database:
            return _present(database).organization is not None

    def restore(self, file: Path, *, force: bool = False) -> Restored:
        """Raises BackupUnusable, ServerKeysUnusable, TrailDamaged, RestoreRefused; then nothing was replaced."""
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=self._directory.path) as folder:
            prepared = Path(folder) / "prepared.db"
            with self._database() as database, opened_backup(file) as copy:
                checked = self._check(copy, database, force=force)
                note = self._prepare(copy, checked)
                back_up(copy, prepared, lambda _what, _done, _total: None)
                migrate(database)
                replace_everything(database, prepared, self._step)
        # The sealer refuses to sign behind a newer checkpoint, so the one kept outside goes back with the database.
        self._directory.write_checkpoint(note)
        verifier_key = checked.identity.signer.verifier_key
        self._directory.verifier_key_file.write_text(verifier_key + "\n", encoding="ascii")
        return Restored(
            organization=checked.organization,
            records=checked.verified.events,
            lost=checked.lost,
            carried=_is_same(checked),
        )

    @contextmanager
    def _database(self) -> Iterator[Database]:
        database = open_database(self._url)
        try:
            yield database
        finally:
            database.close()

    def _check(self, copy: Database, database: Database, *, force: bool) -> Checked:
        present = _present(database)
        with copy.read() as tx:
            organization = tx.directory.organization()
            if organization is None:
                raise BackupUnusable("the backup holds no organization")
            keys = load_server_keys(tx.server_keys, self._root, now=self._clock.now())
            identity = trail_identity(organization.account, keys.checkpoint_seed)
            verified = verify_trail(
                tx.audit,
                verifier_key=identity.signer.verifier_key,
                origin=identity.origin,
                progress=lambda done, total: self._step("verified records", done, total),
            )
            latest = tx.audit.latest_checkpoint()
        known = present.organization
        if known is not None and known.account != organization.account and not force:
            raise RestoreRefused(
                f"the backup is of the account {organization.account} and this directory of {known.account}:"
                " give another --data, or --force to replace one organization by the other"
            )
        if known is not None and known.account == organization.account and not force:
            _check_same_history(database, present, latest)
        lost = max(0, present.latest.size - verified.events) if present.latest is not None else 0
        return Checked(organization, verified, identity, present, lost)

    def _prepare(self, copy: Database, checked: Checked) -> str:
        """End what must not come back, tell it in the trail, and seal that; the note of the new checkpoint."""
        now = self._clock.now()
        account = checked.organization.account
        same = _is_same(checked)
        carried = checked.present.carried if same else Carried()
        details: dict[str, str | int | bool | list[str]] = {
            "records": checked.verified.events,
            "lostRecords": checked.lost,
            "carriedOver": same,
        }
        if checked.present.latest is not None:
            details["replacedSize"] = checked.present.latest.size
            details["replacedRoot"] = checked.present.latest.root.hex()
        event = event_of(operator(account), EventName.RESTORE_BACKUP, at=now, details=details)
        copy.write(lambda tx: end_what_was_issued(tx, carried, now))
        copy.record(event)
        notes: list[str] = []
        Sealer(transactions=copy, identity=checked.identity, clock=self._clock, publish=notes.append).seal()
        return notes[-1]


def _is_same(checked: Checked) -> bool:
    """Whether what is replaced is the organization of the backup."""
    present = checked.present.organization
    return present is not None and present.account == checked.organization.account


def _present(database: Database) -> Present:
    try:
        if revision_of(database) is None:
            return Present()
        with database.read() as tx:
            organization = tx.directory.organization()
            return Present(organization, tx.audit.latest_checkpoint(), carried_from(tx))
    except Exception as failure:  # a broken database is the reason why somebody restores, and breaks in many ways
        raise RestoreRefused(
            f"the database that would be replaced cannot be read ({type(failure).__name__}): move it away, then"
            " restore again"
        ) from failure


def _check_same_history(database: Database, present: Present, latest: StoredCheckpoint | None) -> None:
    """The backup's trail must be the beginning of the present one, or the other way round."""
    if latest is None or present.latest is None or latest.size > present.latest.size:
        return
    with database.read() as tx:
        root = tree_root(tx.audit.leaf_hashes(0, latest.size))
    if root != latest.root:
        raise RestoreRefused(
            "the backup has another history than the database that it would replace: one of them was tampered with;"
            " verify both, then give --force"
        )
