"""What is void when somebody begins anew, because she lost what she had or somebody else may have it? (BP01-19)"""

from __future__ import annotations

from datetime import datetime

from ostiary.domain.credentials.model import LinkPurpose
from ostiary.domain.credentials.ports import CredentialRows


def void_factors(rows: CredentialRows, person_id: str, *, but_recovery_codes: bool = False) -> int:
    """Everything that she could sign in or recover with; how many. Enrolment links are issued after this.

    `but_recovery_codes`: she proved to have them, and may need another one before she has enrolled.
    """
    removed = rows.delete_upstream_links(person_id)
    if rows.password(person_id) is not None:
        rows.delete_password(person_id)
        removed += 1
    for factor in rows.totp_factors(person_id):
        rows.delete_totp_factor(factor.factor_id)
        removed += 1
    for passkey in rows.passkeys(person_id):
        rows.delete_passkey(passkey.factor_id)
        removed += 1
    if not but_recovery_codes:
        rows.delete_recovery_codes(person_id)
    rows.delete_one_time_links(person_id, LinkPurpose.RECOVERY)
    rows.delete_enrolment_links(person_id)
    return removed


def void_added_since(rows: CredentialRows, person_id: str, since: datetime) -> int:
    """Passkeys, authenticators and recovery codes that somebody else may have made hers; how many.

    A password of that time stays: it is for whoever knows it to be marked as compromised.
    """
    removed = 0
    for factor in rows.totp_factors(person_id):
        if (factor.confirmed_at or factor.created_at) >= since:
            rows.delete_totp_factor(factor.factor_id)
            removed += 1
    for passkey in rows.passkeys(person_id):
        if passkey.created_at >= since:
            rows.delete_passkey(passkey.factor_id)
            removed += 1
    codes = rows.recovery_codes(person_id)
    if any(code.created_at >= since for code in codes):
        rows.delete_recovery_codes(person_id)
        removed += len(codes)
    return removed


def void_mailed_links(rows: CredentialRows, person_id: str) -> None:
    """Her address changed: the old mailbox was never hers, or is not any more, and what was mailed there lies in it."""
    rows.delete_enrolment_links(person_id)
    rows.delete_one_time_links(person_id, LinkPurpose.RECOVERY)
    rows.delete_one_time_links(person_id, LinkPurpose.NOT_ME)
