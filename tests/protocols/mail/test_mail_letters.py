"""Does every letter say what it must, in every language and both forms, and nothing that somebody else put into it?"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from importlib.resources import files
from typing import Literal, cast

import pytest
from playwright.sync_api import Page

from ostiary.domain.mail.model import WORDINGS, MailKind, Message, Recipient
from ostiary.kit.user_agents import device_of
from ostiary.protocols.mail.letters import LETTERS, harmless
from ostiary.protocols.mail.rendering import AddressUnwritable, Rendered, Sender, email_of, render
from ostiary.protocols.texts.choice import LANGUAGES

NOW = datetime(2026, 3, 14, 9, 0, tzinfo=UTC)
SENDER = Sender("Example Corporation", "id@example.org", "https://id.example.org")
LINK = "https://id.example.org/x/ostlnk_5d41402abc4b2a76b9719d911017c592a1b2c3"
LINKS = {"link", "not_me", "recovery"}
TIMES = {"at", "expires_at"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_COLOURS: tuple[Literal["light", "dark"], ...] = ("light", "dark")
_AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
_LOOK = """async () => {
  const found = await axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']});
  return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`));
}"""
_every_kind = pytest.mark.parametrize("kind", MailKind, ids=lambda kind: cast("MailKind", kind).value)
_every_language = pytest.mark.parametrize("language", LANGUAGES)


def message(kind: MailKind, language: str = "en", *, value: str = "Blue key", name: str = "Ada") -> Message:
    wording = WORDINGS[kind]
    values = dict.fromkeys(wording.needs | wording.may, value)
    values |= {each: f"{LINK}/{each}" for each in LINKS & set(values)}
    values |= dict.fromkeys(TIMES & set(values), "2026-03-14T09:00:00Z")
    return Message("m1", kind, Recipient("ada@example.com", language, name), values, NOW)


class Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_every_kind_has_a_letter() -> None:
    assert set(LETTERS) == set(WORDINGS) == set(MailKind)


@_every_kind
@_every_language
def test_a_letter_says_the_same_as_text_and_as_html(kind: MailKind, language: str) -> None:
    sent = message(kind, language)
    letter = render(sent, SENDER)
    assert letter.language == language
    html = Reader(letter.html)
    assert ("lang", language) in html.attributes
    assert html.tags.count("h1") == 1
    in_html = {value for name, value in html.attributes if name == "href"} | set(re.findall(r"https://\S+", html.text))
    for name in LINKS & set(sent.values):
        assert sent.values[name] in letter.text
        assert sent.values[name] in in_html
    words = set(re.findall(r"\w{4,}", letter.text)) - set(re.findall(r"\w{4,}", letter.html))
    assert words == set()
    assert max(len(line) for line in letter.text.splitlines() if "https://" not in line) <= 76


@_every_kind
def test_the_languages_differ_and_leave_no_placeholder(kind: MailKind) -> None:
    english, german = (render(message(kind, language), SENDER) for language in ("en", "de"))
    assert english.subject != german.subject
    for letter in (english, german):
        assert not re.search(r"[{}]|%\(", letter.subject + letter.text)
    assert " the " not in german.text
    assert " your " not in german.text


@_every_kind
def test_a_letter_fetches_nothing_and_runs_nothing(kind: MailKind) -> None:
    html = Reader(render(message(kind), SENDER).html)
    assert not {"img", "script", "link", "iframe", "form", "input", "object", "base"} & set(html.tags)
    assert not {name for name, _ in html.attributes} & {"src", "srcset", "background", "onload", "onclick"}
    assert "url(" not in render(message(kind), SENDER).html
    assert "@import" not in render(message(kind), SENDER).html


@_every_kind
def test_what_people_are_called_is_never_markup(kind: MailKind) -> None:
    attack = "\"'><script>attack()</script><a href='x'>"
    plain, attacked = (Reader(render(message(kind, value=v, name=v), SENDER).html) for v in ("Blue key", attack))
    assert attacked.tags == plain.tags


@_every_kind
def test_a_stranger_puts_no_words_into_somebody_elses_letter(kind: MailKind) -> None:
    if WORDINGS[kind].hourly > 5 or kind in {MailKind.ENROLMENT, MailKind.RECOVERY_APPROVAL, MailKind.THROTTLED}:
        return  # written only when she, or an administrator, did something
    letter = render(message(kind, value="493 017", name="Visit evil.example now"), SENDER)
    assert "evil" not in letter.text + letter.html + letter.subject


@pytest.mark.parametrize("name", ["evil.example", "http://evil/x", "see www.evil.com", "a/b", "x@evil.example"])
def test_no_mail_program_makes_a_link_of_a_name(name: str) -> None:
    shown = harmless(name)
    assert shown.replace("\N{WORD JOINER}", "") == name
    assert not re.search(r"\w\.\w|//|@\w|/\w", shown)


def test_a_name_is_one_printable_line_and_a_network_stays_as_it_is() -> None:
    assert harmless("Ada\r\nBcc: x\x1b[31m\u202e") == "Ada Bcc: x [31m"
    assert harmless("192.0.2.17, Vienna") == "192.0.2.17, Vienna"
    assert harmless("2001:db8::17") == "2001:db8::17"
    assert len(harmless("x" * 1000)) == 100


@pytest.mark.parametrize(
    ("browser", "said"), [(FIREFOX, "Firefox auf Linux"), ("(Linux)", "Ein Browser auf Linux"), ("", "Ein Browser")]
)
def test_a_device_is_told_in_her_language(browser: str, said: str) -> None:
    values = {"at": "2026-03-14T09:00:00Z", "device": str(device_of(browser))}
    sent = Message("m1", MailKind.NEW_SIGN_IN, Recipient("ada@example.com", "de"), values, NOW)
    assert f"Gerät: {said}\n" in render(sent, SENDER).text


def test_a_message_is_both_forms_in_order_and_small() -> None:
    email = email_of(message(MailKind.NEW_SIGN_IN, "de", name="Ødegård"), SENDER)
    assert [part.get_content_type() for part in email.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    raw = email.as_bytes()
    assert raw.isascii()
    assert len(raw) < 10_000
    assert max(len(line) for line in raw.splitlines()) <= 998


@pytest.mark.parametrize("address", ["a..b@example.com", ".a@example.com", "\u00fc@example.com", "a@example."])
def test_an_address_that_no_header_holds_is_given_up_and_no_bug_of_ours(address: str) -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    message = Message("m1", MailKind.SESSIONS_ENDED, Recipient(address), {"at": "2026-03-01T00:00:00Z"}, at)
    with pytest.raises(AddressUnwritable):
        email_of(message, Sender("Org", "id@example.org", "https://id.example.org"))


def test_a_language_that_we_do_not_speak_becomes_english() -> None:
    letter: Rendered = render(message(MailKind.TEST, "fr-CH"), SENDER)
    assert letter.language == "en"


def test_administrators_are_not_sent_to_their_administrator() -> None:
    for kind in (MailKind.ADMINISTRATOR_USED, MailKind.BREAK_GLASS_USED):
        values = {"at": "2026-03-14T09:00:00Z", "user_name": "first", "place": "192.0.2.17"}
        text = render(Message("m1", kind, Recipient("ada@example.com", "en"), values, NOW), SENDER).text
        assert "tell your administrator" not in text
        assert "treat it as a break-in" in text


def test_who_was_locked_out_without_a_link_hears_whom_to_ask() -> None:
    values = {"at": "2026-03-14T09:00:00Z"}
    text = render(Message("m1", MailKind.SESSIONS_ENDED, Recipient("ada@example.com", "en"), values, NOW), SENDER).text
    assert "Get back in now" not in text
    assert "ask your administrator or help desk" in text


def test_everybody_can_read_every_letter_by_day_and_by_night(page: Page) -> None:
    """WCAG 2.2 AA by axe-core; a letter is no page, so landmarks are not asked for."""
    page.set_viewport_size({"width": 320, "height": 640})
    for kind in MailKind:
        page.set_content(render(message(kind), SENDER).html)
        page.evaluate(_AXE)
        for colours in _COLOURS:
            page.emulate_media(color_scheme=colours)
            assert page.evaluate(_LOOK) == [], (kind, colours)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), kind
