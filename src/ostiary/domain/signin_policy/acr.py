"""Under which names do others ask for a level of assurance, and hear of it?

OpenID Connect Core 1.0 section 2 (`acr`), Extended Authentication Profile ACR Values 1.0 (`phr`, `phrh`), SAML 2.0
Authentication Context sections 3.4.1 and 3.4.13 (classes), REFEDS profiles for single- and multi-factor authentication.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from ostiary.domain.audit.caller import Assurance, AssuranceLevel

SINGLE_FACTOR = "urn:ostiary:acr:single-factor"
MULTI_FACTOR = "urn:ostiary:acr:mfa"
PHISHING_RESISTANT = "phr"
PHISHING_RESISTANT_HARDWARE = "phrh"
PASSWORD_TRANSPORT = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"  # noqa: S105 - a name, no password
UNSPECIFIED = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified"
REFEDS_SINGLE_FACTOR = "https://refeds.org/profile/sfa"
REFEDS_MULTI_FACTOR = "https://refeds.org/profile/mfa"


@dataclass(frozen=True, slots=True)
class _Meaning:
    """`methods` are RFC 8176 values that must have been used, too."""

    level: AssuranceLevel
    methods: frozenset[str] = frozenset()


_MEANINGS: Mapping[str, _Meaning] = MappingProxyType(
    {
        SINGLE_FACTOR: _Meaning(AssuranceLevel.SINGLE_FACTOR),
        MULTI_FACTOR: _Meaning(AssuranceLevel.MULTI_FACTOR),
        PHISHING_RESISTANT: _Meaning(AssuranceLevel.PHISHING_RESISTANT),
        PHISHING_RESISTANT_HARDWARE: _Meaning(AssuranceLevel.PHISHING_RESISTANT, frozenset({"hwk"})),
        REFEDS_MULTI_FACTOR: _Meaning(AssuranceLevel.MULTI_FACTOR),
        REFEDS_SINGLE_FACTOR: _Meaning(AssuranceLevel.SINGLE_FACTOR),
        PASSWORD_TRANSPORT: _Meaning(AssuranceLevel.SINGLE_FACTOR, frozenset({"pwd"})),
        UNSPECIFIED: _Meaning(AssuranceLevel.SINGLE_FACTOR),
    }
)
# What each protocol calls a sign-in that was not asked for by name: the first one of the level that is true.
OPENID_NAMES = (SINGLE_FACTOR, MULTI_FACTOR, PHISHING_RESISTANT, PHISHING_RESISTANT_HARDWARE)
SAML_NAMES = (REFEDS_MULTI_FACTOR, PASSWORD_TRANSPORT, UNSPECIFIED)
_RISING = tuple(AssuranceLevel)


def reaches(level: AssuranceLevel | None, wanted: AssuranceLevel) -> bool:
    """Whether what was proved is at least what is wanted."""
    return level is not None and _RISING.index(level) >= _RISING.index(wanted)


def level_of(name: str) -> AssuranceLevel | None:
    """What somebody must prove at least to be called so; None for a name that we do not know."""
    meaning = _MEANINGS.get(name)
    return meaning.level if meaning is not None else None


def satisfies(proved: Assurance, name: str) -> bool:
    """Whether the sign-in may be called by this name; False for a name that we do not know."""
    meaning = _MEANINGS.get(name)
    return meaning is not None and reaches(proved.level, meaning.level) and meaning.methods <= set(proved.methods)


def name_of(proved: Assurance, asked: Sequence[str] = (), *, names: Sequence[str] = OPENID_NAMES) -> str:
    """The first of the names asked for that is true, else the strongest of the protocol's; empty for nothing."""
    for name in asked:
        if satisfies(proved, name):
            return name
    true = [name for name in names if satisfies(proved, name)]
    best = max((_RISING.index(_MEANINGS[name].level) for name in true), default=0)
    return next((name for name in true if _RISING.index(_MEANINGS[name].level) == best), "")
