"""Is everybody spoken to in her own language, as far as it is one of ours?"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ostiary.domain.audit.errors import UnstorableText
from ostiary.kit.texts import Text
from ostiary.protocols.aws.gateway.errors import wire_error_of
from ostiary.protocols.texts.catalogue import say, say_many, translations
from ostiary.protocols.texts.choice import LANGUAGES, known_language, preferred
from ostiary.protocols.texts.moments import readable, waiting_time
from people_house import House
from web_browser import Browser, make_app


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("DE-at,en;q=0.5", "de"),
        ("en-GB,en;q=0.9,de;q=0.8", "en"),
        ("fr-CH, fr;q=0.9, de;q=0.7, en;q=0.2, *;q=0.1", "de"),
        ("de;q=0.5,en;q=0.5", "de"),
        ("en;q=0.5,de;q=0.5", "en"),
        ("de;q=0", "en"),
        ("de;q=0,*", "en"),
        ("de;q=0.000, de-AT;q=1", "en"),
        ("*", "en"),
        ("fr", "en"),
        ("dea", "en"),
        ("de;q=1.5", "en"),
        ("de ; q = 0.8", "de"),
        ("den,;;q=,de", "de"),
        ("../../etc/passwd", "en"),
        ("x" * 100_000 + ",de", "en"),
    ],
)
def test_the_browsers_preference_chooses(header: str, language: str) -> None:
    assert preferred(header) == language


def test_a_stored_language_that_is_not_ours_becomes_the_default() -> None:
    assert [known_language(tag) for tag in ("de", "de-CH", "DE", "", "fr", "../de")] == [
        "de",
        "de",
        "de",
        "en",
        "en",
        "en",
    ]


def test_values_are_filled_in_after_translation_and_texts_among_them_are_translated_too() -> None:
    factor = Text("{kind} “{name}”", kind=Text("passkey"), name="{evil} %s")
    assert say(factor, "de") == "Passkey „{evil} %s“"
    assert say(factor, "en") == "passkey “{evil} %s”"
    assert say("a sentence that nobody translated", "de") == "a sentence that nobody translated"
    assert say("", "de") == "", "the empty message is the catalogue's header"


def test_languages_count_in_their_own_way() -> None:
    assert [say_many("%(num)s minute", "%(num)s minutes", n, "de") for n in (0, 1, 2)] == [
        "0 Minuten",
        "1 Minute",
        "2 Minuten",
    ]


def test_a_language_that_is_not_ours_has_no_catalogue() -> None:
    with pytest.raises(FileNotFoundError):
        translations("fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_writes_moments(language: str) -> None:
    noon = datetime(2026, 3, 4, 12, 5, tzinfo=UTC)
    assert readable(noon, language) == {"en": "4 Mar 2026, 12:05 UTC", "de": "4. März 2026, 12:05 UTC"}[language]


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "1 Sekunde"), (61, "2 Minuten"), (7199, "120 Minuten"), (7200, "2 Stunden")]
)
def test_a_wait_is_told_in_every_language(seconds: int, text: str) -> None:
    assert waiting_time(seconds, "de") == text


def test_a_page_its_errors_and_its_headers_follow_the_browser(house: House) -> None:
    german = Browser(make_app(house), headers={"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    english = Browser(make_app(house))
    for path, said in (("/signin", "Anmelden"), ("/nothing", "Hier ist nichts"), ("/enroll/wrong", "gilt nicht mehr")):
        answer = german.get(path)
        assert said in answer.text
        assert '<html lang="de">' in answer.text
        assert "Accept-Language" in answer.headers["vary"]
        assert said not in english.get(path).text
    assert "vary" not in german.get("/static/ostiary.css").headers


def test_an_error_that_was_not_translated_says_so_in_her_language_and_is_marked_as_english(house: House) -> None:
    german = Browser(make_app(house), headers={"Accept-Language": "de"})
    refused = german.raw_post("/signin", b"username=%FF", **{"Content-Type": "application/x-www-form-urlencoded"})
    assert refused.status_code in {400, 403}
    assert 'lang="en"' not in refused.text, "a refusal that everybody may meet is translated"
    strange = german.get("/signin?a=" + "%00")
    assert strange.status_code == 400
    assert 'lang="en"' not in strange.text


def test_a_text_that_can_be_translated_is_plain_text_for_programs() -> None:
    wire = wire_error_of(UnstorableText(Text("a text contains {what}", what="NUL")))
    assert type(wire.message) is str
