"""Which operation's path is this, and what stands in its labels?

The web server hands over a decoded path, in which a label's own `/` and the template's look alike. So every reading is
looked for, with the model's patterns for the labels, and a path with two readings is refused (design, section 8).
https://smithy.io/2.0/spec/http-bindings.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import quote

from ostiary.protocols.aws.wire.constraints import text_check
from ostiary.protocols.aws.wire.errors import InputRefusedError
from ostiary.protocols.aws.wire.model import Shape
from ostiary.protocols.aws.wire.readers import Reader

MAX_PATH = 4096
MAX_SLASHES = 16  # the ways to cut a path grow as a binomial of this
_UNREADABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff\ufffd\\\\]")


@dataclass(frozen=True, slots=True)
class Label:
    name: str
    greedy: bool
    check: Reader | None


@dataclass(frozen=True, slots=True)
class Template:
    """Segments of a path: fixed text or a label; and the query parameters that must be there."""

    segments: tuple[str | Label, ...]
    fixed_query: tuple[tuple[str, str], ...]

    def readings(self, path: str) -> list[dict[str, str]]:
        """Every way to read the path with this template."""
        labels = [segment for segment in self.segments if isinstance(segment, Label)]
        parts = path.split("/")[1:]
        if self.segments[0] != parts[0] and isinstance(self.segments[0], str):
            return []
        if len(parts) < len(self.segments) or (not labels and len(parts) != len(self.segments)):
            return []
        return [found for cut in _cuts(parts, len(self.segments)) if (found := self._fit(cut)) is not None]

    def _fit(self, parts: list[str]) -> dict[str, str] | None:
        found: dict[str, str] = {}
        for segment, part in zip(self.segments, parts, strict=True):
            if isinstance(segment, str):
                if segment != part:
                    return None
            elif not _fits_label(segment, part):
                return None
            else:
                found[segment.name] = part
        return found

    def fill(self, labels: Mapping[str, str]) -> str:
        """The path as the client wrote it: each label encoded."""
        return "".join("/" + _segment(each, labels) for each in self.segments)


def parse(request_uri: str, members: Mapping[str, Shape]) -> Template:
    """`members` are the input's members that have the location uri, by label name."""
    path, _, query = request_uri.partition("?")
    segments = tuple(_parse_segment(text, members) for text in path.split("/")[1:])
    fixed = tuple((name, value) for name, _, value in (pair.partition("=") for pair in query.split("&") if pair))
    return Template(segments, fixed)


def is_readable(path: str) -> bool:
    """False for a path that a proxy or library could fold, or that was not text."""
    if len(path) > MAX_PATH or not path.startswith("/") or _UNREADABLE.search(path) or path.count("/") > MAX_SLASHES:
        return False
    parts = path.split("/")[1:]
    return path == "/" or not any(part in ("", ".", "..") for part in parts)


def _parse_segment(text: str, members: Mapping[str, Shape]) -> str | Label:
    if not text.startswith("{"):
        return text
    name = text.strip("{}").rstrip("+")
    return Label(name, text.endswith("+}"), text_check(members[name]))


def _fits_label(label: Label, text: str) -> bool:
    if not text:
        return False
    try:
        if label.check is not None:
            label.check(text)
    except InputRefusedError:
        return False
    return True


def _cuts(parts: list[str], count: int) -> list[list[str]]:
    """All ways to join neighbouring parts so that `count` segments remain."""
    if len(parts) == count:
        return [parts]
    bounds = (((0, *inner), (*inner, len(parts))) for inner in combinations(range(1, len(parts)), count - 1))
    return [["/".join(parts[a:b]) for a, b in zip(starts, ends, strict=True)] for starts, ends in bounds]


def _segment(segment: str | Label, labels: Mapping[str, str]) -> str:
    if isinstance(segment, str):
        return segment
    return quote(labels[segment.name], safe="/~" if segment.greedy else "~")
