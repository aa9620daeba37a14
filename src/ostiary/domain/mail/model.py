"""Which mails are there, and what must whoever sends one say?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ostiary.domain.directory.model import Person

DEFAULT_LANGUAGE = "en"


class MailKind(StrEnum):
    # somebody asked for it, perhaps a stranger
    ENROLMENT = "enrolment"
    REGISTRATION_INVITATION = "registration-invitation"
    VERIFY_EMAIL = "verify-email"
    ALREADY_REGISTERED = "already-registered"
    EMAIL_CODE = "email-code"
    RECOVERY = "recovery"
    RECOVERY_APPROVAL = "recovery-approval"
    TEST = "test"
    # something happened
    NEW_SIGN_IN = "new-sign-in"
    SIGN_IN_BLOCKED = "sign-in-blocked"
    THROTTLED = "throttled"
    DEVICE_SIGNED_IN = "device-signed-in"
    FACTOR_ADDED = "factor-added"
    FACTOR_REMOVED = "factor-removed"
    PASSWORD_CHANGED = "password-changed"
    RECOVERY_CODES_SEEN = "recovery-codes-seen"
    RECOVERY_CODE_USED = "recovery-code-used"
    RECOVERY_STARTED = "recovery-started"
    RECOVERY_DONE = "recovery-done"
    SESSIONS_ENDED = "sessions-ended"
    EMAIL_CHANGED = "email-changed"
    ACCOUNT_DELETED = "account-deleted"
    ADMINISTRATOR_USED = "administrator-used"
    BREAK_GLASS_USED = "break-glass-used"


@dataclass(frozen=True, slots=True)
class Wording:
    """The values that a letter needs and those that it may have; `hourly`: how many one address gets of this kind."""

    needs: frozenset[str]
    may: frozenset[str] = frozenset()
    hourly: int = 20


def _asked_for(*needs: str, may: tuple[str, ...] = ()) -> Wording:
    """Whoever knows an address can provoke it, so few are enough."""
    return Wording(frozenset(needs), frozenset(may), hourly=5)


def _by_us(*needs: str) -> Wording:
    """An administrator or helper wrote it: several people may share one address."""
    return Wording(frozenset(needs))


def _notice(*needs: str, may: tuple[str, ...] = ()) -> Wording:
    return Wording(frozenset({"at", *needs}), frozenset({"device", "place", "not_me", *may}))


WORDINGS: Mapping[MailKind, Wording] = {
    MailKind.ENROLMENT: _by_us("link", "user_name", "expires_at"),
    MailKind.REGISTRATION_INVITATION: _by_us("link", "expires_at"),
    MailKind.VERIFY_EMAIL: _asked_for("link", "expires_at"),
    MailKind.ALREADY_REGISTERED: _asked_for("link", may=("recovery",)),
    MailKind.EMAIL_CODE: _asked_for("code", "expires_at"),
    MailKind.RECOVERY: _asked_for("link", "expires_at"),
    MailKind.RECOVERY_APPROVAL: _by_us("person", "requester", "link", "expires_at"),
    MailKind.TEST: _asked_for("at"),
    MailKind.NEW_SIGN_IN: _notice(),
    MailKind.SIGN_IN_BLOCKED: _notice(),
    MailKind.THROTTLED: Wording(frozenset({"at"}), frozenset({"device", "place", "not_me"}), hourly=3),
    MailKind.DEVICE_SIGNED_IN: _notice("application"),
    MailKind.FACTOR_ADDED: _notice("factor", may=("factor_name",)),
    MailKind.FACTOR_REMOVED: _notice("factor", may=("factor_name",)),
    MailKind.PASSWORD_CHANGED: _notice(),
    MailKind.RECOVERY_CODES_SEEN: _notice(),
    MailKind.RECOVERY_CODE_USED: _notice("left"),
    MailKind.RECOVERY_STARTED: _notice(),
    MailKind.RECOVERY_DONE: _notice(),
    MailKind.SESSIONS_ENDED: _notice(may=("link",)),
    MailKind.EMAIL_CHANGED: _notice(),
    MailKind.ACCOUNT_DELETED: _notice(),
    MailKind.ADMINISTRATOR_USED: _notice("user_name"),
    MailKind.BREAK_GLASS_USED: _notice("user_name"),
}


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address` empty: there is none, and nothing is sent."""

    address: str
    language: str = DEFAULT_LANGUAGE
    name: str = ""


def recipient_of(person: Person) -> Recipient:
    return Recipient(address=person.email, language=person.language or DEFAULT_LANGUAGE, name=person.display_name)


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said to whom; `values` hold links and codes, so it exists opened only in memory."""

    message_id: str
    kind: MailKind
    recipient: Recipient
    values: Mapping[str, str] = field(repr=False)
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Queued:
    """A message as it is kept. `next_attempt_at` None: nobody sends it (any more); the body of such a one is empty,
    except in development mode, which shows it instead.
    """

    message_id: str
    kind: MailKind
    recipient_hash: str
    created_at: datetime
    sealed_body: bytes = field(repr=False)
    attempts: int = 0
    next_attempt_at: datetime | None = None
    sent_at: datetime | None = None
    last_error: str = ""
