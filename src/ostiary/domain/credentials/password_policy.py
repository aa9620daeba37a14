"""Which passwords may a person choose? SP 800-63B-4 section 3.1.1.2, or the literal AWS rules.

Profile `nist`: at least 8 characters beside a second factor and 15 where the password may stand alone; no rules of
composition; no change without a reason; a blocklist. Profile `aws`: at least 14 (15 alone, too), four classes, none of
the last 24, at most 90 days old, and the blocklist. Length counts Unicode code points.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

from ostiary.domain.credentials.common_passwords import CommonPasswords, folded
from ostiary.domain.directory.model import PasswordProfile
from ostiary.kit.texts import Text

MAX_LENGTH = 256
_MIN_CONTEXT_WORD = 4
_SERVICE = "ostiary"
_MAX_REPEATED_UNIT = 4
_MIN_ALONE = 15
_WORD_BREAK = re.compile(r"[\W_]+")


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


def rules_of(profile: PasswordProfile, *, alone: bool = False) -> PasswordRules:
    """`alone`: the password may be the only factor with which the person signs in."""
    rules = _RULES[profile]
    return replace(rules, min_length=max(rules.min_length, _MIN_ALONE)) if alone else rules


def normalised(password: str) -> str:
    """What is counted and hashed: as RFC 8265 section 4.2, so that another keyboard gives the same password."""
    return unicodedata.normalize("NFC", "".join(" " if unicodedata.category(c) == "Zs" else c for c in password))


def context_words(*texts: str) -> frozenset[str]:
    """The words of names and addresses around the person that are long enough to matter, and this service's name."""
    words = (word for text in (*texts, _SERVICE) for word in (text, *_WORD_BREAK.split(text)))
    return frozenset(folded(word) for word in words if len(word) >= _MIN_CONTEXT_WORD)


def describe(rules: PasswordRules) -> list[Text]:
    """The rules as sentences for the page on which a password is chosen."""
    sentences = [Text("At least {count} characters; several words with spaces are fine", count=rules.min_length)]
    if rules.four_classes:
        sentences.append(Text("An upper-case letter, a lower-case letter, a digit and a symbol"))
    sentences.append(Text("Not a common password, not a pattern, and without your name or your organization's"))
    if rules.history:
        sentences.append(Text("None of your last {count} passwords", count=rules.history))
    if rules.max_age is not None:
        sentences.append(Text("You choose a new one every {days} days", days=rules.max_age.days))
    return sentences


def problems_of(password: str, rules: PasswordRules, context: Iterable[str], common: CommonPasswords) -> list[Text]:
    """What is wrong with a normalised password, as sentences; history is checked where the hashes are."""
    problems = []
    if len(password) < rules.min_length:
        problems.append(Text("It is shorter than {count} characters", count=rules.min_length))
    if len(password) > MAX_LENGTH:
        problems.append(Text("It is longer than {count} characters", count=MAX_LENGTH))
        return problems
    if not password.isprintable() or not _is_text(password):
        problems.append(Text("It contains a character that cannot be typed everywhere"))
    if rules.four_classes and not _has_four_classes(password):
        problems.append(Text("It lacks an upper-case letter, a lower-case letter, a digit or a symbol"))
    problems.extend(_guessable(password, context, common))
    return problems


def _guessable(password: str, context: Iterable[str], common: CommonPasswords) -> list[Text]:
    if common.contains(password):
        return [Text("It is a common password, or one with little added: attackers try these first")]
    if _is_pattern(password):
        return [Text("It is a pattern: attackers try these first")]
    text = folded(password)
    if any(word in text for word in context):
        return [Text("It contains your name, your address, or the name of your organization or of this service")]
    return []


def _has_four_classes(password: str) -> bool:
    return (
        any(c.isupper() for c in password)
        and any(c.islower() for c in password)
        and any(c.isdigit() for c in password)
        and any(not c.isalnum() for c in password)
    )


def _is_pattern(password: str) -> bool:
    text = folded(password)
    if any(text == (text[:size] * len(text))[: len(text)] for size in range(1, _MAX_REPEATED_UNIT + 1)):
        return True
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1})


def _is_text(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True
