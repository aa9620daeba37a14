"""Which tags may a secret have? They decide access, so what could be read in two ways is refused.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from ostiary.domain.secrets.errors import InvalidSecretParameter

MAX_TAGS = 50
_MAX_KEY, _MAX_VALUE = 128, 256
_PUNCTUATION = frozenset("+-=._:/@ ")
_LETTERS_AND_NUMBERS = ("L", "N", "M")  # marks are parts of letters in many scripts


def tags_of(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Tags of one request. Raises InvalidSecretParameter."""
    tags: dict[str, str] = {}
    for key, value in pairs:
        _check(key, value)
        if key in tags:
            raise InvalidSecretParameter(f"Duplicate tag keys found: `{key}`. Give each key once.")
        tags[key] = value
    return tags


def merged(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, str]:
    """Raises InvalidSecretParameter when the result has too many, or two keys that policies take for one."""
    tags = {**old, **new}
    if len(tags) > MAX_TAGS:
        raise InvalidSecretParameter(f"A secret has at most {MAX_TAGS} tags.")
    if len({key.casefold() for key in tags}) != len(tags):
        raise InvalidSecretParameter(
            "Two tag keys differ only in case, and policies would take them for one: use the spelling that is there."
        )
    return tags


def without(old: Mapping[str, str], keys: Sequence[str]) -> dict[str, str]:
    return {key: value for key, value in old.items() if key not in keys}


def _check(key: str, value: str) -> None:
    if not 0 < len(key) <= _MAX_KEY or len(value) > _MAX_VALUE:
        raise InvalidSecretParameter(
            f"A tag has a key of 1 to {_MAX_KEY} characters and a value of at most {_MAX_VALUE}."
        )
    if key.lower().startswith("aws:"):
        raise InvalidSecretParameter("Tag keys beginning with aws: are reserved.")
    if not all(map(_fits, key + value)):
        raise InvalidSecretParameter("Tags may hold letters, numbers, spaces and the characters + - = . _ : / @")


def _fits(character: str) -> bool:
    return character in _PUNCTUATION or unicodedata.category(character)[0] in _LETTERS_AND_NUMBERS
