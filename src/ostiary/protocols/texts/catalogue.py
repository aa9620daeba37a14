"""What does an English sentence say in another language? `make texts` compiles the catalogues beside this file."""

from __future__ import annotations

from functools import cache
from gettext import GNUTranslations, NullTranslations
from importlib.resources import files
from io import BytesIO

from ostiary.kit.texts import Text
from ostiary.protocols.texts.choice import LANGUAGES

FOLDER = "catalogues"
DOMAIN = "ostiary"


@cache
def translations(language: str) -> NullTranslations:
    """The sources' own language needs no catalogue. Raises FileNotFoundError for a language that is not ours."""
    if language == LANGUAGES[0]:
        return NullTranslations()
    compiled = files(__package__).joinpath(FOLDER, f"{language}.mo").read_bytes()
    return GNUTranslations(BytesIO(compiled))


def say(text: str, language: str) -> str:
    """A sentence of Python code; one that no catalogue knows stays English."""
    if not text:
        return ""  # the empty message is the catalogue's header
    gettext = translations(language).gettext
    return text.translated(gettext) if isinstance(text, Text) else gettext(text)


def say_many(one: str, many: str, number: int, language: str) -> str:
    """`one` or `many` with `%(num)s`, as the language counts."""
    return translations(language).ngettext(one, many, number) % {"num": number}
