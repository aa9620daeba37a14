"""What does a scope mean to the person who gives it?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ostiary.domain.applications.scopes import EMAIL, OFFLINE_ACCESS, OPENID, PROFILE
from ostiary.kit.texts import Text
from ostiary.protocols.web.visit import Visit

_MEANINGS: Mapping[str, Text] = {
    OPENID: Text("who you are"),
    PROFILE: Text("your name and user name"),
    EMAIL: Text("your e-mail address"),
    OFFLINE_ACCESS: Text("access that it can renew by itself"),
}


def meanings_of(visit: Visit, scopes: Iterable[str]) -> list[str]:
    """In the visitor's language; a scope of the application's own is shown by its name."""
    return [visit.say(_MEANINGS[scope]) if scope in _MEANINGS else scope for scope in scopes]
