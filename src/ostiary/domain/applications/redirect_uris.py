"""Where may a browser be sent back to? RFC 9700 section 2.1 (exact match), RFC 8252 section 7.3 (loopback, any port).

What is registered is checked once and strictly, so that matching is comparing texts: no prefix, no pattern, no parser
whose reading could differ from the browser's.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ostiary.domain.applications.errors import InvalidApplication
from ostiary.domain.applications.model import Application, ApplicationKind

MAX_URI = 2048
_LOOPBACK = ("http://127.0.0.1", "http://[::1]")
_LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
_PORT = re.compile(r":(?:[1-9][0-9]{0,4})?(?=/|\?|\Z)")
_MAX_PORT = 65535
_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+")


def is_registered(application: Application, redirect_uri: str) -> bool:
    """Whether the application may get answers there."""
    if redirect_uri in application.redirect_uris:
        return True
    if application.kind is not ApplicationKind.NATIVE:
        return False
    loopback = _without_port(redirect_uri)
    return loopback is not None and any(loopback == _without_port(uri) for uri in application.redirect_uris)


def check_redirect_uri(uri: str, kind: ApplicationKind) -> None:
    """Raises InvalidApplication, with the reason for the administrator who registers it."""
    _check_form(uri)
    parts = urlsplit(uri)
    if parts.scheme == "https":
        return
    if parts.scheme == "http" and parts.hostname in _LOOPBACK_HOSTS:
        return
    if kind is ApplicationKind.NATIVE and _PRIVATE_SCHEME.fullmatch(parts.scheme):
        return  # RFC 8252 section 7.1: a scheme made from a domain name that the application's owner controls
    raise InvalidApplication(f"`{uri[:200]}` must be https, or http on a loopback address")


def _check_form(uri: str) -> None:
    if len(uri) > MAX_URI or not _PRINTABLE.fullmatch(uri) or "\\" in uri or "*" in uri:
        raise InvalidApplication(
            f"`{uri[:200]}` must be an exact URI of printable characters, without `*` and backslash"
        )
    try:
        parts = urlsplit(uri)
        has_authority = bool(parts.hostname) or _PRIVATE_SCHEME.fullmatch(parts.scheme)
        _ = parts.port
    except ValueError:
        raise InvalidApplication(f"`{uri[:200]}` is not a URI") from None
    if not has_authority or parts.username is not None or "#" in uri:
        raise InvalidApplication(f"`{uri[:200]}` must be absolute, without user name and without fragment")
    if {".", ".."} & set(parts.path.split("/")):
        raise InvalidApplication(f"`{uri[:200]}` must not have `.` or `..` in its path")


def _without_port(uri: str) -> str | None:
    """The URI without its port when it is http on a loopback address literal; None for all others."""
    for start in _LOOPBACK:
        if uri.startswith(start):
            rest = uri[len(start) :]
            found = _PORT.match(rest)
            if found is not None and int(found[0][1:] or 0) <= _MAX_PORT:
                rest = rest[found.end() :]
            return start + rest if not rest or rest[0] in "/?" else None
    return None
