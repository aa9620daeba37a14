from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from parts.postgres import PostgresCluster


def test_a_fresh_database_is_empty_and_its_commits_reach_the_disk(postgresql_url: str) -> None:
    with psycopg.connect(_plain(postgresql_url)) as connection:
        tables = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
        fsync = connection.execute("SHOW fsync").fetchone()
    assert tables == (0,)
    assert fsync == ("on",)


def test_every_call_gives_another_database(fresh_postgresql_database: Callable[[], str]) -> None:
    assert fresh_postgresql_database() != fresh_postgresql_database()


def test_a_wrong_password_does_not_reach_the_database(postgresql: PostgresCluster, postgresql_url: str) -> None:
    wrong = _plain(postgresql_url).replace(postgresql.password, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(wrong).close()


def _plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")
