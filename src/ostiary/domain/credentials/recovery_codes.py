"""How does somebody come in who lost her factors, by codes that she printed before? SP 800-63B-4 section 4.2.1.1.

Ten codes of 100 random bits each; only hashes are kept, each works once, and new codes void all earlier ones. They are
written in the base32 of Douglas Crockford: no I, L, O and U, and whoever types one of the first three is understood.
"""

from __future__ import annotations

from datetime import datetime

from ostiary.domain.credentials.model import RecoveryCode
from ostiary.domain.credentials.ports import CredentialRows
from ostiary.kit import ids
from ostiary.kit.crypto.secret_hash import hash_secret
from ostiary.kit.redaction import Secret

CODES = 10
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 4, 5
_LENGTH = _GROUPS * _GROUP
_LONGEST_TYPED = 64
_UNDERSTOOD = str.maketrans({"I": "1", "L": "1", "O": "0"})


class RecoveryCodeWrong(Exception):
    """Not a code, not hers, or used already; the text is for the operator."""


def make_codes(rows: CredentialRows, person_id: str, now: datetime) -> tuple[Secret, ...]:
    """Ten new codes, to be shown once; all earlier ones of the person are void, used or not."""
    codes = [ids.random_text(_ALPHABET, _LENGTH) for _ in range(CODES)]
    rows.delete_recovery_codes(person_id)
    rows.add_recovery_codes([RecoveryCode(_hash(person_id, code), person_id, created_at=now) for code in codes])
    return tuple(Secret(_readable(code)) for code in codes)


def use_code(rows: CredentialRows, person_id: str, typed: str, now: datetime) -> int:
    """Use the code up; how many are left. Raises RecoveryCodeWrong, also in the second of two uses at one moment.

    The caller counts the guess before. A transaction that fails afterwards gives the code back.
    """
    code = _typed_code(typed)
    if not rows.use_recovery_code(person_id, _hash(person_id, code), now):
        raise RecoveryCodeWrong("no unused recovery code of the person")
    return codes_left(rows, person_id)


def codes_left(rows: CredentialRows, person_id: str) -> int:
    return sum(code.used_at is None for code in rows.recovery_codes(person_id))


def _typed_code(typed: str) -> str:
    """Case, blanks and hyphens do not count. Raises RecoveryCodeWrong."""
    if len(typed) > _LONGEST_TYPED or not typed.isascii():
        raise RecoveryCodeWrong("not of the form of a recovery code")
    code = "".join(typed.upper().split()).replace("-", "").translate(_UNDERSTOOD)
    if len(code) != _LENGTH or not set(code) <= set(_ALPHABET):
        raise RecoveryCodeWrong("not of the form of a recovery code")
    return code


def _hash(person_id: str, code: str) -> bytes:
    # The person is part of it, so that a stolen table must be searched for each of them alone.
    return hash_secret(f"recovery-code\0{person_id}\0{code}")


def _readable(code: str) -> str:
    return "-".join(code[start : start + _GROUP] for start in range(0, _LENGTH, _GROUP))
