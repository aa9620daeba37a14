"""When is a second step right, and used up? Each function checks inside the transaction that uses what was proved.

ORDER: the code is used up before anything is made from it, so a second use at the same moment gets nothing.
"""

from __future__ import annotations

from datetime import datetime

from ostiary.domain.credentials.authenticator import Authenticators, CodeWrong
from ostiary.domain.credentials.recovery_codes import RecoveryCodeWrong, use_code
from ostiary.domain.signin.errors import CodeRefused
from ostiary.domain.signin.slices import SigninSlice


def prove_totp(tx: SigninSlice, authenticators: Authenticators, person_id: str, code: str, now: datetime) -> str:
    """The factor that gave the code. Raises CodeRefused."""
    confirmed = [factor for factor in tx.credentials.totp_factors(person_id) if factor.confirmed_at is not None]
    try:
        accepted = authenticators.check(confirmed, code, now)
    except CodeWrong as wrong:
        raise CodeRefused(str(wrong)) from None
    if not tx.credentials.advance_totp_step(accepted.factor.factor_id, accepted.step):
        raise CodeRefused("the code was used already")
    return accepted.factor.factor_id


def prove_recovery_code(tx: SigninSlice, person_id: str, typed: str, now: datetime) -> int:
    """How many are left. Raises CodeRefused."""
    try:
        return use_code(tx.credentials, person_id, typed, now)
    except RecoveryCodeWrong as wrong:
        raise CodeRefused(str(wrong)) from None
