"""How does somebody without any credential begin? A one-time link, given by whoever may invite (BP01-19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ostiary.domain.credentials.errors import EnrolmentLinkInvalid
from ostiary.domain.credentials.model import EnrolmentLink
from ostiary.domain.credentials.ports import CredentialRows
from ostiary.kit import ids
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret

TOKEN_PREFIX = "oste"  # noqa: S105 - what every such token begins with
LIFE = timedelta(hours=72)


@dataclass(frozen=True, slots=True)
class IssuedLink:
    """`token` is shown once, to whoever invited."""

    token: Secret
    expires_at: datetime


def issue_link(rows: CredentialRows, person_id: str, now: datetime) -> IssuedLink:
    """A new link; the person's earlier ones are void."""
    token = ids.opaque_token(TOKEN_PREFIX)
    rows.delete_enrolment_links(person_id)
    rows.add_enrolment_link(EnrolmentLink(hash_secret(token), person_id, created_at=now, expires_at=now + LIFE))
    return IssuedLink(Secret(token), now + LIFE)


def check_link(rows: CredentialRows, token: str, now: datetime) -> EnrolmentLink:
    """The link while it is good, without using it up. Raises EnrolmentLinkInvalid."""
    link = rows.enrolment_link(hash_secret(token)) if ids.has_token_form(token, TOKEN_PREFIX) else None
    if link is None:
        raise _invalid("no such link")
    if link.used_at is not None or link.expires_at <= now:
        raise _invalid("used or expired")
    return link


def use_link(rows: CredentialRows, token: str, now: datetime) -> EnrolmentLink:
    """The link, used up. Raises EnrolmentLinkInvalid, also in the second of two uses at the same moment."""
    link = check_link(rows, token, now)
    if not rows.use_enrolment_link(link.token_hash, now):
        raise _invalid("used at the same moment")
    return link


def _invalid(operator_text: str) -> EnrolmentLinkInvalid:
    return EnrolmentLinkInvalid(
        "this link was used, has expired or is incomplete: ask your administrator for a new one",
        operator_text=operator_text,
    )
