"""What does somebody get for what she proved: everything, the next step, enrolment, or nothing? A pure decision.

The facts come from `arrival.py`, and nowhere else is it decided. Where two rules disagree the stricter one holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ostiary.domain.audit.caller import Assurance, AssuranceLevel
from ostiary.domain.credentials.model import Password
from ostiary.domain.credentials.password_policy import rules_of
from ostiary.domain.federation.upstream import RESISTANT, VOUCHED
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.errors import Refusal, SignInRefused
from ostiary.domain.signin_policy.model import Factor, Prompt, RiskAnswer, SignInRules, WithoutFactor

PASSWORD, TOTP, EMAIL_CODE, RECOVERY_CODE, BOTH = "pwd", "otp", "email", "rc", "mfa"  # RFC 8176
PASSKEYS = frozenset({"hwk", "swk"})
_SECOND = PASSKEYS | {TOTP, RECOVERY_CODE}
_LEVELS = list(AssuranceLevel)
_FIRST = frozenset({PASSWORD, VOUCHED})  # what leads to a code of an app or of paper
_FACTORS = {
    PASSWORD: Factor.PASSWORD,
    TOTP: Factor.TOTP,
    "hwk": Factor.PASSKEY,
    "swk": Factor.PASSKEY,
    VOUCHED: Factor.UPSTREAM,
}


class Option(StrEnum):
    """By what somebody may go on after the first step."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY_CODE = "recovery-code"
    EMAIL_CODE = "email-code"


@dataclass(frozen=True, slots=True)
class Held:
    """What a person could prove: confirmed factors, whatever the rules say of them, and where mail reaches her."""

    password: Password | None = None
    passkeys: int = 0
    totp: int = 0
    recovery_codes: int = 0
    address: bool = False

    def usable_passkeys(self, rules: SignInRules) -> bool:
        return Factor.PASSKEY in rules.factors and self.passkeys > 0

    def usable_totp(self, rules: SignInRules) -> bool:
        return Factor.TOTP in rules.factors and self.totp > 0

    def has_factor(self, rules: SignInRules) -> bool:
        """Whether there is a second factor that the rules take."""
        return self.usable_passkeys(rules) or self.usable_totp(rules)


@dataclass(frozen=True, slots=True)
class Facts:
    """`methods` is all that was proved on this way in; `familiar`: browser and network are those she trusts.

    `answer` is what the risk engine wants; `guarded`: the account raises an alarm at each use.
    """

    rules: SignInRules
    methods: tuple[str, ...]
    held: Held
    now: datetime
    guarded: bool = False
    familiar: bool = False
    answer: RiskAnswer = RiskAnswer.ALLOW

    @property
    def has_factor(self) -> bool:
        return self.held.has_factor(self.rules)

    @property
    def compromised(self) -> bool:
        """Whether the password that was proved may be known to others."""
        password = self.held.password
        return PASSWORD in self.methods and password is not None and password.compromised_at is not None

    @property
    def must_choose_password(self) -> bool:
        password, max_age = self.held.password, rules_of(self.rules.password_profile).max_age
        if PASSWORD not in self.methods or password is None:
            return False
        return self.compromised or (max_age is not None and self.now - password.changed_at >= max_age)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`options` are there when the level is FIRST_FACTOR; `needed` is what the rules asked for.

    `must_choose_password`: all is proved, and it is ENROLMENT only because the password must be replaced.
    """

    level: SessionLevel
    needed: AssuranceLevel
    options: frozenset[Option] = frozenset()
    must_choose_password: bool = False


def methods_of(proved: Iterable[str], held: Held, rules: SignInRules) -> tuple[str, ...]:
    """The `amr` of all that was proved; `mfa` only where two factors were (RFC 8176 section 2).

    A passkey counts as both when the authenticator verified its user. A recovery code stands for a factor that was left
    at home: for one that she does not have any more it does not stand. A mailed code is never a factor.
    What an upstream provider vouches for counts like a password, and as two factors where `mfa` is given with it.
    """
    given = dict.fromkeys(proved)
    methods = [method for method in given if method != BOTH]
    verified_passkey = "user" in methods and not PASSKEYS.isdisjoint(methods)
    left_at_home = RECOVERY_CODE in methods and held.has_factor(rules)
    second = TOTP in methods or not PASSKEYS.isdisjoint(methods) or left_at_home
    evidence = VOUCHED in given and BOTH in given
    both = verified_passkey or evidence or (second and not _FIRST.isdisjoint(methods))
    return (*methods, BOTH) if both else tuple(methods)


def check_factors_allowed(rules: SignInRules, proved: Iterable[str]) -> None:
    """Raises SignInRefused for a proof that the rules do not take, or that nobody knows."""
    for method in proved:
        factor = _FACTORS.get(method)
        if factor is not None and factor not in rules.factors:
            raise SignInRefused(f"the rules do not allow {factor.value}", refusal=Refusal.FACTOR)
        if factor is None and method not in {EMAIL_CODE, RECOVERY_CODE, "user", BOTH, RESISTANT}:
            raise SignInRefused(f"nothing says what `{method}` proves", refusal=Refusal.FACTOR)


def decide(facts: Facts) -> Verdict:
    """Raises SignInRefused when what was proved leads nowhere."""
    if facts.answer is RiskAnswer.BLOCK:
        raise SignInRefused("the risk is too high", refusal=Refusal.RISK)
    needed = _needed(facts)
    if _reaches(facts, needed) and not _owes_her_factor(facts):
        return _arrived(facts, needed)
    options = _options(facts, needed)
    if options:
        return Verdict(SessionLevel.FIRST_FACTOR, needed, options)
    return _without_factor(facts, needed)


def _needed(facts: Facts) -> AssuranceLevel:
    needed = [facts.rules.required]
    if facts.guarded or facts.compromised or facts.answer is RiskAnswer.MFA:
        needed.append(AssuranceLevel.MULTI_FACTOR)
    if facts.answer is RiskAnswer.MFA_IF_ENROLLED and facts.has_factor:
        needed.append(AssuranceLevel.MULTI_FACTOR)
    strictest = max(needed, key=_LEVELS.index)
    if strictest is AssuranceLevel.MULTI_FACTOR and context_suffices(facts):
        return AssuranceLevel.SINGLE_FACTOR
    return strictest


def context_suffices(facts: Facts) -> bool:
    """BP01-2: a browser and a network where she proved all her factors stand in for the second one, once more."""
    unsuspicious = facts.answer is RiskAnswer.ALLOW and not facts.compromised and not facts.guarded
    context = facts.rules.prompt is Prompt.CONTEXT and facts.familiar
    # Whoever must choose a new password proves all factors first: that step can change what opens the account.
    settled = PASSWORD in facts.methods and not facts.must_choose_password
    return context and unsuspicious and facts.has_factor and settled


def _owes_her_factor(facts: Facts) -> bool:
    """A factor that she registered is asked for, also where nobody must have one; not where two were proved."""
    proved = BOTH in facts.methods or not _SECOND.isdisjoint(facts.methods)
    return facts.has_factor and not proved and not context_suffices(facts)


def _reaches(facts: Facts, needed: AssuranceLevel) -> bool:
    level = Assurance(facts.methods).level
    return level is not None and _LEVELS.index(level) >= _LEVELS.index(needed)


def _arrived(facts: Facts, needed: AssuranceLevel) -> Verdict:
    if facts.must_choose_password:
        return Verdict(SessionLevel.ENROLMENT, needed, must_choose_password=True)
    return Verdict(SessionLevel.FULL, needed)


def _options(facts: Facts, needed: AssuranceLevel) -> frozenset[Option]:
    options = set()
    passkeys = facts.held.usable_passkeys(facts.rules)
    if passkeys and PASSKEYS.isdisjoint(facts.methods):
        options.add(Option.PASSKEY)
    only_passkey = needed is AssuranceLevel.PHISHING_RESISTANT and passkeys
    if _SECOND.isdisjoint(facts.methods) and not only_passkey:
        first = not _FIRST.isdisjoint(facts.methods)
        leads_on = first or needed is AssuranceLevel.SINGLE_FACTOR
        if facts.held.usable_totp(facts.rules) and leads_on:
            options.add(Option.TOTP)
        if facts.held.recovery_codes and first:
            options.add(Option.RECOVERY_CODE)
    return frozenset(options)


def _without_factor(facts: Facts, needed: AssuranceLevel) -> Verdict:
    """Nothing that she has leads further: what her rules say for that case (BP01-1, BP01-5)."""
    policy = facts.rules.without_factor
    enrol = Verdict(SessionLevel.ENROLMENT, needed)
    if not _SECOND.isdisjoint(facts.methods):
        # She proved what she has, and the rules ask for more: registering it is the way on.
        return enrol
    if policy is WithoutFactor.BLOCK:
        raise SignInRefused("she has no factor that her rules take", refusal=Refusal.NO_FACTOR)
    if facts.held.passkeys or facts.held.totp:
        # A password alone must not register a new factor beside one that it was kept behind.
        raise SignInRefused("her factors are not those that her rules take", refusal=Refusal.NO_FACTOR)
    if _came_by_mail_alone(facts):
        raise SignInRefused("a mailed code alone, where more is asked than that", refusal=Refusal.NO_FACTOR)
    replaceable = needed is AssuranceLevel.MULTI_FACTOR and not facts.guarded
    doubted = facts.compromised or facts.answer is RiskAnswer.MFA
    if doubted or (policy is WithoutFactor.EMAIL_CODE and replaceable):
        if EMAIL_CODE not in facts.methods:
            return _by_mail(facts, needed)
        if policy is WithoutFactor.EMAIL_CODE and replaceable:
            return _arrived(facts, needed)
    return enrol


def _came_by_mail_alone(facts: Facts) -> bool:
    """Reading her mail must not spare her the password that she has, nor open an account that raises an alarm."""
    has_password = facts.held.password is not None and Factor.PASSWORD in facts.rules.factors
    return EMAIL_CODE in facts.methods and _FIRST.isdisjoint(facts.methods) and (facts.guarded or has_password)


def _by_mail(facts: Facts, needed: AssuranceLevel) -> Verdict:
    if not facts.held.address:
        raise SignInRefused("she has no factor, and no address for a code", refusal=Refusal.NO_FACTOR)
    return Verdict(SessionLevel.FIRST_FACTOR, needed, frozenset({Option.EMAIL_CODE}))
