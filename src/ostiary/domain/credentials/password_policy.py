"""Which passwords may a person choose? SP 800-63B-4 section 3.1.1.2, or the literal AWS rules.

Profile `nist`: a password is only ever one of two factors here, so at least 8 characters (15 would be asked of a
password that stands alone); no rules of composition; no change without a reason; a blocklist. Profile `aws`: at least
14, four classes, none of the last 24, at most 90 days old, and the blocklist, too. Length counts Unicode code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from itertools import pairwise

from ostiary.domain.directory.model import PasswordProfile

MAX_LENGTH = 256
_MIN_CONTEXT_WORD = 4
_SERVICE = "ostiary"
_MAX_REPEATED_UNIT = 4
_WORD_BREAK = re.compile(r"[\W_]+")
_LEET = str.maketrans("013457@$!", "oieastasi")


@dataclass(frozen=True, slots=True)
class PasswordRules:
    min_length: int
    four_classes: bool = False
    history: int = 0
    max_age: timedelta | None = None


_RULES = {
    PasswordProfile.NIST: PasswordRules(min_length=8),
    PasswordProfile.AWS: PasswordRules(min_length=14, four_classes=True, history=24, max_age=timedelta(days=90)),
}


def rules_of(profile: PasswordProfile) -> PasswordRules:
    return _RULES[profile]


def normalised(password: str) -> str:
    """What is counted and hashed: as RFC 8265 section 4.2, so that another keyboard gives the same password."""
    return unicodedata.normalize("NFC", "".join(" " if unicodedata.category(c) == "Zs" else c for c in password))


def context_words(*texts: str) -> frozenset[str]:
    """The words of names and addresses around the person that are long enough to matter, and this service's name."""
    words = (word for text in (*texts, _SERVICE) for word in (text, *_WORD_BREAK.split(text)))
    return frozenset(_folded(word) for word in words if len(word) >= _MIN_CONTEXT_WORD)


def describe(rules: PasswordRules) -> list[str]:
    """The rules as sentences for the page on which a password is chosen."""
    sentences = [f"At least {rules.min_length} characters; several words with spaces are fine"]
    if rules.four_classes:
        sentences.append("An upper-case letter, a lower-case letter, a digit and a symbol")
    sentences.append("Not a common password, not a pattern, and without your name or your organization's")
    if rules.history:
        sentences.append(f"None of your last {rules.history} passwords")
    if rules.max_age is not None:
        sentences.append(f"You choose a new one every {rules.max_age.days} days")
    return sentences


def problems_of(password: str, rules: PasswordRules, context: Iterable[str]) -> list[str]:
    """What is wrong with a normalised password, as sentences; history is checked where the hashes are."""
    problems = []
    if len(password) < rules.min_length:
        problems.append(f"It is shorter than {rules.min_length} characters")
    if len(password) > MAX_LENGTH:
        problems.append(f"It is longer than {MAX_LENGTH} characters")
        return problems
    if not password.isprintable() or not _is_text(password):
        problems.append("It contains a character that cannot be typed everywhere")
    if rules.four_classes and not _has_four_classes(password):
        problems.append("It lacks an upper-case letter, a lower-case letter, a digit or a symbol")
    problems.extend(_guessable(password, context))
    return problems


def _guessable(password: str, context: Iterable[str]) -> list[str]:
    if _is_common(password):
        return ["It is a common password, or one with little added: attackers try these first"]
    if _is_pattern(password):
        return ["It is a pattern: attackers try these first"]
    folded = _folded(password)
    if any(word in folded for word in context):
        return ["It contains your name, your address, or the name of your organization or of this service"]
    return []


def _has_four_classes(password: str) -> bool:
    return (
        any(c.isupper() for c in password)
        and any(c.islower() for c in password)
        and any(c.isdigit() for c in password)
        and any(not c.isalnum() for c in password)
    )


def _is_common(password: str) -> bool:
    return not _blocklist().isdisjoint(_undisguised(_folded(password)))


def _undisguised(folded: str) -> set[str]:
    """What people do to a common word, taken back: spaces, digits and signs around it or for letters, it twice."""
    forms = {folded, folded.replace(" ", "")}
    forms |= {_without_ends(form) for form in forms}
    # Either before or after the ends are cut: `p@ssword1` ends in a digit that is none of its letters.
    forms |= {form.translate(_LEET) for form in forms}
    forms |= {_without_ends(form) for form in forms}
    return forms | {form[: len(form) // 2] for form in forms if form == form[: len(form) // 2] * 2}


def _without_ends(form: str) -> str:
    """Without the digits, signs and spaces around it, in any script; nothing remains of a number."""
    inside = [place for place, character in enumerate(form) if character.isalpha()]
    return form[inside[0] : inside[-1] + 1] if inside else form


def _is_pattern(password: str) -> bool:
    folded = _folded(password)
    if any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, _MAX_REPEATED_UNIT + 1)):
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(folded)}
    return steps in ({1}, {-1})


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _is_text(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


@cache
def _blocklist() -> frozenset[str]:
    """Leaked passwords, words and names, most frequent first in the lists that zxcvbn brings; loaded once."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - large, and needed by few processes

    return frozenset(word for words in FREQUENCY_LISTS.values() for word in words)
