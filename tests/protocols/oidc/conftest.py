"""The applications' door with Ada in it, fresh for each test: made once, then copied."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from oidc_house import OidcHouse, copy_of, open_oidc_house
from people_house import Enrolled
from web_browser import Browser


@pytest.fixture(scope="session")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OidcHouse, Enrolled]]:
    with open_oidc_house(tmp_path_factory.mktemp("oidc")) as house:
        ada = house.people.enrol()
        house.change("ada", attributes={"department": "books"})
        yield house, ada


@pytest.fixture
def house(made_once: tuple[OidcHouse, Enrolled], tmp_path: Path) -> Iterator[OidcHouse]:
    with copy_of(made_once[0], tmp_path) as copied:
        yield copied


@pytest.fixture
def ada(house: OidcHouse, made_once: tuple[OidcHouse, Enrolled]) -> Enrolled:
    original = made_once[1]
    return Enrolled(house.people, original.name, original.password, original.secret)


@pytest.fixture
def browser(house: OidcHouse, ada: Enrolled) -> Browser:
    """Ada's, signed in."""
    return house.signed_in_browser(ada)
