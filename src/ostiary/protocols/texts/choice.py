"""Which of our languages does a browser's user prefer? RFC 9110 section 12.5.4, RFC 4647 section 3.4 (lookup)."""

from __future__ import annotations

import re
from functools import lru_cache

from falcon import Request

LANGUAGES = ("en", "de")
"""The first is the language of the sources, and of whoever wants none of ours."""

_RANGE = re.compile(r"([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)(?:\s*;\s*q\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?")
_MAX_HEADER = 1000


def language_of(request: Request) -> str:
    return preferred(request.get_header("Accept-Language") or "")


@lru_cache(maxsize=256)
def preferred(header: str) -> str:
    """The language of ours with the highest weight; of equal ones the first named. Nonsense prefers nothing."""
    best, best_weight = LANGUAGES[0], 0.0
    refused = {tag for tag, weight in _ranges(header) if weight == 0}
    for tag, weight in _ranges(header):
        language = LANGUAGES[0] if tag == "*" else tag.split("-", 1)[0]
        if weight > best_weight and language in LANGUAGES and language not in refused:
            best, best_weight = language, weight
    return best


def known_language(tag: str) -> str:
    """Ours for a stored tag such as `de-AT`; the default for one that we do not speak."""
    language = tag.split("-", 1)[0].lower()
    return language if language in LANGUAGES else LANGUAGES[0]


def _ranges(header: str) -> list[tuple[str, float]]:
    found = (_RANGE.fullmatch(part.strip()) for part in header[:_MAX_HEADER].split(","))
    return [(match[1].lower(), float(match[2] or 1)) for match in found if match is not None]
