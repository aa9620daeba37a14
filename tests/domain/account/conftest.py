"""A house in which hashing is cheap, and a person who is signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from account_room import Her
from ostiary.kit.crypto.password_cost import PasswordCost
from people_house import House, open_house


def _cheap(house: House) -> House:
    house.keys.value = replace(house.keys.value, password_cost=PasswordCost(64, 1))
    return house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield _cheap(opened)


@pytest.fixture(params=["sqlite", "postgresql"])
def house_on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    url = None
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("fresh_postgresql_database")
        url = make()
    with open_house(tmp_path, database_url=url) as opened:
        yield _cheap(opened)


@pytest.fixture
def ada(house: House) -> Her:
    return Her(house, "ada")
