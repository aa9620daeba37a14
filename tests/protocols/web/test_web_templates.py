"""Does every page render, say what it must to people and machines, and print nothing that it was given as markup?"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from jinja2 import UndefinedError
from markupsafe import Markup

from ostiary.protocols.texts.moments import readable, waiting_time
from ostiary.protocols.web import pages
from web_account_previews import SESSIONS
from web_pages import ENV_TEXT, JSON_TEXT, MAIL, PAGES, SIGNED_IN, Application, Page

_PARTS = {"_parts.html", "_passkey.html", "_passkey_signal.html", "base.html", "signed_in.html", "account_area.html"}
_VOID = {"area", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "path", "circle", "rect"}
_every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    form: int | None


class Reader(HTMLParser):
    """The elements of a page, each with the number of the form it stands in; unbalanced tags fail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self._open: list[str] = []
        self._form: int | None = None
        self._forms = 0
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"repeated attribute in {tag}"
        if tag == "form":
            self._form, self._forms = self._forms, self._forms + 1
        self.elements.append(Element(tag, dict(attrs), self._form))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), self._form))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag
        if tag == "form":
            self._form = None

    def all(self, *tags: str) -> list[Element]:
        return [element for element in self.elements if element.tag in tags]


def _values(elements: list[Element], attribute: str) -> list[str]:
    return [value for element in elements if (value := element.attributes.get(attribute)) is not None]


def _poisoned(value: Any) -> Any:
    """The same data with an attack in every text."""
    if isinstance(value, Markup):
        return value
    if isinstance(value, str):
        return value and f"""{value}"'><script>attack()</script>"""
    if isinstance(value, list):
        return [_poisoned(each) for each in value]
    if isinstance(value, dict):
        return {name: _poisoned(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _poisoned(getattr(value, each.name)) for each in fields(value)})
    return value


def test_every_template_has_a_preview() -> None:
    shipped = {entry.name for entry in files("ostiary.protocols.web").joinpath("templates").iterdir()}
    assert shipped - _PARTS == {page.template for page in PAGES}


@_every_page
def test_a_page_runs_under_a_policy_that_forbids_inline_scripts_and_style(page: Page) -> None:
    elements = Reader(page.html()).elements
    assert {"style", "iframe", "object", "embed", "base"}.isdisjoint(e.tag for e in elements)
    names = {name for element in elements for name in element.attributes}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    scripts = [e for e in elements if e.tag == "script"]
    assert all(e.attributes["src"] and "defer" in e.attributes for e in scripts)
    loaded = [e for e in elements if e.tag in {"img", "link", "script"}]
    for address in _values(loaded, "src") + _values(loaded, "href"):
        assert address.startswith(f"{pages.PATHS.static}/")


@_every_page
def test_a_page_names_its_language_its_title_and_one_heading(page: Page) -> None:
    html = page.html()
    reader = Reader(html)
    assert html.startswith("<!doctype html>")
    assert _values(reader.all("html"), "lang") == ["en"]
    assert len(reader.all("h1")) == 1
    title = re.search(r"<title>(.+) · Example Corporation</title>", html)
    assert title
    assert title[1].startswith("Error: ") == ('id="problem"' in html)


@_every_page
def test_headings_leave_out_no_level(page: Page) -> None:
    levels = [int(e.tag[1]) for e in Reader(page.html()).all("h1", "h2", "h3", "h4", "h5", "h6")]
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


@_every_page
def test_a_page_has_landmarks_and_a_skip_link_to_its_content(page: Page) -> None:
    reader = Reader(page.html())
    assert [len(reader.all(tag)) for tag in ("main", "header", "footer")] == [1, 1, 1]
    first_link = reader.all("a")[0]
    assert first_link.attributes["href"] == "#" + _values(reader.all("main"), "id")[0]
    navigations = _values(reader.all("nav"), "aria-label")
    assert navigations[:1] == (["Main"] if page.signed_in else [])
    assert navigations[1:] == (["Account"] if page.in_account else [])


@_every_page
def test_ids_are_unique_and_every_reference_to_one_leads_somewhere(page: Page) -> None:
    elements = Reader(page.html()).elements
    ids = _values(elements, "id")
    assert len(ids) == len(set(ids))
    references = [
        *" ".join(_values(elements, "aria-describedby") + _values(elements, "aria-labelledby")).split(),
        *_values([e for e in elements if e.tag == "label"], "for"),
        *[href[1:] for href in _values(elements, "href") if href.startswith("#")],
    ]
    assert set(references) <= set(ids)


@_every_page
def test_every_field_has_a_label_and_every_typed_one_says_how_to_fill_it(page: Page) -> None:
    reader = Reader(page.html())
    labelled = set(_values(reader.all("label"), "for"))
    shown = [e for e in reader.all("input", "textarea", "select") if e.attributes.get("type") != "hidden"]
    for element in shown:
        assert element.attributes["id"] in labelled
        assert element.attributes["autocomplete"]


@_every_page
def test_every_form_posts_with_a_csrf_token_and_buttons_that_send_it(page: Page) -> None:
    reader = Reader(page.html())
    for number, form in enumerate(reader.all("form")):
        assert form.attributes["method"] == "post"
        assert form.attributes["action"]
        inside = [e for e in reader.elements if e.form == number]
        assert [e.attributes["value"] for e in inside if e.attributes.get("name") == "csrf"] == ["t0k3n"]
        assert {e.attributes["type"] for e in inside if e.tag == "button"} == {"submit"}


@_every_page
def test_at_most_one_element_takes_the_focus_and_an_error_takes_it_first(page: Page) -> None:
    html = page.html()
    focused = [e for e in Reader(html).elements if "autofocus" in e.attributes]
    assert len(focused) <= 1
    if 'id="problem"' in html:
        assert focused[0].attributes["id"] == "problem"
        assert focused[0].attributes["role"] == "alert"


@_every_page
def test_no_text_that_a_page_is_given_becomes_markup(page: Page) -> None:
    common = {"organization": "O", "csrf": "c", "development": True, "error": "E", "notice": "N"}
    poisoned: dict[str, Any] = _poisoned(common | page.context)
    html = pages.render(page.template, language="en", **poisoned)
    assert "<script>" not in html
    assert "&lt;script&gt;attack()" in html
    plain = pages.render(page.template, language="en", **(common | page.context))
    assert [e.tag for e in Reader(html).elements if e.tag != "a"] == [
        e.tag for e in Reader(plain).elements if e.tag != "a"
    ]


@_every_page
@pytest.mark.parametrize("development", [True, False])
def test_a_development_server_says_so_on_every_page_and_no_other_does(page: Page, *, development: bool) -> None:
    html = replace(page, context=page.context | {"development": development}).html()
    assert ("Development server: not for real use" in html) == development


@pytest.mark.parametrize("template", sorted({page.template for page in PAGES}))
@pytest.mark.parametrize("missing", ["organization", "development"])
def test_a_forgotten_variable_is_an_error(template: str, missing: str) -> None:
    page = next(page for page in PAGES if page.template == template)
    common = {"organization": "O", "csrf": "c", "development": False} | page.context
    del common[missing]
    with pytest.raises(UndefinedError):
        pages.render(template, language="en", **common)


@pytest.mark.parametrize(
    ("template", "current"),
    [
        ("portal.html", ["/"]),
        ("account.html", ["/account", "/account"]),
        ("account_sessions.html", ["/account", "/account/sessions"]),
    ],
)
def test_the_navigation_marks_the_page_one_is_on(template: str, current: list[str]) -> None:
    page = next(page for page in PAGES if page.template == template)
    marked = [e for e in Reader(page.html()).all("a") if e.attributes.get("aria-current") == "page"]
    assert _values(marked, "href") == current


def test_the_fields_of_a_sign_in_are_known_to_password_managers() -> None:
    found = {
        (e.attributes["name"], e.attributes["autocomplete"])
        for page in PAGES
        for e in Reader(page.html()).all("input")
        if e.attributes.get("type") != "hidden"
    }
    assert found == {
        ("username", "username"),
        ("username", "username webauthn"),
        ("password", "current-password"),
        ("user_code", "off"),
        ("username", "off"),  # the name of somebody else, or one that is typed to delete an account
        ("email", "email"),
        ("display_name", "name"),
        ("recovery_code", "off"),
        ("terms", "off"),
        ("reason", "off"),
        ("present_password", "current-password"),
        ("name", "off"),
        ("new_password", "new-password"),
        ("repeat_password", "new-password"),
        ("code", "one-time-code"),
        ("code", "off"),
    }


def test_credentials_arrive_whole_in_the_fields_to_copy_from() -> None:
    page = next(page for page in PAGES if page.name == "credentials")
    html = page.html()
    for text in (ENV_TEXT, JSON_TEXT):
        assert f">\n{Markup.escape(text)}</textarea>" in html
    assert html.count('spellcheck="false"') == html.count("<textarea")


def test_the_current_session_offers_no_button_that_ends_it() -> None:
    page = next(page for page in PAGES if page.name == "account_sessions")
    actions = _values(Reader(page.html()).all("form"), "action")
    assert actions == ["/signout", "/account/sessions/s2/end", "/end-others", "/end-all"]
    alone = replace(page, context=page.context | {"sessions": SESSIONS[:1]})
    assert _values(Reader(alone.html()).all("form"), "action") == ["/signout", "/end-all"]


@pytest.mark.parametrize("address", ["javascript:attack()", "data:text/html,x", "//x", "/x", "https:", "http://[", " "])
def test_an_address_that_is_not_of_the_web_is_never_a_link(address: str) -> None:
    mail = replace(MAIL, links=[address])
    application = Application("Wiki", address, "")
    mailbox = Page("mailbox.html", "", {"mails": [mail]}).html()
    portal = Page("portal.html", "", SIGNED_IN | {"roles": [], "applications": [application]}).html()
    assert "Wiki" in portal
    for html, own in ((mailbox, [MAIL.letter]), (portal, [])):
        content = "<main" + html.split("<main", 1)[1].split("</main>", 1)[0] + "</main>"
        assert _values(Reader(content).all("a"), "href") == own


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "1 second"), (1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes"), (3600, "60 minutes")],
)
def test_a_wait_is_told_in_round_figures_that_are_never_too_short(seconds: int, text: str) -> None:
    assert waiting_time(seconds) == text


def test_a_moment_is_told_in_utc() -> None:
    assert readable(datetime.fromisoformat("2026-01-01T00:30:00+02:00")) == "31 Dec 2025, 22:30 UTC"


def test_style_sheets_and_the_mark_fetch_nothing_from_elsewhere() -> None:
    static = files("ostiary.protocols.web").joinpath("static")
    shown = [file for file in static.iterdir() if file.name.endswith((".css", ".svg"))]
    assert len(shown) == 4
    for file in shown:
        text = file.read_text("utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(r"url\(|@import|//[a-z]|<script|<style|style=", text)
