"""Does `ostiary init` make one organization, and leave every other alone?"""

from __future__ import annotations

from pathlib import Path

import pytest

from ostiary.app.data_directory import DataDirectory, DataDirectoryUnusable
from ostiary.app.house import open_house
from ostiary.app.initialization import FirstAdministrator, initialize
from ostiary.kit.clock import SystemClock


def make(path: Path, *, database_url: str) -> DataDirectory:
    directory = DataDirectory(path)
    initialize(
        directory,
        name="Acme",
        administrator=FirstAdministrator("administrator", "Administrator", ""),
        database_url=database_url,
        issuer="http://127.0.0.1:8480",
        clock=SystemClock(),
        step=lambda _what, _done, _total: None,
    )
    return directory


def test_a_database_with_an_organization_is_refused_and_keeps_working(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    first = make(tmp_path / "first", database_url=url)
    with open_house(first, url=url) as house:
        before = house.organization
    with pytest.raises(DataDirectoryUnusable, match="already holds the organization `Acme`"):
        make(tmp_path / "second", database_url=url)
    with open_house(first, url=url) as house:
        assert house.organization == before
        house.sealer.seal()
    assert not (tmp_path / "second/root.key").exists()


def test_a_directory_with_an_organization_is_refused(tmp_path: Path) -> None:
    make(tmp_path, database_url=f"sqlite:///{tmp_path}/ostiary.db")
    kept = (tmp_path / "root.key").read_text()
    with pytest.raises(DataDirectoryUnusable, match="choose another --data directory"):
        make(tmp_path, database_url=f"sqlite:///{tmp_path}/ostiary.db")
    assert (tmp_path / "root.key").read_text() == kept
