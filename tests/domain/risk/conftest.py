"""A house of its own for every test that judges sign-ins, in which some addresses have places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ostiary.app.wiring.people import People
from ostiary.domain.risk.places import Place
from people_house import House, open_house

PLACES = {
    "192.0.2.17": Place("CH", "Bern", 46.95, 7.45),
    "198.51.100.9": Place("SG", "Singapore", 1.35, 103.8),
    "198.51.100.77": Place("CH", "Zürich", 47.37, 8.54),
    "203.0.113.5": Place("CH", "", None, None, anonymous=True),
}


class SomePlaces:
    def find(self, address: str) -> Place | None:
        return PLACES.get(address)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield House(clock=opened.clock, services=People(replace(opened.parts, places=SomePlaces())))
