"""Does a migrated database have exactly the tables that the program uses, and is another one refused?"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from ostiary.storage import migrate as migrate_module
from ostiary.storage.engine import Database, open_database
from ostiary.storage.migrate import HEAD, SchemaOutdated, check_revision, migrate, revision_of
from ostiary.storage.schema import metadata

ROOT = Path(__file__).parents[2]


# SQLite's reflection does not know the one index on an expression; the test after this one does.
@pytest.mark.filterwarnings("ignore:.*expression-based index .?ix_person_email")
def test_the_migrated_schema_is_the_schema_of_the_program(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, metadata) == []


def test_people_are_found_by_address_through_an_index(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            plan = connection.execute(text("EXPLAIN QUERY PLAN SELECT * FROM person WHERE lower(email) = 'a'")).all()
        assert "ix_person_email" in str(plan)


def test_text_is_ordered_by_bytes_on_postgresql(migrated_postgresql: str) -> None:
    database = open_database(migrated_postgresql)
    with database.engine.connect() as connection:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
        )
        assert connection.execute(text(query)).all() == []
    database.close()


def test_numbers_of_events_are_never_given_twice(database: Database) -> None:
    if database.engine.dialect.name == "sqlite":
        with database.engine.connect() as connection:
            made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'event'")).scalar_one()
            assert "AUTOINCREMENT" in made


def test_migrating_again_changes_nothing(database: Database) -> None:
    migrate(database)
    check_revision(database)
    assert revision_of(database) == HEAD


def test_what_the_first_version_kept_is_kept_by_the_next_one(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'old.db'}")
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).parent / "migrations"))
    with database.alone() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    settings: dict[str, object] = {
        name: [] for name in ("redirect_uris", "post_logout_redirect_uris", "scopes", "groups", "claims")
    }
    settings |= dict.fromkeys(("audience", "jwks", "id_token_alg", "launch_url", "description"), "")
    with database.engine.begin() as connection:
        row = {"settings": json.dumps(settings)}
        statement = (
            "INSERT INTO application"
            " (client_id, name, kind, authentication, owner, created_at, settings, enabled)"
            " VALUES ('app', 'App', 'machine', 'client_secret_basic', 'ana', 0, :settings, 1)"
        )
        connection.execute(text(statement), row)
    migrate(database)
    check_revision(database)
    with database.read() as tx:
        [application] = tx.applications.applications()
        assert (application.client_id, application.enabled, dict(application.policies)) == ("app", True, {})
        assert tx.access.organizational_units() == []
    database.close()


def test_the_head_that_is_checked_is_the_head_of_the_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate_module.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD


@pytest.mark.parametrize(("revision", "advice"), [("0000", "ostiary serve"), ("9999", "newer ostiary")])
def test_another_schema_is_refused_with_advice(tmp_path: Path, revision: str, advice: str) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(SchemaOutdated, match="ostiary init"):
        check_revision(database)
    migrate(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    with pytest.raises(SchemaOutdated, match=advice):
        check_revision(database)
    database.close()


def test_a_worker_that_only_checks_does_not_import_alembic(migrated_sqlite_file: Path) -> None:
    program = (
        "import sys\n"
        "from ostiary.storage.engine import open_database\n"
        "from ostiary.storage import backup, migrate\n"
        "database = open_database(sys.argv[1])\n"
        "migrate.check_revision(database); migrate.migrate(database)\n"
        "sys.exit('alembic' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, f"sqlite:///{migrated_sqlite_file}"], check=False)
    assert done.returncode == 0


def test_the_wheel_carries_the_migrations() -> None:
    """Hatchling packs every file below a package, unless an exclusion or .gitignore says otherwise."""
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel == {"packages": ["src/ostiary"]}
    migrations = ROOT / "src/ostiary/storage/migrations"
    for path in (migrations / "env.py", migrations / "script.py.mako", migrations / "versions/0001_the_house.py"):
        ignored = subprocess.run(["git", "check-ignore", "-q", str(path)], cwd=ROOT, check=False)
        assert path.is_file()
        assert ignored.returncode != 0
