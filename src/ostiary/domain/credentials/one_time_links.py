"""Which links are mailed that work once, and what does each of them open?

A recovery link begins a reset, a registration link makes an account, a not-me link ends sessions. None of them opens
what another opens; looking at one does not use it up, for mail scanners and browsers look at links.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from ostiary.domain.credentials.errors import LinkInvalid
from ostiary.domain.credentials.model import LinkPurpose, OneTimeLink
from ostiary.domain.credentials.ports import CredentialRows, CredentialSlice
from ostiary.domain.directory.model import Person
from ostiary.kit import ids
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret

_PREFIXES: Mapping[LinkPurpose, str] = {
    LinkPurpose.RECOVERY: "ostr",
    LinkPurpose.REGISTRATION: "ostn",
    LinkPurpose.NOT_ME: "ostx",
}
LIVES: Mapping[LinkPurpose, timedelta] = {
    LinkPurpose.RECOVERY: timedelta(minutes=30),
    LinkPurpose.REGISTRATION: timedelta(hours=24),
    LinkPurpose.NOT_ME: timedelta(days=14),
}
NOT_ME_PATH = "/not-me"


@dataclass(frozen=True, slots=True)
class IssuedOneTimeLink:
    """`token` leaves once, by mail."""

    token: Secret
    expires_at: datetime


def issue_one_time_link(
    rows: CredentialRows,
    purpose: LinkPurpose,
    now: datetime,
    *,
    person_id: str = "",
    payload: Mapping[str, str] | None = None,
) -> IssuedOneTimeLink:
    """A new link beside those that are out: whoever asks for another must not break the one that was mailed."""
    token = ids.opaque_token(_PREFIXES[purpose])
    expires_at = now + LIVES[purpose]
    rows.add_one_time_link(OneTimeLink(hash_secret(token), purpose, person_id, now, expires_at, payload or {}))
    return IssuedOneTimeLink(Secret(token), expires_at)


def check_one_time_link(rows: CredentialRows, purpose: LinkPurpose, token: str, now: datetime) -> OneTimeLink:
    """The link while it is good, without using it up. Raises LinkInvalid, also for one of another purpose."""
    link = rows.one_time_link(hash_secret(token)) if ids.has_token_form(token, _PREFIXES[purpose]) else None
    if link is None or link.purpose is not purpose:
        raise LinkInvalid("no such link")
    if link.used_at is not None or link.expires_at <= now:
        raise LinkInvalid("used or expired")
    return link


def use_one_time_link(rows: CredentialRows, purpose: LinkPurpose, token: str, now: datetime) -> OneTimeLink:
    """The link, used up. Raises LinkInvalid, also in the second of two uses at the same moment."""
    link = check_one_time_link(rows, purpose, token, now)
    if not rows.use_one_time_link(link.token_hash, now):
        raise LinkInvalid("used at the same moment")
    return link


class NotMeLinks:
    """What a notice carries so that its reader can say "this was not me". `issuer`: our URL, no slash at its end."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def link_for(self, tx: CredentialSlice, person: Person, now: datetime, event: str = "") -> str:
        """`event` is the name of what the notice tells of."""
        issued = issue_one_time_link(
            tx.credentials, LinkPurpose.NOT_ME, now, person_id=person.person_id, payload={"event": event}
        )
        return f"{self._issuer}{NOT_ME_PATH}/{issued.token.reveal()}"
