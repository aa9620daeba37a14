"""With what can a person sign in, and is it enough for what her rules ask?"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.ports import CredentialRows
from ostiary.domain.signin.current import SignedIn
from ostiary.domain.signin.guarded import is_guarded
from ostiary.domain.signin_policy.model import Factor


@dataclass(frozen=True, slots=True)
class Holdings:
    """How many of each kind work now. Recovery codes and mailed codes are no way to sign in: they lead back to one."""

    passwords: int
    authenticators: int
    passkeys: int

    def without(self, factor: Factor) -> Holdings:
        """One of that kind less."""
        match factor:
            case Factor.PASSWORD:
                return replace(self, passwords=self.passwords - 1)
            case Factor.TOTP:
                return replace(self, authenticators=self.authenticators - 1)
            case Factor.PASSKEY:
                return replace(self, passkeys=self.passkeys - 1)
            case Factor.EMAIL_CODE | Factor.UPSTREAM:
                return self

    def suffice(self, signed_in: SignedIn) -> bool:
        """Whether she reaches the level that is required of her when she has no more than these."""
        rules = signed_in.rules
        if Factor.PASSKEY in rules.factors and self.passkeys > 0:
            return True  # a passkey with user verification reaches every level
        if Factor.PASSWORD not in rules.factors or self.passwords < 1:
            return False
        required = rules.required
        if required is AssuranceLevel.SINGLE_FACTOR and not is_guarded(signed_in.person):
            return True
        second = Factor.TOTP in rules.factors and self.authenticators > 0
        return second and required is not AssuranceLevel.PHISHING_RESISTANT


def holdings_of(rows: CredentialRows, person_id: str) -> Holdings:
    password = rows.password(person_id)
    return Holdings(
        # A password that somebody else may know opens nothing but the way to a new one.
        passwords=int(password is not None and password.compromised_at is None),
        authenticators=sum(factor.confirmed_at is not None for factor in rows.totp_factors(person_id)),
        passkeys=len(rows.passkeys(person_id)),
    )
