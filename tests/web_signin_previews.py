"""What the pages on the way in are given: examples for the tests of every template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markupsafe import Markup


@dataclass(frozen=True)
class Passkey:
    action: str = "/signin/passkey"
    kind: str = "get"
    origin: str = "https://id.example.com"
    options: str = '{"challenge": "c2FtcGxl"}'
    label: str = "Sign in with a passkey"
    refresh: str = "/signin/passkey/options"
    quiet: bool = False


@dataclass(frozen=True)
class Upstream:
    action: str = "/signin/upstream/partner"
    label: str = "Sign in with Partner Incorporated"


_TOTP = Markup("totp")  # what decides which part is shown is no text, and must not be changed by tests
_FAILED = {"error": "The user name or the password is not right."}
_SIGNIN: dict[str, Any] = {
    "username": "",
    "action": "/signin",
    "passkey": Passkey(),
    "by_mail": "/signin/email",
    "registration": True,
    "upstream": [],
}
_SECOND: dict[str, Any] = {
    "display_name": "Ada",
    "email": "a•••@example.com",
    "passkey": None,
    "shown": _TOTP,
    "others": [],
    "action": "/signin/code",
    "send": "/signin/code/email/send",
    "sent": False,
    "error": None,
}
_OTHERS = [("/signin/code", "passkey"), ("/signin/code?by=email-code", "email-code")]
_PAPER = ("/signin/code?by=recovery-code", "recovery-code")
_CODE_SENT: dict[str, Any] = {
    "action": "/signin/email/code",
    "again": "/signin/email",
    "signin": "/signin",
    "username": "ada",
}
_CONFIRM: dict[str, Any] = {
    "action": "/signin/confirm",
    "username": "ada",
    "passkey": None,
    "password": True,
    "code": True,
    "only_passkey": False,
    "back": "/account",
}

SIGNIN_PAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("signin.html", "signin", _SIGNIN),
    ("signin.html", "signin-error", _SIGNIN | {"username": "ada", "development": True} | _FAILED),
    ("signin.html", "signin-notice", _SIGNIN | {"passkey": None, "by_mail": None, "notice": "Your session has ended."}),
    ("signin.html", "signin-upstream", _SIGNIN | {"upstream": [Upstream(), Upstream(label="Sign in with Lighthouse")]}),
    ("signin_second.html", "signin_second", _SECOND | {"passkey": Passkey(), "others": [_PAPER]}),
    ("signin_second.html", "signin_second-code", _SECOND | {"others": [_PAPER]}),
    (
        "signin_second.html",
        "signin_second-error",
        _SECOND | {"error": "That code is not right. Wait for the next one."},
    ),
    ("signin_second.html", "signin_second-paper", _SECOND | {"shown": Markup("recovery-code"), "others": _OTHERS}),
    ("signin_second.html", "signin_second-mail", _SECOND | {"shown": Markup("email-code")}),
    ("signin_second.html", "signin_second-mailed", _SECOND | {"shown": Markup("email-code"), "sent": True}),
    ("signin_second.html", "signin_second-passkey", _SECOND | {"shown": None, "passkey": Passkey()}),
    ("signin_second.html", "signin_second-nothing", _SECOND | {"shown": None}),
    ("signin_email.html", "signin_email", {"action": "/signin/email", "signin": "/signin"}),
    ("signin_email_code.html", "signin_email_code", _CODE_SENT),
    ("signin_email_code.html", "signin_email_code-error", _CODE_SENT | {"error": "This code is not right."}),
    ("signin_confirm.html", "signin_confirm", _CONFIRM | {"passkey": Passkey()}),
    ("signin_confirm.html", "signin_confirm-password", _CONFIRM),
    ("signin_confirm.html", "signin_confirm-error", _CONFIRM | {"error": "That was not right."}),
    ("signin_confirm.html", "signin_confirm-no-passkey", _CONFIRM | {"password": False, "only_passkey": True}),
    ("recovery_code_used.html", "recovery_code_used", {"left": 7, "continue_url": "/"}),
    ("recovery_code_used.html", "recovery_code_used-last", {"left": 0, "continue_url": "/"}),
]
