"""Which scopes are there, and who may hold them? RFC 6749 section 3.3, OpenID Connect Core 1.0 sections 5.4 and 11."""

from __future__ import annotations

import re

from ostiary.domain.applications.errors import InvalidApplication

OPENID, PROFILE, EMAIL, OFFLINE_ACCESS = "openid", "profile", "email", "offline_access"
# These tell of a person or stand for her absence: an application that acts for itself never holds them.
OF_PERSONS = frozenset({OPENID, PROFILE, EMAIL, OFFLINE_ACCESS})
MAX_SCOPES = 50
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,128}")


def is_scope(text: str) -> bool:
    return _SCOPE.fullmatch(text) is not None


def check_registered_scopes(scopes: tuple[str, ...]) -> None:
    """Raises InvalidApplication."""
    if len(scopes) > MAX_SCOPES or not all(map(is_scope, scopes)):
        raise InvalidApplication(
            f"an application has at most {MAX_SCOPES} scopes of printable characters without spaces and quotes"
        )
