"""How do tests get a real browser? Debian's Chromium, driven by Playwright, with its telephoning home switched off."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from parts.missing import refuse_without

_QUIET = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-pings",
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the session. Ask it for a context of your own, so that no cookie is shared."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        refuse_without("Chromium", "no `chromium` on the path; install the package `chromium`")
    # Chromium's own sandbox does not work for root, who runs the tests in containers.
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=program, args=[*_QUIET, *sandbox])
        try:
            yield launched
        finally:
            launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of a fresh profile: no cookie, no storage of another test."""
    context = browser.new_context()
    context.set_default_timeout(15_000)
    try:
        yield context.new_page()
    finally:
        context.close()
