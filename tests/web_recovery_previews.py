"""What the pages of recovery, help, registration and farewell are given: examples for the tests of every template."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ostiary.kit.redaction import Secret
from web_signin_previews import Passkey

_NOON = datetime(2026, 3, 14, 12, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Person:
    display_name: str = "Ada Okonkwo"
    user_name: str = "ada"


@dataclass(frozen=True)
class Step:
    by_code: bool = False
    by_passkey: bool = False
    by_recovery_code: bool = False
    password: bool = False
    enrol: bool = False
    needs_help: bool = False


@dataclass(frozen=True)
class Request:
    request_id: str = "019ce8b2-7c11-7f3a-9d55-1b2c3d4e5f60"
    reason: str = "lost her phone; called back on her desk number"
    requested_at: datetime = _NOON
    expires_at: datetime = _NOON


@dataclass(frozen=True)
class OpenRequest:
    request: Request = field(default_factory=Request)
    person: Person = field(default_factory=Person)
    requester: str = "Bea Lind"
    own: bool = False
    may_approve: bool = True
    may_collect: bool = False


@dataclass(frozen=True)
class Approved:
    mailed: bool
    person: Person = field(default_factory=Person)


@dataclass(frozen=True)
class Collected:
    person: Person = field(default_factory=Person)
    link: Secret = field(default_factory=lambda: Secret("https://id.example.com/enroll/oste_1234"))
    expires_at: datetime = _NOON


@dataclass(frozen=True)
class Where:
    name: str = "consumers"
    terms_version: str = "2026-01"
    terms_url: str = "https://example.com/terms"


_RULES = ["At least 8 characters; several words with spaces are fine", "Not a common password"]
_PROVE: dict[str, Any] = {
    "display_name": "Ada",
    "code_action": "/recover/prove/code",
    "recovery_code_action": "/recover/prove/recovery-code",
    "passkey": None,
    "error": None,
}
_CHOOSE: dict[str, Any] = {
    "person": Person(),
    "rules": _RULES,
    "problems": [],
    "password_action": "/recover/choose/password",
    "enrol_action": "/recover/choose/enrolment",
}
_ASSIST: dict[str, Any] = {
    "person": Person("Cleo Marsh", "cleo"),
    "requests": [],
    "start_action": "/assist",
    "typed_name": "",
    "typed_reason": "",
    "error": None,
}
_REGISTER: dict[str, Any] = {
    "where": Where(),
    "action": "/register/consumers",
    "email": "",
    "display_name": "",
    "problems": [],
}
_TERMS: dict[str, Any] = {
    "person": Person(),
    "action": "/terms",
    "terms_url": "https://example.com/terms",
    "terms_version": "2026-01",
}
_DELETE: dict[str, Any] = {"person": Person(), "action": "/account/delete", "may_delete": True}
_OPEN = [
    OpenRequest(),
    OpenRequest(own=True, may_approve=False),
    OpenRequest(own=True, may_approve=False, may_collect=True),
]

RECOVERY_PAGES: list[tuple[str, str, dict[str, Any]]] = [
    ("recover.html", "recover", {"action": "/recover"}),
    ("recover_sent.html", "recover_sent", {}),
    ("recover_link.html", "recover_link", {"action": "/recover/ostr_1", "person": Person()}),
    ("recover_prove.html", "recover_prove", _PROVE | {"step_now": Step(by_code=True, by_recovery_code=True)}),
    (
        "recover_prove.html",
        "recover_prove-error",
        _PROVE
        | {"step_now": Step(by_code=True, by_passkey=True), "passkey": Passkey(), "error": "That code is wrong."},
    ),
    ("recover_prove.html", "recover_prove-help", _PROVE | {"step_now": Step(needs_help=True)}),
    ("recover_choose.html", "recover_choose", _CHOOSE | {"step_now": Step(password=True, enrol=True)}),
    (
        "recover_choose.html",
        "recover_choose-error",
        _CHOOSE | {"step_now": Step(password=True), "problems": ["It is shorter than 8 characters"]},
    ),
    ("recover_choose.html", "recover_choose-passkey", _CHOOSE | {"step_now": Step(enrol=True)}),
    ("recover_done.html", "recover_done", {}),
    ("not_me.html", "not_me", {"action": "/not-me/ostx_1"}),
    ("not_me_done.html", "not_me_done", {"mailed": True}),
    ("not_me_done.html", "not_me_done-help", {"mailed": False}),
    ("one_time_link_invalid.html", "one_time_link_invalid", {}),
    ("assist.html", "assist", _ASSIST | {"requests": _OPEN, "helps": True}),
    ("assist.html", "assist-empty", _ASSIST),
    ("assist.html", "assist-error", _ASSIST | {"typed_name": "eve", "error": "There is nobody of that name."}),
    ("assist_approved.html", "assist_approved", {"person": Person(), "approved": Approved(mailed=True)}),
    ("assist_approved.html", "assist_approved-link", {"person": Person(), "approved": Approved(mailed=False)}),
    ("assist_link.html", "assist_link", {"person": Person(), "collected": Collected()}),
    ("register.html", "register", _REGISTER),
    (
        "register.html",
        "register-error",
        _REGISTER | {"email": "mia", "display_name": "Mia Sato", "problems": ["Type an e-mail address"]},
    ),
    ("register.html", "register-no-link", _REGISTER | {"where": Where(terms_url="")}),
    ("register_where.html", "register_where", {"directories": [Where(), Where("partners")], "register": "/register"}),
    ("register_invited.html", "register_invited", {}),
    ("register_sent.html", "register_sent", {}),
    ("register_link.html", "register_link", {"action": "/register/link/ostn_1", "email": "mia@example.net"}),
    ("terms.html", "terms", _TERMS),
    ("terms.html", "terms-error", _TERMS | {"terms_url": "", "error": "Accept the terms to go on."}),
    ("account_delete.html", "account_delete", _DELETE),
    ("account_delete.html", "account_delete-error", _DELETE | {"error": "This is not your user name."}),
    ("account_delete.html", "account_delete-ask", _DELETE | {"may_delete": False}),
    ("account_deleted.html", "account_deleted", {}),
]
