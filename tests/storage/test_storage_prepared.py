"""What is asked of the driver itself is answered as SQLAlchemy answers it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Select, String, bindparam, select
from sqlalchemy.exc import OperationalError

from ostiary.domain.audit.errors import UnstorableText
from ostiary.storage.engine import open_database
from ostiary.storage.migrate import migrate
from ostiary.storage.prepared import rows
from ostiary.storage.schema import metadata, person

EVERYTHING = [select(table).where(bindparam("wanted", type_=String) == "x") for table in metadata.sorted_tables]
OF_TWO_KINDS = select(person).where(person.c.kind == bindparam("kind"), person.c.user_name != "nobody").limit(2)


@pytest.fixture(name="url")
def made_url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'kept.db'}"
    database = open_database(url)
    migrate(database)
    database.close()
    return url


@pytest.mark.parametrize("statement", EVERYTHING, ids=lambda one: str(one.get_final_froms()[0]))
def test_every_table_can_be_asked(url: str, statement: Select[Any]) -> None:
    database = open_database(url)
    with database.snapshot() as connection:
        wanted = {"wanted": "x"}
        assert rows(connection, statement, wanted) == [
            dict(row) for row in connection.execute(statement, wanted).mappings()
        ]
    database.close()


def test_a_value_that_cannot_be_kept_is_refused_as_everywhere(url: str) -> None:
    database = open_database(url)
    statement = select(person).where(person.c.user_name == bindparam("user_name"))
    with database.snapshot() as connection, pytest.raises(UnstorableText):
        rows(connection, statement, {"user_name": "a\0b"})
    database.close()


def test_what_the_driver_refuses_is_said_by_sqlalchemy(url: str) -> None:
    database = open_database(url)
    with database.alone() as connection:
        connection.exec_driver_sql("ALTER TABLE person RENAME TO elsewhere")
        statement = select(person).where(person.c.person_id == bindparam("person_id"))
        with pytest.raises(OperationalError, match="no such table"):
            rows(connection, statement, {"person_id": "x"})
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO person")
    database.close()


def test_values_that_stand_in_the_statement_hold(url: str) -> None:
    database = open_database(url)
    with database.snapshot() as connection:
        assert rows(connection, OF_TWO_KINDS, {"kind": "ordinary"}) == []
    database.close()
