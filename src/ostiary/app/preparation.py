"""Is everything in place before the first worker starts?

Migrations run here. `serve --database-url` on an empty PostgreSQL database copies the organization of the data
directory there, and remembers the address, so that one data directory always means one database.
"""

from __future__ import annotations

import logging
import socket
import tempfile
from dataclasses import replace
from pathlib import Path

from ostiary.app.authenticator_roots import authenticator_roots
from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable
from ostiary.app.development import keep_start
from ostiary.app.house import open_house
from ostiary.app.mail import read_mail_settings
from ostiary.app.passwords import check_password_files, password_settings, settle_cost
from ostiary.app.places import check_places
from ostiary.app.settings import ServeSettings, SettingsRefused, database_url, posture_header, remember
from ostiary.domain.audit.caller import server
from ostiary.domain.mail.outbox import Mailing
from ostiary.storage.backup import back_up, restore
from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import SchemaOutdated, check_revision, migrate, revision_of

log = logging.getLogger(__name__)


def prepare(settings: ServeSettings) -> ServeSettings:
    """The settings with their database URL resolved. Raises what `open_house` raises: a start that fails says why."""
    directory = DataDirectory(settings.data)
    directory.root_key()
    _check_free(settings)
    passwords = password_settings(directory)
    check_password_files(passwords)
    _check_mail(directory, settings)
    check_places(directory)
    authenticator_roots(directory)
    posture_header(directory, settings)
    url = database_url(directory, settings.database_url)
    database = open_database(url)
    try:
        if _is_empty(database):
            _move_in(directory, database, url)
        migrate(database)
    finally:
        database.close()
    with open_house(directory, url=url) as house:
        settle_cost(house.database, house.root, passwords.milliseconds, server(), house.clock)
        house.sealer.seal_last()
        if settings.development:
            keep_start(house)
    # ORDER: an address is remembered when the root key of this directory has opened what is there.
    if settings.database_url:
        remember(directory, database_url=settings.database_url)
    return replace(settings, database_url=url)


def _check_mail(directory: DataDirectory, settings: ServeSettings) -> None:
    mail = read_mail_settings(directory, development=settings.development)
    if mail.mailing(development=settings.development) is Mailing.OFF:
        log.warning("no mail server is configured: nobody gets invitations, codes or notices; set `smtp_url`")


def _check_free(settings: ServeSettings) -> None:
    """Raises SettingsRefused when another process listens there: said before anything of its is touched."""
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(found[0], found[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as failure:
        reason = failure.strerror or str(failure)
        raise SettingsRefused(f"cannot listen on `{settings.host}:{settings.port}`: {reason.lower()}") from failure


def _is_empty(database: Database) -> bool:
    """Also when an earlier move into it did not end."""
    if revision_of(database) is None:
        return True
    try:
        check_revision(database)
    except SchemaOutdated:
        return False
    with database.read() as tx:
        return tx.directory.organization() is None


def _move_in(directory: DataDirectory, database: Database, url: str) -> None:
    known = database_url(directory)
    if known == url:
        raise DataDirectoryUnusable(
            "the database of this data directory is empty: restore a backup, or run `ostiary init`"
        )
    source = open_database(known)
    try:
        if _is_empty(source):
            raise DataDirectoryUnusable("there is no organization to move to that database: run `ostiary init` first")
        migrate(database)
        with tempfile.TemporaryDirectory(dir=directory.path) as folder:
            copy = Path(folder) / "move.db"
            back_up(source, copy, lambda _what, _done, _total: None)
            restore(database, copy, lambda _what, _done, _total: None)
    finally:
        source.close()
