"""Does a value keep the limits that the model sets on it?

The texts are AWS's own, because people and tools search for them.
"""

from __future__ import annotations

import re
import sys
import unicodedata
import warnings
from collections.abc import Callable
from functools import cache
from itertools import chain

from ostiary.protocols.aws.wire.errors import InputRefusedError, printable
from ostiary.protocols.aws.wire.model import Shape

# A pattern is not run over longer text than this unless the model itself allows it: patterns may backtrack.
_LONGEST_UNBOUNDED = 8192
_SURROGATES = r"\uD800\uDC00-\uDBFF\uDFFF"  # how Java writes every character beyond the first plane


def text_check(shape: Shape) -> Callable[[str], None] | None:
    """One function for length, enumeration and pattern, or None where the model sets no limit."""
    traits = shape.traits
    least, most = traits.get("min", 0), traits.get("max", sys.maxsize)
    enum = frozenset(traits.get("enum", ()))
    pattern = translate(traits["pattern"]) if traits.get("pattern") else None
    simple = bool(pattern) and re.fullmatch(r"\[[^\]]*\][*+]", traits["pattern"]) is not None
    longest = sys.maxsize if simple or "max" in traits else _LONGEST_UNBOUNDED
    if not least and most == sys.maxsize and not enum and pattern is None:
        return None
    describe = _describer(shape)

    def check(text: str) -> None:
        if len(text) < least:
            raise describe(text, f"Member must have length greater than or equal to {least}")
        if len(text) > most:
            raise describe(text, f"Member must have length less than or equal to {most}")
        if enum and text not in enum:
            raise describe(text, f"Member must satisfy enum value set: [{', '.join(sorted(enum))}]")
        if pattern is not None and (len(text) > longest or pattern.fullmatch(text) is None):
            raise describe(text, f"Member must satisfy regular expression pattern: {traits['pattern']}")

    return check


def number_check(shape: Shape) -> Callable[[float], None]:
    """The limits of the model and of the wire type."""
    widest = {"integer": 2**31, "long": 2**63}.get(shape.kind)
    least = shape.traits.get("min", -widest if widest else -sys.float_info.max)
    most = shape.traits.get("max", widest - 1 if widest else sys.float_info.max)
    describe = _describer(shape)

    def check(number: float) -> None:
        if number < least:
            raise describe(str(number), f"Member must have value greater than or equal to {least}")
        if number > most:
            raise describe(str(number), f"Member must have value less than or equal to {most}")

    return check


def size_check(shape: Shape) -> Callable[[int], None]:
    """Limits on the number of items of a list or map, or bytes of a blob."""
    least, most = shape.traits.get("min", 0), shape.traits.get("max", sys.maxsize)

    def check(size: int) -> None:
        if size < least:
            raise InputRefusedError(f"Member must have length greater than or equal to {least}")
        if size > most:
            raise InputRefusedError(f"Member must have length less than or equal to {most}")

    return check


def missing(name: str) -> InputRefusedError:
    return InputRefusedError("Member must not be null", shown="null", name=name)


def _describer(shape: Shape) -> Callable[[str, str], InputRefusedError]:
    sensitive = bool(shape.traits.get("sensitive"))

    def describe(value: str, rule: str) -> InputRefusedError:
        return InputRefusedError(rule, shown="" if sensitive else f"'{printable(value)}'")

    return describe


@cache
def translate(pattern: str) -> re.Pattern[str]:
    """A model's pattern (Java syntax, whole text, ASCII classes) as Python's."""
    pattern = pattern.replace(_SURROGATES, r"\U00010000-\U0010ffff")
    expanded = re.sub(r"\\p\{([A-Z])\}", lambda found: _category(found.group(1)), _bracketed(pattern))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # `[[` and `||` mean themselves in these patterns
        return re.compile(expanded, re.ASCII)


def _bracketed(pattern: str) -> str:
    """Put a category that stands alone into brackets, since its translation is a list of ranges."""
    inside, out, i = False, [], 0
    while i < len(pattern):
        two = pattern[i : i + 2]
        if two == "\\p" and not inside:
            end = pattern.index("}", i) + 1
            out.append(f"[{pattern[i:end]}]")
            i = end
            continue
        step = 2 if two.startswith("\\") else 1
        if step == 1 and two[0] in "[]":
            inside = two[0] == "["
        out.append(pattern[i : i + step])
        i += step
    return "".join(out)


@cache
def _category(letter: str) -> str:
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in _ranges().get(letter, ()))


@cache
def _ranges() -> dict[str, list[tuple[int, int]]]:
    """Runs of characters by general category; beyond plane 3 only plane 14 has assigned characters."""
    found: dict[str, list[tuple[int, int]]] = {}
    for code in chain(range(0x34000), range(0xE0000, 0xE0200)):
        letter = unicodedata.category(chr(code))[0]
        runs = found.setdefault(letter, [])
        if runs and runs[-1][1] == code - 1:
            runs[-1] = (runs[-1][0], code)
        else:
            runs.append((code, code))
    return found
