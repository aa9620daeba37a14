"""Which patterns of a list are covered by another one of it?

Only what is certain: a pattern covers another text when it matches that text with its wildcards taken literally, which
holds as long as the covering pattern has no `?`. The work is bounded, so that of very long lists some is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ostiary.policy.language.glob import Glob
from ostiary.policy.language.template import Wildcards, compile_template
from ostiary.policy.model import PolicyError
from ostiary.policy.validation.source import Place

_MAX_PATTERNS = 40
_MAX_TEXTS = 2_000


def covered(
    places: Sequence[Place], wildcards: Wildcards, *, as_compared: Callable[[str], str]
) -> Iterator[tuple[Place, Place]]:
    """Pairs of a needless place and the one that covers it."""
    patterns = list(_patterns(places, wildcards, as_compared))[:_MAX_PATTERNS]
    seen: dict[str, Place] = {}
    for place in places[:_MAX_TEXTS]:
        text = as_compared(place.text)
        by = seen.setdefault(text, place)
        if by is place:
            by = next((other for other, glob in patterns if _covers(other, glob, place, text, as_compared)), place)
        if by is not place:
            yield place, by


def _covers(other: Place, glob: Glob, place: Place, text: str, as_compared: Callable[[str], str]) -> bool:
    return other is not place and as_compared(other.text) != text and "${" not in text and glob.matches(text)


def _patterns(
    places: Sequence[Place], wildcards: Wildcards, as_compared: Callable[[str], str]
) -> Iterator[tuple[Place, Glob]]:
    for place in places:
        if "*" in place.text and "?" not in place.text and "${" not in place.text:
            try:
                glob = compile_template(as_compared(place.text), "", variables=False, wildcards=wildcards).fixed
            except PolicyError:
                continue
            if glob is not None:
                yield place, glob
