"""What is each page given, so that tests can read it as a person would? One preview at least of every template."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import segno
from markupsafe import Markup

from ostiary.kit.texts import Text
from ostiary.protocols.web import pages
from ostiary.protocols.web.passkey import PasskeyForm
from web_account_previews import ACCOUNT_PAGES
from web_recovery_previews import RECOVERY_PAGES
from web_signin_previews import SIGNIN_PAGES
from web_upstream_previews import UPSTREAM_PAGES

_NOON = datetime(2026, 3, 14, 12, 5, tzinfo=UTC)
_QR = Markup(segno.make("otpauth://totp/Example:ada?secret=JBSWY3DPEHPK3PXP").svg_inline(omitsize=True))  # noqa: S704 - the point of this variable is that it is markup


@dataclass(frozen=True)
class Person:
    display_name: str = "Ada Okonkwo"
    user_name: str = "ada"


@dataclass(frozen=True)
class Role:
    account_id: str
    account_name: str
    role_name: str
    description: str
    via_groups: list[str]
    until: datetime | None
    credentials_action: str


@dataclass(frozen=True)
class Application:
    name: str
    launch_url: str
    description: str


@dataclass(frozen=True)
class Device:
    application: str = "Ostiary command line"
    user_code: str = "BCDF-GHJK"
    source_ip: str = "192.0.2.17"
    place: str = "Bern, CH"
    user_agent: str = "ostiary-cli/1.0 (Linux; desk-7)"
    near: bool = True
    seconds: int = 40
    gets: tuple[str, ...] = ("who you are", "your name and user name")


@dataclass(frozen=True)
class Mail:
    to: str
    subject: str
    text: str
    links: list[str]
    letter: str = "/development/mailbox/m1"
    sent_at: datetime = _NOON


_ROLES = [
    Role(
        "204817365091",
        "Production",
        "ReadOnly",
        "Look at everything, change nothing.",
        ["platform", "support"],
        None,
        "/portal/credentials/1",
    ),
    Role(
        "204817365091",
        "Production",
        "DatabaseOperator",
        "Restart and restore the order databases.",
        ["database-on-call"],
        datetime(2026, 3, 20, 17, 0, tzinfo=UTC),
        "/portal/credentials/2",
    ),
    Role("731904482260", "Development", "PowerUser", "", ["platform"], None, "/portal/credentials/3"),
]
ENV_TEXT = (
    "export AWS_ACCESS_KEY_ID='ASIAEXAMPLEEXAMPLE00'\n"
    "export AWS_SECRET_ACCESS_KEY='wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00'\n"
    f"export AWS_SESSION_TOKEN='{'IQoJb3JpZ2luX2VjEXAMPLE' * 14}'\n"
    "export AWS_ENDPOINT_URL='https://id.example.com/aws'"
)
JSON_TEXT = (
    '{\n  "Version": 1,\n  "AccessKeyId": "ASIAEXAMPLEEXAMPLE00",\n'
    '  "SecretAccessKey": "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00",\n'
    f'  "SessionToken": "{"IQoJb3JpZ2luX2VjEXAMPLE" * 14}",\n  "Expiration": "2026-03-14T13:05:00Z"\n}}'
)


@dataclass(frozen=True)
class Page:
    template: str
    name: str
    context: dict[str, Any] = field(default_factory=dict)

    @property
    def signed_in(self) -> bool:
        return self._extends("signed_in.html") or self.in_account

    @property
    def in_account(self) -> bool:
        return self._extends("account_area.html")

    def _extends(self, base: str) -> bool:
        source = files("ostiary.protocols.web").joinpath("templates", self.template).read_text("utf-8")
        return f'{{% extends "{base}" %}}' in source

    def html(self, *, language: str = "en") -> str:
        common = {"organization": "Example Corporation", "csrf": "t0k3n", "development": False}
        return pages.render(self.template, language=language, **(common | self.context))


SIGNED_IN = {"person": Person()}
_ENROLMENT = {
    "person": Person(),
    "rules": ["At least 12 characters", "Not one of the passwords that are known to have leaked", "Without your name"],
    "action": "/enroll",
    "is_new": True,
}
_DEVICE = {"display_name": "Ada", "approve_action": "/device/approve", "deny_action": "/device/deny"}
_CONSENT = {
    "application": Application("Expenses", "https://expenses.example.com/", ""),
    "display_name": "Ada",
    "gets": ["who you are", "your name and user name", "your e-mail address"],
    "fields": {"return_to": "/oauth2/authorize?client_id=expenses", "client_id": "expenses", "scope": "openid email"},
    "action": "/consent",
}
_CREDENTIALS = SIGNED_IN | {
    "role_name": "ReadOnly",
    "account_name": "Production",
    "env_text": ENV_TEXT,
    "json_text": JSON_TEXT,
    "expires_at": _NOON,
}
MAIL = Mail(
    "ada@example.com",
    "Set up your account",
    "Hello Ada,\n\nopen this link to choose a password. It works once, until tomorrow.\n\nExample Corporation",
    ["http://localhost:8080/enroll/ostenr_5d41402abc4b2a76b9719d911017c592a1b2c3"],
)
_ERROR = {
    "title": "Something went wrong",
    "message": "We could not finish what you asked for. Nothing was changed.",
    "request_id": "019ce8b2-7c11-7f3a-9d55-1b2c3d4e5f60",
}

_FAILED = {"error": "The user name or the password is not right."}
_PASSKEY = PasskeyForm(
    "/signin/passkey", "get", "https://id.example.com", '{"rpId": "localhost"}', Text("Use your passkey")
)
_START = {
    "person": Person(),
    "first": True,
    "is_new": True,
    "passkey": replace(_PASSKEY, kind="create", label=Text("Create a passkey")),
    "password_url": "/enroll/oste_5d41?with=password",
    "alone": False,
    "authenticator_action": "",
    "others": True,
}

PAGES = [
    Page("enroll_start.html", "enroll_start", _START),
    Page("enroll_start.html", "enroll_start-error", _START | {"error": "This passkey could not be used."}),
    Page(
        "enroll_start.html", "enroll_start-passkey-only", _START | {"first": False, "password_url": "", "others": False}
    ),
    Page(
        "enroll_start.html",
        "enroll_start-app",
        _START | {"first": False, "password_url": "", "authenticator_action": "/enroll/authenticator/begin"},
    ),
    Page("enroll_start.html", "enroll_start-again", _START | {"is_new": False}),
    Page("enroll_start.html", "enroll_start-nothing", _START | {"passkey": None, "password_url": "", "others": False}),
    Page("passkey_refused.html", "passkey_refused", {"back": "/signin", "signal": ""}),
    Page("passkey_refused.html", "passkey_refused-unknown", {"back": "/signin", "signal": '{"unknown": {}}'}),
    Page("account_passkey_new.html", "account_passkey_new", SIGNED_IN | {"passkey": _PASSKEY}),
    Page("account_passkey_new.html", "account_passkey_new-none", SIGNED_IN | {"passkey": None}),
    Page("enroll_password.html", "enroll_password", _ENROLMENT | {"errors": []}),
    Page(
        "enroll_password.html",
        "enroll_password-errors",
        _ENROLMENT | {"errors": ["The password is shorter than 12 characters.", "The two passwords differ."]},
    ),
    Page("enroll_totp.html", "enroll_totp", {"qr_svg": _QR, "secret_text": "JBSW Y3DP EHPK 3PXP", "action": "/enroll"}),
    Page(
        "enroll_totp.html",
        "enroll_totp-error",
        {"qr_svg": _QR, "secret_text": "JBSW Y3DP", "action": "/enroll", "error": "That code is not right."},
    ),
    Page("continue.html", "continue", {"continue_url": "/oauth2/authorize?client_id=shop"}),
    Page(
        "sign_out.html",
        "sign_out",
        {"action": "/oauth2/logout", "application": "Shop", "display_name": "Ada", "fields": {"client_id": "shop"}},
    ),
    Page("consent.html", "consent", _CONSENT),
    Page("device.html", "device", {"action": "/device", "user_code": ""}),
    Page("device.html", "device-error", {"action": "/device", "user_code": "BCDF"} | _FAILED),
    Page("device_confirm.html", "device_confirm", _DEVICE | {"device": Device()}),
    Page(
        "device_confirm.html",
        "device_confirm-far",
        _DEVICE | {"device": Device(near=False, user_agent="", seconds=170)},
    ),
    Page(
        "device_done.html",
        "device_done",
        {"application": "Ostiary command line", "approved": True, "ends_with_session": True},
    ),
    Page(
        "device_done.html",
        "device_done-denied",
        {"application": "Ostiary command line", "approved": False, "ends_with_session": True},
    ),
    Page(
        "enroll_done.html",
        "enroll_done",
        {"portal_url": "/", "way": "passkey", "recovery_codes": "/account/recovery-codes", "development": True},
    ),
    Page(
        "enroll_done.html",
        "enroll_done-app",
        {"portal_url": "/device", "way": "authenticator", "recovery_codes": "/account/recovery-codes"},
    ),
    Page("link_invalid.html", "link_invalid"),
    Page(
        "portal.html",
        "portal",
        SIGNED_IN
        | {
            "roles": _ROLES,
            "applications": [
                Application("Wiki", "https://wiki.example.com/", "Handbook, decisions and notes."),
                Application("Expenses", "https://expenses.example.com/", "Hand in receipts and travel costs."),
                Application("Status", "https://status.example.com/", "What runs, and what does not."),
            ],
        },
    ),
    Page("portal.html", "portal-empty", SIGNED_IN | {"roles": [], "applications": [], "development": True}),
    Page("credentials.html", "credentials", _CREDENTIALS),
    Page("signed_out.html", "signed_out"),
    Page("error.html", "error", _ERROR),
    Page("throttled.html", "throttled", {"retry_after_seconds": 95}),
    Page("mailbox.html", "mailbox", {"mails": [MAIL, MAIL], "development": True}),
    Page("mailbox.html", "mailbox-empty", {"mails": [], "development": True}),
]
PAGES += [Page(*preview) for preview in (*ACCOUNT_PAGES, *RECOVERY_PAGES, *SIGNIN_PAGES, *UPSTREAM_PAGES)]
