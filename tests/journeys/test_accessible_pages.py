"""Can everybody use each page, light and dark, on a phone and at a desk? Asked of axe-core, in a real browser.

WCAG 2.0 to 2.2, level AA, and axe's best practices. Every template in every state that has a preview is looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Route
from playwright.sync_api import Page as Tab

from web_pages import PAGES, Page

_ADDRESS = "https://id.example.com/page"  # the origin of the previews, so that passkeys are offered
_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_STATIC = files("ostiary.protocols.web").joinpath("static")
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_LOOK = """async rules => {
  const found = await axe.run(document, {runOnly: rules, resultTypes: ['violations']});
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`));
}"""
# What depends on colours and on room alone is asked again where they are others.
_AGAIN = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
_TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
# The tag of axe is experimental; a target in a line of text is excepted (WCAG 2.2 success criterion 2.5.8).
_SMALL = """() => [...document.querySelectorAll('a, button, input:not([type=hidden]), summary')]
  .filter(it => it.checkVisibility() && !it.matches('.skip') && getComputedStyle(it).display !== 'inline')
  .map(it => [it.textContent.trim(), it.getBoundingClientRect()])
  .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""


def _static(route: Route) -> None:
    """Only what the page itself asks for is there; its address was made from the same folder."""
    name = re.search(r"/static/([a-z_.-]+)\?v=", route.request.url)
    assert name
    route.fulfill(path=str(_STATIC.joinpath(name[1])))


def _tab(browser: Browser) -> Tab:
    context = browser.new_context()
    context.route("**/static/*", _static)
    return context.new_page()


@pytest.fixture(scope="module")
def plain(browser: Browser) -> Iterator[Tab]:
    tab = _tab(browser)
    yield tab
    tab.context.close()


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    """With axe-core in each page."""
    tab = _tab(browser)
    tab.add_init_script(_AXE)
    yield tab
    tab.context.close()


def at_a_desk(tab: Tab) -> None:
    tab.set_viewport_size({"width": 1280, "height": 800})
    tab.emulate_media(color_scheme="light")


def on_a_phone_at_night(tab: Tab) -> None:
    tab.set_viewport_size({"width": 320, "height": 640})
    tab.emulate_media(color_scheme="dark")


def _open(tab: Tab, page: Page, *, language: str = "en") -> None:
    html = page.html(language=language)
    tab.route(_ADDRESS, lambda route: route.fulfill(content_type="text/html; charset=utf-8", body=html), times=1)
    tab.goto(_ADDRESS)


_every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@_every_page
def test_everybody_can_use_this_page(tab: Tab, page: Page) -> None:
    at_a_desk(tab)
    _open(tab, page)
    assert tab.evaluate(_LOOK, _TAGS) == []
    on_a_phone_at_night(tab)
    assert tab.evaluate(_LOOK, _AGAIN) == []
    assert tab.evaluate(_TOO_WIDE) <= 0
    assert tab.evaluate(_SMALL) == []


@_every_page
def test_german_fits_on_a_phone(plain: Tab, page: Page) -> None:
    on_a_phone_at_night(plain)
    _open(plain, page, language="de")
    assert plain.evaluate(_TOO_WIDE) <= 0
    assert plain.evaluate(_SMALL) == []
