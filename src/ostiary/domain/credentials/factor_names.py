"""What may a person call her authenticators?"""

from __future__ import annotations

import unicodedata

from ostiary.domain.credentials.errors import InvalidFactorName
from ostiary.kit.texts import Text

MAX_NAME = 64
_INVISIBLE = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def check_factor_name(given: str) -> str:
    """The form in which it is kept. Raises InvalidFactorName."""
    name = unicodedata.normalize("NFC", given[: 4 * MAX_NAME]).strip()
    if not name or len(name) > MAX_NAME or any(unicodedata.category(c) in _INVISIBLE for c in name):
        raise InvalidFactorName(Text("a name has 1 to {count} visible characters: choose another one", count=MAX_NAME))
    return name
