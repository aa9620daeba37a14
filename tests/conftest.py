"""Which parts may every test ask for, and which of them were missing?"""

from __future__ import annotations

import pytest

from parts.chromium import browser, page
from parts.missing import missing_parts
from parts.postgres import fresh_postgresql_database, postgresql, postgresql_url
from parts.server import start_server

__all__ = ["browser", "fresh_postgresql_database", "page", "postgresql", "postgresql_url", "start_server"]

_MARKED = {"postgresql": pytest.mark.postgresql, "browser": pytest.mark.chromium}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for a part carries its marker, so that `-m 'not chromium'` needs no discipline."""
    for item in items:
        for fixture, mark in _MARKED.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = missing_parts()
    if not missing:
        return
    terminalreporter.section("missing parts", yellow=True)
    for part, reason in missing.items():
        terminalreporter.line(f"{part} is missing, so the tests that need it did not run: {reason}")
