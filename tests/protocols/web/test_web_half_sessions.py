"""What does a session open in which not all was proved? Nothing but the way on: all pages, all forms (BP01-1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ostiary.domain.sessions.model import SessionLevel
from ostiary.protocols.web.routes import ROUTES
from ostiary.protocols.web.visit import Route
from people_house import PASSWORD, House
from web_browser import Browser

_FULL = [route for route in ROUTES if route.level is SessionLevel.FULL]


def _path(route: Route) -> str:
    return "/".join("x" if part.startswith("{") else part for part in route.path.split("/"))


def _with_a_password(house: House, browser: Browser) -> None:
    house.enrol()
    browser.get("/signin")
    assert browser.post("/signin", {"username": "ada", "password": PASSWORD}).headers["location"] == "/signin/code"


def _enrolling(house: House, browser: Browser) -> None:
    link = f"/enroll/{house.invite().token.reveal()}"
    browser.get(link)
    browser.post(link, {"new_password": PASSWORD, "repeat_password": PASSWORD})


@pytest.mark.parametrize("begin", [_with_a_password, _enrolling])
def test_a_session_in_which_not_all_was_proved_opens_no_page_and_no_form(
    house: House, browser: Browser, begin: Callable[[House, Browser], None]
) -> None:
    begin(house, browser)
    token, page = browser.cookies["ostiary_session"], browser.page
    events = len(house.events())
    for route in _FULL:
        browser.page = page
        send = browser.get if route.method == "GET" else browser.post
        answer = send(_path(route))
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/signin"), route.path
        browser.cookies["ostiary_session"] = token
    assert len(house.events()) == events
    assert len(_FULL) > 40
