"""How does a page become HTML?

Everything a template prints is escaped, and a variable that the caller forgot is an error, never an empty place.
The pages run under a policy without inline script, inline style and foreign origins (Content Security Policy Level 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.resources import files
from math import ceil
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from ostiary.kit import clock

_PACKAGE = "ostiary.protocols.web"
_MINUTE = 60
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the pages link to; routes are made from the same values."""

    portal: str = "/"
    signin: str = "/signin"
    signout: str = "/signout"
    account: str = "/account"
    sessions: str = "/account/sessions"
    mailbox: str = "/development/mailbox"
    static: str = "/static"


PATHS = Paths()


def render(name: str, **context: object) -> str:
    """The page as text. Raises jinja2.UndefinedError when a variable that the template prints is missing."""
    return _environment.get_template(name).render(context)


def readable(moment: datetime) -> str:
    """`31 Jan 2026, 09:30 UTC`, whatever the locale of the process."""
    utc = moment.astimezone(UTC)
    return f"{utc.day} {_MONTHS[utc.month - 1]} {utc.year}, {utc:%H:%M} UTC"


def waiting_time(seconds: int) -> str:
    """`45 seconds`, `1 minute`, `3 minutes`: rounded up, so that whoever waits that long has waited enough."""
    number, unit = (max(seconds, 1), "second") if seconds < _MINUTE else (ceil(seconds / _MINUTE), "minute")
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"


def is_web_address(url: str) -> bool:
    """Whether a link may be followed from a page; escaping alone does not stop `javascript:` and its like."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)


def _static_url(name: str) -> str:
    """The address changes with the content, so a browser may keep the file and still sees a new release."""
    content = files(_PACKAGE).joinpath("static", name).read_bytes()
    return f"{PATHS.static}/{name}?v={sha256(content).hexdigest()[:12]}"


def _make_environment() -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(iso=clock.iso, readable=readable, waiting_time=waiting_time)
    environment.tests["web_address"] = is_web_address
    # A page without news says nothing; all other variables must be given.
    environment.globals.update(paths=PATHS, error=None, notice=None)
    environment.globals.update(stylesheet=_static_url("ostiary.css"), mark=_static_url("mark.svg"))
    return environment


_environment = _make_environment()
