"""One running server for the tests of this door: its questions change nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from parts.authzen_world import World, open_world


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("authzen")) as opened:
        yield opened
