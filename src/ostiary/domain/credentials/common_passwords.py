"""Is this one of the passwords that attackers try first, or one with little added?

The words come from the lists that zxcvbn brings (30,000 leaked passwords, and the most frequent words and names:
93,855 in all), and from the operator's own list. They are read when the first password is chosen, and kept as eight
bytes each.
"""

from __future__ import annotations

import gc
import sys
import threading
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import cache
from hashlib import blake2b
from typing import TypeAlias

_LEET = str.maketrans("013457@$!", "oieastasi")
_Marks: TypeAlias = "array[int]"


class CommonPasswords:
    """One per worker process. `own` reads the operator's words."""

    def __init__(self, own: Callable[[], Iterable[str]] = tuple) -> None:
        self._own = own
        self._tables: tuple[_Marks, ...] = ()
        self._reading = threading.Lock()

    def contains(self, password: str) -> bool:
        """Also when it is a common word with digits or signs around it or for letters, or twice."""
        marks = {_mark(form) for form in _undisguised(folded(password))}
        return any(_has(table, mark) for table in self._read() for mark in marks)

    def __len__(self) -> int:
        return sum(len(table) for table in self._read())

    def _read(self) -> tuple[_Marks, ...]:
        with self._reading:
            if not self._tables:
                self._tables = (_bundled(), _marks_of(folded(word) for word in self._own()))
            return self._tables


def folded(text: str) -> str:
    """One form for all cases and widths of a text."""
    return unicodedata.normalize("NFKC", text).casefold()


def _mark(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _marks_of(words: Iterable[str]) -> _Marks:
    return array("Q", sorted({_mark(word) for word in words}))


def _has(table: _Marks, mark: int) -> bool:
    place = bisect_left(table, mark)
    return place < len(table) and table[place] == mark


@cache
def _bundled() -> _Marks:
    before = set(sys.modules)
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # noqa: PLC0415 - large, and needed by few processes

    marks = _marks_of(word for words in FREQUENCY_LISTS.values() for word in words)
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "zxcvbn":
            del sys.modules[name]  # ten times the size of what is kept of it
    gc.collect()  # modules hold each other
    return marks


def _undisguised(word: str) -> set[str]:
    """What people do to a common word, taken back: spaces, digits and signs around it or for letters, it twice."""
    forms = {word, word.replace(" ", "")}
    forms |= {_without_ends(form) for form in forms}
    # Either before or after the ends are cut: `p@ssword1` ends in a digit that is none of its letters.
    forms |= {form.translate(_LEET) for form in forms}
    forms |= {_without_ends(form) for form in forms}
    return forms | {form[: len(form) // 2] for form in forms if form == form[: len(form) // 2] * 2}


def _without_ends(form: str) -> str:
    """Without the digits, signs and spaces around it, in any script; nothing remains of a number."""
    inside = [place for place, character in enumerate(form) if character.isalpha()]
    return form[inside[0] : inside[-1] + 1] if inside else form
