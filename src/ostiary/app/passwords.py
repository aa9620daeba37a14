"""How does this server keep passwords? Settings of `ostiary.toml`, files checked at start, a cost measured once.

The cost is kept in the database, sealed: every worker and every node makes hashes of the same cost, and a start takes
no time for it. It is measured by `ostiary init`, at the first start after an upgrade, and by `ostiary password-cost`.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import thread_time

from ostiary.app.data_directory import DataDirectory
from ostiary.app.leaked_passwords import LeakedPasswordFile, check_leaked_passwords
from ostiary.app.settings import SettingsRefused, read_stored
from ostiary.domain.audit.caller import Caller
from ostiary.domain.audit.event import event_of
from ostiary.domain.audit.vocabulary import EventName
from ostiary.domain.credentials.choosing import PasswordChoice
from ostiary.domain.credentials.common_passwords import CommonPasswords
from ostiary.domain.credentials.errors import PasswordUncheckable
from ostiary.domain.credentials.hashing import PasswordHashing, usable_cores
from ostiary.domain.credentials.server_keys import ServerKeys, kept_password_cost, raise_password_cost
from ostiary.kit.clock import Clock
from ostiary.kit.crypto.password_cost import PasswordCost, measured_cost, seconds_of
from ostiary.kit.crypto.sealing import RootKey
from ostiary.kit.current import Current
from ostiary.kit.sorted_hashes import SortedHashesRefused
from ostiary.kit.texts import Text
from ostiary.storage.engine import Database
from ostiary.storage.transaction import Transaction

log = logging.getLogger(__name__)
DEFAULT_MILLISECONDS = 50
_MILLISECONDS = range(10, 2001)
_MOST_BYTES_OF_WORDS = 32 * 1024**2


@dataclass(frozen=True, slots=True)
class PasswordSettings:
    """`milliseconds`: what one hash is to take; `common`: own words, one a line; `leaked`: hashes of stolen ones."""

    milliseconds: int = DEFAULT_MILLISECONDS
    common: Path | None = None
    leaked: Path | None = None


def password_settings(directory: DataDirectory) -> PasswordSettings:
    """Paths are relative to the data directory. Raises SettingsRefused."""
    stored = read_stored(directory)
    return PasswordSettings(
        milliseconds=checked_milliseconds(stored.password_milliseconds or str(DEFAULT_MILLISECONDS)),
        common=directory.path / stored.common_passwords if stored.common_passwords else None,
        leaked=directory.path / stored.leaked_passwords if stored.leaked_passwords else None,
    )


def checked_milliseconds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text) in _MILLISECONDS):  # noqa: PLR2004 - digits
        raise SettingsRefused(
            f"one hash of a password must take {_MILLISECONDS[0]} to {_MILLISECONDS[-1]} milliseconds"
        )
    return int(text)


def check_password_files(settings: PasswordSettings) -> None:
    """Raises SettingsRefused: a list that is not what it should be must not be taken for one that holds nothing."""
    if settings.common is not None:
        for _ in _words_of(settings.common):
            pass
    if settings.leaked is not None:
        try:
            check_leaked_passwords(settings.leaked)
        except SortedHashesRefused as refused:
            raise SettingsRefused(f"leaked_passwords: {refused}") from refused


def password_choice(
    keys: Current[ServerKeys], settings: PasswordSettings, *, workers: int, threads: int
) -> PasswordChoice:
    """For one of so many workers, in which so many threads answer: a quarter of them never waits for a hash."""
    slots = -(-usable_cores() // workers)
    common = settings.common
    return PasswordChoice(
        hashing=PasswordHashing(keys=keys, slots=slots, waiting=max(1, threads * 3 // 4 - slots)),
        common=CommonPasswords(lambda: _own_words(common)) if common is not None else CommonPasswords(),
        leaked=LeakedPasswordFile(settings.leaked) if settings.leaked is not None else None,
    )


def measure_here(milliseconds: int) -> PasswordCost:
    """What passwords would cost on this machine; takes half a second."""
    return measured_cost(milliseconds / 1000, cpu_seconds=thread_time)


def milliseconds_here(cost: PasswordCost) -> float:
    return seconds_of(cost, cpu_seconds=thread_time) * 1000


def keep_cost(tx: Transaction, root: RootKey, cost: PasswordCost, caller: Caller, clock: Clock) -> bool:
    """Keep it for all nodes; False when passwords cost no less already."""
    made = raise_password_cost(tx.server_keys, root, cost, now=clock.now())
    if made is None:
        return False
    details = {"keyId": made.key_id, "purpose": made.purpose.value, "cost": str(cost)}
    tx.audit.append(event_of(caller, EventName.ROTATE_SERVER_KEY, at=clock.now(), details=details))
    return True


def settle_cost(database: Database, root: RootKey, milliseconds: int, caller: Caller, clock: Clock) -> None:
    """Measure where nothing is kept: the database is older than the measurement."""
    with database.read() as tx:
        kept = kept_password_cost(tx.server_keys, root, now=clock.now())
    if kept is None:
        cost = measure_here(milliseconds)
        database.write(lambda tx: keep_cost(tx, root, cost, caller, clock))


def _own_words(path: Path) -> Iterator[str]:
    """Read while a password is chosen. Raises PasswordUncheckable."""
    try:
        yield from _words_of(path)
    except SettingsRefused as refused:
        log.error("%s", refused)  # noqa: TRY400 - the text says all of it
        raise PasswordUncheckable(
            Text("the password cannot be checked at this moment: try again later"), operator_text=str(refused)
        ) from refused


def _words_of(path: Path) -> Iterator[str]:
    """Raises SettingsRefused."""
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise SettingsRefused(f"common_passwords: `{path}` is not a file")
        if facts.st_size > _MOST_BYTES_OF_WORDS:
            raise SettingsRefused(
                f"common_passwords: `{path}` has more than 32 MiB: give so many as hashes, as leaked_passwords"
            )
        with path.open(encoding="utf-8-sig") as lines:
            yield from (word for line in lines if (word := line.strip("\r\n")))
    except OSError as failure:
        reason = (failure.strerror or str(failure)).lower()
        raise SettingsRefused(f"common_passwords: `{path}` cannot be read: {reason}") from failure
    except UnicodeDecodeError as failure:
        raise SettingsRefused(f"common_passwords: `{path}` is not text in UTF-8, one word a line") from failure
