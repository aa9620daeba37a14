"""What do journeys share? The outside issuer, and both engines to walk on."""

from __future__ import annotations

import pytest

from parts.outside_issuer import outside_issuer

__all__ = ["journey_database", "outside_issuer"]


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.postgresql)])
def journey_database(request: pytest.FixtureRequest) -> str | None:
    """A database URL for `start_server`; None is the embedded database."""
    if request.param == "SQLite":
        return None
    url: str = request.getfixturevalue("fresh_postgresql_database")()
    return url
