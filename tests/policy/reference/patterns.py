"""Which texts does a pattern of a policy stand for?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html (wildcards)
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html

A pattern becomes a list of texts and wildcards only after the variables stand for their values, so that a value is
always a text and never a wildcard.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

Values = Mapping[str, str | tuple[str, ...]]
WITH_VARIABLES = "2012-10-17"
LAST_PART = 5
_ESCAPES = ("*", "?", "$")


class Wild(Enum):
    MANY = "*"
    ONE = "?"
    MANY_IN_PART = "* that does not match a colon"
    ONE_IN_PART = "? that does not match a colon"


Token = str | Wild
Pattern = Sequence[Token]


@dataclass(frozen=True)
class Variable:
    key: str
    default: str | None


@lru_cache(10_000)
def lowered(text: str) -> str:
    """Keys and actions ignore the case of ASCII letters and of no others."""
    return "".join(chr(ord(letter) + 32) if letter in string.ascii_uppercase else letter for letter in text)


@lru_cache(10_000)
def split_variables(template: str, version: str) -> Sequence[str | Variable]:
    """The single characters and the variables of a template.

    Version 2008-10-17 knows no variables: `${aws:username}` is plain text (Variables and tags, "Note").
    `${*}`, `${?}`, `${$}` stand for the character, which is then no wildcard ("Special characters"); they come as a
    variable without a key.
    """
    parts: list[str | Variable] = []
    position = 0
    while position < len(template):
        if version != WITH_VARIABLES or not template.startswith("${", position):
            parts.append(template[position])
            position += 1
            continue
        end = template.index("}", position)
        parts.append(_variable(template[position + 2 : end]))
        position = end + 1
    return parts


def _variable(inside: str) -> Variable:
    if inside in _ESCAPES:
        return Variable("", inside)
    key, comma, default = inside.partition(",")
    return Variable(lowered(key.strip()), default.strip()[1:-1] if comma else None)


def value_of(variable: Variable, values: Values) -> str | None:
    """The text that a variable stands for; None when it has no value.

    A multivalued key cannot be used as a variable (Single-valued vs. multivalued context keys, "Key points"), and an
    empty value is no value (Variables and tags, "Policy variables with no value").
    """
    if not variable.key:
        return variable.default
    value = values.get(variable.key)
    return value if isinstance(value, str) and value else variable.default


def resolved(parts: Sequence[str | Variable], values: Values) -> list[str] | None:
    """The text of each part; None when a variable has no value."""
    texts = [part if isinstance(part, str) else value_of(part, values) for part in parts]
    return None if None in texts else [text for text in texts if text is not None]


def plain_text(template: str, version: str, values: Values) -> str | None:
    """A template without wildcards, as in StringEquals."""
    texts = resolved(split_variables(template, version), values)
    return None if texts is None else "".join(texts)


def _joined(tokens: Iterable[Token]) -> Pattern:
    """Neighbouring texts as one text."""
    joined: list[Token] = []
    for token in tokens:
        if isinstance(token, str) and joined and isinstance(joined[-1], str):
            joined[-1] += token
        else:
            joined.append(token)
    return joined


def like_pattern(parts: Sequence[str | Variable], values: Values) -> Pattern | None:
    """`*` is any text, `?` any one character (Condition operators, "String condition operators")."""
    texts = resolved(parts, values)
    if texts is None:
        return None
    wild = {"*": Wild.MANY, "?": Wild.ONE}
    pairs = zip(parts, texts, strict=True)
    return _joined(wild.get(part, part) if isinstance(part, str) else text for part, text in pairs)


def resource_pattern(parts: Sequence[str | Variable], values: Values) -> Pattern | None:
    """Wildcards stay within their part of the ARN; a `*` that ends its part may go beyond the colon.

    Resource element, "Using wildcards in resource ARNs"; decision record 0004 for the `*` that does not end its part.
    An ARN has six parts, as the page of the condition operators counts them: the last one is all that follows the fifth
    colon. `*` alone is every resource.
    """
    texts = resolved(parts, values)
    if texts is None:
        return None
    pattern: list[Token] = []
    colons = 0
    for number, (part, text) in enumerate(zip(parts, texts, strict=True)):
        last_part = colons >= LAST_PART
        colons += part == ":"
        ends_part = number + 1 == len(parts) or parts[number + 1] == ":"
        if part == "*":
            pattern.append(Wild.MANY if last_part or ends_part else Wild.MANY_IN_PART)
        elif part == "?":
            pattern.append(Wild.ONE if last_part else Wild.ONE_IN_PART)
        else:
            pattern.append(text)
    return _joined(pattern)


def matches(pattern: Pattern, text: str) -> bool:
    """Whether the pattern can be laid over the whole text: every way is tried."""
    if not pattern:
        return not text
    head, rest = pattern[0], pattern[1:]
    if isinstance(head, str):
        return text.startswith(head) and matches(rest, text[len(head) :])
    if head in {Wild.ONE, Wild.ONE_IN_PART}:
        return text[:1] not in ({"", ":"} if head is Wild.ONE_IN_PART else {""}) and matches(rest, text[1:])
    return any(
        matches(rest, text[size:]) for size in range(len(text) + 1) if head is Wild.MANY or ":" not in text[:size]
    )
