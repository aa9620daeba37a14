"""Where does a person go on to after signing in? To an application's request, to a device's code, or to the portal.

Only the paths that need it are accepted, in a strict form, each time they come in: never an open redirect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

SIGNIN = "/signin"
CONFIRM = "/signin/confirm"
TERMS = "/terms"
CONSENT = "/consent"
DECLINED = "ostiary_declined"  # a parameter that only ever makes the answer a refusal
DEVICE_PAGE = "/device"
_AUTHORIZE = re.compile(r"/oauth2/authorize\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]{1,8000}")
_ACCOUNT = re.compile(r"/(?:account|assist)(?:/[A-Za-z0-9_-]{1,64}){0,4}(?:\?[A-Za-z0-9._~%=&+-]{1,500})?")
_DEVICE = re.compile(DEVICE_PAGE + r"(?:\?user_code=[A-Za-z0-9-]{1,32})?")


def find_return_to(given: str | None) -> str | None:
    if given is None:
        return None
    return given if any(form.fullmatch(given) for form in (_AUTHORIZE, _DEVICE, _ACCOUNT)) else None


def with_return_to(path: str, return_to: str | None) -> str:
    return path if return_to is None else f"{path}?return_to={quote(return_to, safe='')}"


def confirm_path(return_to: str, need: str) -> str:
    """Where a door sends somebody who is signed in and must prove more; `need` is a level of assurance."""
    return _with(with_return_to(CONFIRM, find_return_to(return_to)), {"need": need})


def with_decline(return_to: str) -> str:
    """The way back of somebody who did not agree; `return_to` is one that was found."""
    return f"{return_to}&{DECLINED}=yes"


def consent_path(return_to: str, asked: Mapping[str, str]) -> str:
    """Where OpenID Connect sends somebody whose agreement is needed; `asked` has the client id and the scopes."""
    return _with(with_return_to(CONSENT, find_return_to(return_to)), asked)


def sign_in_path(return_to: str) -> str:
    """Where OpenID Connect sends a browser that must sign in first; `return_to` is `/oauth2/authorize?...`."""
    return with_return_to(SIGNIN, find_return_to(return_to))


def terms_path(return_to: str) -> str:
    """Where a door sends somebody who is signed in and must accept her directory's terms first."""
    return with_return_to(TERMS, find_return_to(return_to))


def _with(path: str, fields: Mapping[str, str]) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(fields)}"
