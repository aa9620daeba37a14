"""Is a SHA-1 hash in a sorted file of tens of gigabytes, without reading the file?

The format is that in which Have I Been Pwned gives its passwords away: lines `HASH:COUNT`, 40 hexadecimal digits, in
ascending order. Hashes are spread evenly, so a look guesses the place and is there after a handful of reads; no memory
is used. `check` finds what is no such file: another format, not sorted, cut off, with a piece missing.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from pathlib import Path
from typing import Self

_LINE = re.compile(rb"([0-9A-Fa-f]{40}):([0-9]{1,19})\r?")
_NTLM = re.compile(rb"[0-9A-Fa-f]{32}:")
_WINDOW = 4096
_SAMPLES = 64
_WHOLE = 1 << 160
# So many times the spacing that is to be expected between two hashes, or between a hash and either end, is no chance.
_GAP = 50
_DRIFT = 10


class SortedHashesRefused(Exception):
    """The text tells the operator what is wrong with the file."""


class SortedHashesUnreadable(Exception):
    """The file was good when it was opened, and cannot be read now; the text is for the operator."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A line: where it begins and ends, and its hash as a number."""

    begin: int
    end: int
    value: int

    @property
    def share(self) -> float:
        """Which part of all possible hashes is lower."""
        return self.value / _WHOLE


class SortedHashes:
    """Open for as long as it lives; shared by threads, and by processes that were forked after it was opened."""

    def __init__(self, path: Path, handle: int) -> None:
        self._path = path
        self._handle = handle
        self._size = os.fstat(handle).st_size

    @classmethod
    def open(cls, path: Path) -> Self:
        """Raises SortedHashesRefused, when it is no readable file. What is in it is not looked at: see `check`."""
        try:
            handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError as failure:
            reason = (failure.strerror or str(failure)).lower()
            raise SortedHashesRefused(f"`{path}` cannot be read: {reason}") from failure
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise SortedHashesRefused(f"`{path}` is not a file")
        return cls(path, handle)

    def close(self) -> None:
        os.close(self._handle)

    def check(self) -> None:
        """A few looks at the beginning, the end and between. Raises SortedHashesRefused."""
        try:
            self._check()
        except SortedHashesUnreadable as failure:
            raise SortedHashesRefused(str(failure)) from failure

    def _check(self) -> None:
        self._check_format()
        samples = {entry for at in self._places() for entry in self._entries(at, at + _WINDOW)}
        ordered = sorted(samples, key=lambda entry: entry.begin)
        for one, next_ in pairwise(ordered):
            if one.value >= next_.value:
                raise self._refused(f"is not sorted by hash at byte {next_.begin}")
        self._check_whole(ordered)

    def contains(self, digest: bytes) -> bool:
        """Whether a line has this SHA-1 hash. Raises SortedHashesUnreadable."""
        wanted = int.from_bytes(digest, "big")
        begin, end, lowest, highest = 0, self._size, 0, _WHOLE
        guess = True
        while end - begin > _WINDOW:
            share = (wanted - lowest) / (highest - lowest) if guess else 0.5
            # Half of the looks halve what is left, so that a file with uneven hashes costs no more than twice.
            guess = not guess
            at = begin + min(max(int((end - begin) * share) - _WINDOW // 2, 0), end - begin - _WINDOW)
            found = self._entries(at, at + _WINDOW)
            if wanted < found[0].value:
                end, highest = found[0].begin, found[0].value
            elif wanted > found[-1].value:
                begin, lowest = found[-1].end, found[-1].value
            else:
                return any(entry.value == wanted for entry in found)
        return any(entry.value == wanted for entry in self._entries(begin, end))

    def _places(self) -> Iterator[int]:
        """Where to look: evenly, and at both ends."""
        room = max(0, self._size - _WINDOW)
        yield from (room * number // _SAMPLES for number in range(_SAMPLES + 1))

    def _check_format(self) -> None:
        head = self._read(0, min(_WINDOW, self._size))
        if not head:
            raise self._refused("is empty")
        if _NTLM.match(head):
            raise self._refused("has hashes of 32 digits (NTLM): take the file with SHA-1 hashes")
        if _LINE.fullmatch(head.partition(b"\n")[0]) is None:
            raise self._refused("does not begin with a line `HASH:COUNT`, a SHA-1 hash of 40 hexadecimal digits")

    def _check_whole(self, ordered: Sequence[_Entry]) -> None:
        """Raises SortedHashesRefused when hashes are missing at either end or in between."""
        count = self._size * len(ordered) / sum(entry.end - entry.begin for entry in ordered)
        if ordered[0].share > _GAP / count:
            raise self._refused("does not begin with the lowest hashes: a piece of it is missing")
        if 1 - ordered[-1].share > _GAP / count:
            raise self._refused("does not end with the highest hashes: it was cut off")
        allowed = 0.001 + _DRIFT / sqrt(count)
        for entry in ordered:
            if abs(entry.share - entry.begin / self._size) > allowed:
                raise self._refused(f"has hashes at byte {entry.begin} that belong elsewhere: a piece is missing")

    def _entries(self, begin: int, end: int) -> list[_Entry]:
        """The lines that lie whole between two places; the last line of the file needs no line end."""
        data = self._read(begin, min(end, self._size) - begin)
        offset = 0 if begin == 0 or self._read(begin - 1, 1) == b"\n" else data.find(b"\n") + 1
        found = []
        while offset < len(data):
            line_end = data.find(b"\n", offset)
            if line_end < 0 and begin + len(data) < self._size:
                break
            line_end = len(data) if line_end < 0 else line_end
            line = _LINE.fullmatch(data, offset, line_end)
            if line is None:
                raise self._damaged(begin + offset)
            found.append(_Entry(begin + offset, min(begin + line_end + 1, self._size), int(line[1], 16)))
            offset = line_end + 1
        if data and not found:
            raise self._damaged(begin)
        return found

    def _read(self, begin: int, size: int) -> bytes:
        try:
            data = os.pread(self._handle, size, begin)
        except OSError as failure:
            reason = (failure.strerror or str(failure)).lower()
            raise SortedHashesUnreadable(f"`{self._path}` cannot be read: {reason}") from failure
        if len(data) < min(size, self._size - begin):
            raise SortedHashesUnreadable(f"`{self._path}` became shorter while it was in use")
        return data

    def _damaged(self, place: int) -> SortedHashesUnreadable:
        return SortedHashesUnreadable(
            f"`{self._path}` has no line `HASH:COUNT` at byte {place}: it is cut off, damaged or of another kind"
        )

    def _refused(self, what: str) -> SortedHashesRefused:
        return SortedHashesRefused(f"`{self._path}` {what}")
