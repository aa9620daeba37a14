"""Which scopes does a request ask for, and may it? RFC 6749 section 3.3: never more than is registered."""

from __future__ import annotations

from collections.abc import Collection

from ostiary.domain.applications.scopes import MAX_SCOPES, is_scope


class ScopesRefused(Exception):
    """`str()` is for the client."""


def parse_scopes(text: str) -> tuple[str, ...]:
    """In the order of the request, each once. Raises ScopesRefused."""
    scopes = tuple(dict.fromkeys(text.split(" ")))
    if len(scopes) > MAX_SCOPES or not all(map(is_scope, scopes)):
        raise ScopesRefused("`scope` is a list of scopes with one space between them")
    return scopes


def check_subset(scopes: Collection[str], allowed: Collection[str]) -> None:
    """Raises ScopesRefused, naming the first scope that is too much."""
    for scope in scopes:
        if scope not in allowed:
            raise ScopesRefused(f"the scope `{scope[:100]}` is not granted to this application: ask for less")
