"""What is the next step of somebody who followed a recovery link? A pure decision, asked anew at every step.

`methods` of her session are what she proved since: nothing, `otp`, or a passkey. A recovery code leads straight to
enrolment, for whoever uses one here has lost the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.signin_policy.model import Factor, SignInRules

_PASSKEY = frozenset({"hwk", "swk"})
_TOTP = "otp"


@dataclass(frozen=True, slots=True)
class Held:
    """What she still has, as far as the house knows."""

    totp: bool
    passkeys: bool
    recovery_codes: bool


@dataclass(frozen=True, slots=True)
class NextStep:
    """By which proofs she may go on, and what she may choose now; all False: only others can help her."""

    by_code: bool = False
    by_passkey: bool = False
    by_recovery_code: bool = False
    password: bool = False
    enrol: bool = False

    @property
    def must_prove(self) -> bool:
        return not (self.password or self.enrol)

    @property
    def needs_help(self) -> bool:
        return self.must_prove and not (self.by_code or self.by_passkey or self.by_recovery_code)


def next_step(rules: SignInRules, held: Held, methods: tuple[str, ...]) -> NextStep:
    phishing_resistant = rules.required is AssuranceLevel.PHISHING_RESISTANT
    password = Factor.PASSWORD in rules.factors and not phishing_resistant
    by_code = _TOTP in methods and not phishing_resistant
    if by_code or not _PASSKEY.isdisjoint(methods) or _link_suffices(rules, held):
        # The link alone gives a password and nothing more. Whoever has her passkey signs in with it, and needs no
        # other one from here.
        return NextStep(password=password, enrol=by_code)
    return NextStep(
        by_code=held.totp and Factor.TOTP in rules.factors and not phishing_resistant,
        by_passkey=held.passkeys and Factor.PASSKEY in rules.factors and password,
        by_recovery_code=held.recovery_codes,
    )


def _link_suffices(rules: SignInRules, held: Held) -> bool:
    """Where one factor is enough to sign in, unless she chose to have a second one."""
    return rules.password_suffices and not held.totp
