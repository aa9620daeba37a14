"""A house in which mails wait to be read, with a directory of consumers beside the workforce."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from people_house import House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(tmp_path) as opened:
        yield opened
