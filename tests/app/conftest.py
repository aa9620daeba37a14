"""What do tests of the joined house stand on? A real data directory, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from organization_house import START, Apply
from ostiary.app.data_directory import DataDirectory
from ostiary.app.house import House, open_house
from ostiary.app.initialization import FirstAdministrator, initialize
from ostiary.app.organization.execution import Applied, apply
from ostiary.app.organization.reading import read_document
from ostiary.domain.sessions.operator_credentials import operator
from ostiary.kit.clock import FixedClock


@pytest.fixture(scope="session")
def made_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("house") / "data"
    initialize(
        DataDirectory(path),
        name="Test",
        administrator=FirstAdministrator("administrator", "Administrator", ""),
        database_url=f"sqlite:///{path / 'ostiary.db'}",
        issuer="http://127.0.0.1:8480",
        clock=FixedClock(START),
        step=lambda _what, _done, _total: None,
    )
    return path


@pytest.fixture(scope="session")
def unchanged_house(made_directory: Path) -> Iterator[House]:
    """For tests that only look."""
    with open_house(DataDirectory(made_directory), clock=FixedClock(START)) as opened:
        yield opened


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def directory(made_directory: Path, tmp_path: Path) -> DataDirectory:
    shutil.copytree(made_directory, tmp_path / "data")
    return DataDirectory(tmp_path / "data")


@pytest.fixture
def house(directory: DataDirectory, clock: FixedClock) -> Iterator[House]:
    with open_house(directory, clock=clock) as opened:
        yield opened


@pytest.fixture
def apply_text(house: House, tmp_path: Path) -> Apply:
    """Apply a file's text, and let memory know."""

    def run(text: str) -> Applied:
        document = read_document(text.encode(), file="org.toml", folder=tmp_path)
        applied = apply(
            house.database,
            document,
            caller=operator(house.organization.account),
            clock=house.clock,
            keyring=house.remembered.keys.value.keyring,
        )
        house.memory.refresh()
        return applied

    return run
