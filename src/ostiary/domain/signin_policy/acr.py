"""Under which names do others ask for a level of assurance, and hear of it?

OpenID Connect Core 1.0 section 2 (`acr`), Extended Authentication Profile ACR Values 1.0 (`phr`, `phrh`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from ostiary.domain.audit.caller import Assurance, AssuranceLevel

SINGLE_FACTOR = "urn:ostiary:acr:single-factor"
MULTI_FACTOR = "urn:ostiary:acr:mfa"
PHISHING_RESISTANT = "phr"
PHISHING_RESISTANT_HARDWARE = "phrh"
_HARDWARE = "hwk"  # RFC 8176: the key is bound to hardware

LEVELS: Mapping[str, AssuranceLevel] = MappingProxyType(
    {
        SINGLE_FACTOR: AssuranceLevel.SINGLE_FACTOR,
        MULTI_FACTOR: AssuranceLevel.MULTI_FACTOR,
        PHISHING_RESISTANT: AssuranceLevel.PHISHING_RESISTANT,
        PHISHING_RESISTANT_HARDWARE: AssuranceLevel.PHISHING_RESISTANT,
    }
)
_RISING = tuple(AssuranceLevel)


def reaches(level: AssuranceLevel | None, wanted: AssuranceLevel) -> bool:
    """Whether what was proved is at least what is wanted."""
    return level is not None and _RISING.index(level) >= _RISING.index(wanted)


def satisfies(proved: Assurance, name: str) -> bool:
    """Whether the sign-in may be called by this name; False for a name that is not ours."""
    wanted = LEVELS.get(name)
    if wanted is None or not reaches(proved.level, wanted):
        return False
    return name != PHISHING_RESISTANT_HARDWARE or _HARDWARE in proved.methods


def name_of(proved: Assurance, asked: Sequence[str] = ()) -> str:
    """The first of the names asked for that is true, else the one of the level that was reached; empty for nothing."""
    names = [name for name in asked if satisfies(proved, name)]
    if names:
        return names[0]
    return next((name for name, level in LEVELS.items() if level is proved.level), "")
