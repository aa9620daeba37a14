"""How does a page become HTML?

Everything a template prints is escaped, and a variable that the caller forgot is an error, never an empty place.
Each language has its own environment, in which `_` and the filters speak it.
The pages run under a policy without inline script, inline style and foreign origins (Content Security Policy Level 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from importlib.resources import files
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from ostiary.kit import clock
from ostiary.protocols.texts.catalogue import say, translations
from ostiary.protocols.texts.choice import LANGUAGES
from ostiary.protocols.texts.moments import readable, waiting_time

_PACKAGE = "ostiary.protocols.web"
_STYLE_SHEETS = ("ostiary.css", "forms.css", "parts.css")  # a later one may refine what an earlier one says


@dataclass(frozen=True, slots=True)
class Paths:
    """Where the pages link to; routes are made from the same values."""

    portal: str = "/"
    signin: str = "/signin"
    signout: str = "/signout"
    account: str = "/account"
    factors: str = "/account/factors"
    new_passkey: str = "/account/passkeys/new"
    new_authenticator: str = "/account/authenticators/new"
    password: str = "/account/password"  # noqa: S105 - a path
    recovery_codes: str = "/account/recovery-codes"
    sessions: str = "/account/sessions"
    own_applications: str = "/account/applications"
    activity: str = "/account/activity"
    own_data: str = "/account/data"
    delete_account: str = "/account/delete"
    mailbox: str = "/development/mailbox"
    static: str = "/static"


PATHS = Paths()


def render(name: str, *, language: str = LANGUAGES[0], **context: object) -> str:
    """The page as text. Raises jinja2.UndefinedError when a variable that the template prints is missing."""
    return _environment(language).get_template(name).render(context)


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


@cache
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=PackageLoader(_PACKAGE),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    # "newstyle" escapes the values that go into a sentence, and takes the sentence itself for markup: so `_` is for
    # literals of templates only, and whatever comes from Python goes through `say`.
    environment.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        iso=clock.iso,
        readable=partial(readable, language=language),
        waiting_time=partial(waiting_time, language=language),
        say=partial(say, language=language),
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.tests["web_address"] = is_web_address
    # A page without news says nothing; all other variables must be given.
    environment.globals.update(paths=PATHS, error=None, notice=None, detail=None, language=language)
    environment.globals.update(stylesheets=[_static_url(name) for name in _STYLE_SHEETS])
    environment.globals.update(mark=_static_url("mark.svg"), passkey_script=_static_url("passkey.js"))
    return environment
