"""What the pages of a person's own account are given: examples for the tests of every template."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import segno
from markupsafe import Markup

_NOON = datetime(2026, 3, 14, 12, 5, tzinfo=UTC)
_QR = Markup(segno.make("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP").svg_inline(omitsize=True))  # noqa: S704 - the point of this variable is that it is markup


@dataclass(frozen=True)
class Person:
    display_name: str = "Ada Okonkwo"
    user_name: str = "ada"


@dataclass(frozen=True)
class Attribute:
    name: str
    value: str
    source: str
    self_editable: bool


@dataclass(frozen=True)
class PasskeyRow:
    backed_up: bool


@dataclass(frozen=True)
class Way:
    name: str
    removable: bool = True
    passkey: PasskeyRow | None = None
    model: str = ""
    factor_id: str = "019ce8b2-7c11-7f3a-9d55-1b2c3d4e5f60"
    added_at: datetime = _NOON
    last_used_at: datetime | None = _NOON


@dataclass(frozen=True)
class Codes:
    count: int = 0
    made_at: datetime | None = None


@dataclass(frozen=True)
class Ways:
    passkeys: list[Way] = field(default_factory=list)
    authenticators: list[Way] = field(default_factory=list)
    password: Way | None = None
    codes: Codes = Codes()


@dataclass(frozen=True)
class Session:
    id: str
    source_ip: str
    device: str
    current: bool
    end_action: str
    place: str = ""
    proofs: tuple[str, ...] = ("password", "authenticator app")
    created_at: datetime = _NOON
    last_seen_at: datetime = _NOON


@dataclass(frozen=True)
class Connected:
    client_id: str
    name: str
    gets: tuple[str, ...] = ("who you are", "your e-mail address")
    places: int = 1
    since: datetime = _NOON
    last_used_at: datetime | None = _NOON
    agreed_at: datetime | None = None


@dataclass(frozen=True)
class Happened:
    what: str
    outcome: str = ""
    about: str = ""
    device: str = "Firefox on Linux"
    source_ip: str = "192.0.2.17"
    at: datetime = _NOON


WAYS = Ways(
    passkeys=[
        Way("MacBook", passkey=PasskeyRow(backed_up=True)),
        Way("Blue key", passkey=PasskeyRow(backed_up=False), model="YubiKey 5"),
    ],
    authenticators=[Way("My phone", last_used_at=None)],
    password=Way(""),
    codes=Codes(9, _NOON),
)
FEW = Ways(authenticators=[Way("My phone", removable=False)], password=Way("", removable=False))
SESSIONS = [
    Session(
        "s1", "192.0.2.17", "Firefox on Linux", current=True, end_action="/account/sessions/s1/end", place="Hamburg, DE"
    ),
    Session("s2", "2001:db8::7c1", "Safari on iPhone", current=False, end_action="/account/sessions/s2/end"),
]
_HER: dict[str, Any] = {"person": Person()}
_ACCOUNT = _HER | {
    "user_name": "ada",
    "email": "ada@example.com",
    "groups": ["platform", "support", "database-on-call"],
    "attributes": [
        Attribute("department", "Platform engineering", "HR system", self_editable=False),
        Attribute("pronouns", "she/her", "profile", self_editable=True),
    ],
    "ways": WAYS,
    "sessions": 2,
    "applications": 1,
}
_MAY = {"may_add_passkey": True, "may_add_authenticator": True, "may_have_password": True, "signal": ""}
_PASSWORD = _HER | {
    "rules": ["At least 15 characters", "Not a common password"],
    "has_password": True,
    "problems": [],
    "wrong_field": "",
    "action": "/account/password",
}
_REMOVE = _HER | {"factor_name": "Blue key", "action": "/account/factors/1/remove"}
_NAME = _HER | {"factor_name": "My phone", "action": "/account/authenticators/new"}
_TOTP = _HER | {"qr_svg": _QR, "secret_text": "JBSW Y3DP", "action": "/account/authenticators/1"}
_CODES = _HER | {"left": Codes(), "action": "/account/recovery-codes"}
_EVENTS = [Happened("Signed in"), Happened("Password typed", "Failed"), Happened("Way to sign in added", about="Key")]
_ACTIVITY = _HER | {
    "events": _EVENTS,
    "older": "/account/activity?before=7",
    "newest": True,
    "not_me_action": "/not-me",
}
_DATA = _HER | {"action": "/account/data", "may_delete": True}
_SESSIONS = _HER | {"sessions": SESSIONS, "end_others_action": "/end-others", "end_all_action": "/end-all"}
_FAILED = {"error": "That cannot be done."}

ACCOUNT_PAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("account.html", "account", _ACCOUNT),
    ("account.html", "account-empty", _ACCOUNT | {"email": None, "groups": [], "attributes": [], "ways": Ways()}),
    ("account_factors.html", "account_factors", _HER | _MAY | {"ways": WAYS, "notice": "It is removed."}),
    ("account_factors.html", "account_factors-few", _HER | _MAY | {"ways": FEW, "may_add_passkey": False}),
    ("account_factors.html", "account_factors-none", _HER | _MAY | {"ways": Ways()}),
    ("account_factor_rename.html", "account_factor_rename", _NAME),
    ("account_factor_rename.html", "account_factor_rename-error", _NAME | _FAILED),
    ("account_factor_remove.html", "account_factor_remove", _REMOVE),
    ("account_factor_remove.html", "account_factor_remove-error", _REMOVE | _FAILED),
    ("account_authenticator_new.html", "account_authenticator_new", _NAME),
    ("account_authenticator_new.html", "account_authenticator_new-error", _NAME | _FAILED),
    ("account_authenticator.html", "account_authenticator", _TOTP),
    ("account_authenticator.html", "account_authenticator-error", _TOTP | _FAILED),
    ("account_password.html", "account_password", _PASSWORD),
    ("account_password.html", "account_password-new", _PASSWORD | {"has_password": False}),
    (
        "account_password.html",
        "account_password-errors",
        _PASSWORD | {"problems": ["It is shorter than 15 characters"], "wrong_field": "new-password"},
    ),
    ("account_recovery_codes.html", "account_recovery_codes", _CODES | {"left": Codes(3, _NOON)}),
    ("account_recovery_codes.html", "account_recovery_codes-none", _CODES),
    (
        "account_recovery_codes_new.html",
        "account_recovery_codes_new",
        _HER | {"user_name": "ada", "codes": ["7KQ2M-0WEXY-ABCDE-12345"] * 10, "made_at": _NOON},
    ),
    ("account_sessions.html", "account_sessions", _SESSIONS | {"notice": "The session has ended."}),
    (
        "account_applications.html",
        "account_applications",
        _HER
        | {
            "applications": [Connected("wiki", "Wiki", places=3), Connected("cli", "Command line", agreed_at=_NOON)],
            "revoke_action": "/account/applications/revoke",
        },
    ),
    (
        "account_applications.html",
        "account_applications-none",
        _HER | {"applications": [], "revoke_action": "/account/applications/revoke"},
    ),
    ("account_activity.html", "account_activity", _ACTIVITY),
    ("account_activity.html", "account_activity-end", _ACTIVITY | {"events": [], "older": None, "newest": False}),
    ("account_data.html", "account_data", _DATA),
    ("account_data.html", "account_data-kept", _DATA | {"may_delete": False}),
]
