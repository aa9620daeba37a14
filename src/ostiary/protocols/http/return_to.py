"""Where does a person go on to after signing in? To an application's request, to a device's code, or to the portal.

Only the paths that need it are accepted, in a strict form, each time they come in: never an open redirect.
"""

from __future__ import annotations

import re
from urllib.parse import quote

SIGNIN = "/signin"
DEVICE_PAGE = "/device"
_AUTHORIZE = re.compile(r"/oauth2/authorize\?[A-Za-z0-9._~%!$&'()*+,;=:@/?-]{1,8000}")
_DEVICE = re.compile(DEVICE_PAGE + r"(?:\?user_code=[A-Za-z0-9-]{1,32})?")


def find_return_to(given: str | None) -> str | None:
    return given if given is not None and (_AUTHORIZE.fullmatch(given) or _DEVICE.fullmatch(given)) else None


def with_return_to(path: str, return_to: str | None) -> str:
    return path if return_to is None else f"{path}?return_to={quote(return_to, safe='')}"


def sign_in_path(return_to: str) -> str:
    """Where OpenID Connect sends a browser that must sign in first; `return_to` is `/oauth2/authorize?...`."""
    return with_return_to(SIGNIN, find_return_to(return_to))
