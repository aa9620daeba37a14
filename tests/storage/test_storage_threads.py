"""Does every thread read in a snapshot of its own?"""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from ostiary.domain.directory.model import Organization
from ostiary.storage.engine import Database

_NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def test_two_threads_never_share_a_connection(database: Database) -> None:
    both = threading.Barrier(2, timeout=20)
    seen: list[object] = []

    def look() -> None:
        with database.read() as tx:
            tx.directory.organization()
            both.wait()
            seen.append(tx.directory._connection)
            both.wait()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 2
    assert seen[0] is not seen[1]


def test_a_read_that_began_before_a_change_does_not_hide_it_from_another_thread(database: Database) -> None:
    began, changed = threading.Event(), threading.Event()

    def hold() -> None:
        with database.read() as tx:
            tx.directory.organization()
            began.set()
            changed.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    assert began.wait(20)
    database.write(lambda tx: tx.directory.put_organization(Organization("Example", "204817365091", _NOON)))
    try:
        with database.read() as tx:
            organization = tx.directory.organization()
        assert organization is not None, "a change that was answered is not seen"
    finally:
        changed.set()
        holder.join(20)


@pytest.mark.parametrize("times", [3])
def test_a_read_inside_a_read_sees_the_same(database: Database, times: int) -> None:
    with database.read() as outer:
        for _ in range(times):
            with database.read() as inner:
                assert inner.directory.organization() == outer.directory.organization()
