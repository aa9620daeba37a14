"""Is a page that was asked for in German German, also what Python put on it?"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from ostiary.domain.sessions.model import SessionLevel
from ostiary.protocols.web.routes import ROUTES
from people_house import PASSWORD, House
from web_browser import Browser, make_app, sign_in

_ENGLISH = re.compile(r"\b(the|you|your|and|with|this|from|not|is|are)\b", re.IGNORECASE)
_READ_OUT = {"aria-label", "title", "placeholder", "alt"}
_MAILBOX = "/development/mailbox"  # letters in the recipients' languages
_SILENT = {"style", "script", "svg", "textarea", "code"}
_OPEN = [route.path for route in ROUTES if route.method == "GET" and route.level is None and "{" not in route.path]
_SIGNED_IN = [
    route.path
    for route in ROUTES
    if route.method == "GET" and route.level is SessionLevel.FULL and "{" not in route.path
]


class Words(HTMLParser):
    """What a person reads or hears, without what is said to be English."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        read_out = [(name, value) for name, value in attrs if name in _READ_OUT or name.startswith("data-")]
        self.found += [value for name, value in read_out if value and name != "data-options"]

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in _SILENT

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.found.append(data)


def english_in(html: str) -> list[str]:
    spoken = re.sub(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', "", html, flags=re.DOTALL)
    return [text.strip() for text in Words(spoken).found if _ENGLISH.search(text)]


def german(house: House) -> Browser:
    return Browser(make_app(house), headers={"Accept-Language": "de"})


def test_english_would_be_found() -> None:
    assert english_in('<p title="Open this">Ihr Konto</p><p>Your account</p><p lang="en">the reason</p>') == [
        "Open this",
        "Your account",
    ]


def test_pages_for_everybody_are_german(house: House) -> None:
    house.invite()  # a letter in the mailbox
    assert _english_on(german(house), _OPEN) == {}


def test_pages_for_somebody_signed_in_are_german(house: House) -> None:
    browser = german(house)
    sign_in(browser, house.enrol())
    assert _english_on(browser, _SIGNED_IN) == {}


def test_the_way_in_and_its_refusals_are_german(house: House) -> None:
    browser = german(house)
    browser.get(f"/enroll/{house.invite().token.reveal()}?with=password")
    pages = [browser.page]
    for fields in (
        {"new_password": "short", "repeat_password": "short"},
        {"new_password": PASSWORD, "repeat_password": "x"},
    ):
        browser.post(browser.action, fields)
        pages.append(browser.page)
    browser.get("/signin")
    browser.post("/signin", {"username": "nobody", "password": "wrong"})
    pages.append(browser.page)
    for number in range(8):
        browser.post("/signin", {"username": f"ada{number % 2}", "password": "wrong"})
    pages.append(browser.page)
    assert [english_in(page) for page in pages] == [[]] * len(pages)


def _english_on(browser: Browser, paths: list[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    shown = 0
    for path in paths:
        answer = browser.get(path)
        if answer.headers.get("content-type", "").startswith("text/html"):
            shown += 1
            assert '<html lang="de">' in answer.text, path
            found[path] = english_in(answer.text)
    assert shown > 3, "most of them can be looked at"
    return {path: texts for path, texts in found.items() if texts and path != _MAILBOX}


def test_mails_speak_the_language_of_the_pages_on_which_she_came_in(house: House) -> None:
    browser = german(house)
    invited = house.invite("eve")
    browser.get(f"/enroll/{invited.token.reveal()}?with=password")
    browser.post(browser.action, {"new_password": PASSWORD, "repeat_password": PASSWORD})
    with house.database.read() as tx:
        eve = tx.directory.person(invited.person.person_id)
    assert eve is not None
    assert eve.language == "de", "before the first notice is written to her"
    sign_in(browser, house.enrol())
    with house.database.read() as tx:
        ada = tx.directory.person_by_user_name("ada")
    assert ada is not None
    assert ada.language == "de"
    browser.headers["Accept-Language"] = "en"
    browser.get("/account")
    with house.database.read() as tx:
        assert tx.directory.person_by_user_name("ada") == ada, "looking at a page changes nothing"
