"""What does one row of the table of sign-in policies say, and what do all rows for somebody say together?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import assert_never

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import PasswordProfile


class ScopeKind(StrEnum):
    """For whom a policy is: the people of a directory, the members of a group, whoever goes on to an application."""

    DIRECTORY = "directory"
    GROUP = "group"
    APPLICATION = "application"


class Factor(StrEnum):
    PASSKEY = "passkey"
    PASSWORD = "password"
    TOTP = "totp"
    EMAIL_CODE = "email-code"  # proves that somebody reads her mail; never counted as a second factor (BP01-5)
    UPSTREAM = "upstream"  # the OpenID Connect provider of her directory vouches for her (BP01-15)


class Prompt(StrEnum):
    """When the second factor is asked for after a password."""

    CONTEXT = "context"  # when the browser or the network is not one that she proved all factors in lately
    ALWAYS = "always"


class WithoutFactor(StrEnum):
    """What happens to somebody whose password is right and who has no second factor."""

    EMAIL_CODE = "email-code"
    ENROL = "enrol"
    BLOCK = "block"


class RiskAnswer(StrEnum):
    ALLOW = "allow"
    MFA_IF_ENROLLED = "mfa-if-enrolled"
    MFA = "mfa"
    BLOCK = "block"


class RiskLevel(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Registration(StrEnum):
    """Whether strangers may make an account in a directory for themselves."""

    OFF = "off"
    INVITATION = "invitation"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class SignInPolicy:
    """One row; what it leaves None it says nothing about. Times are whole minutes or days.

    `registration`, `terms_url`, `terms_version` and `recovery_approvers` belong to directories alone.
    """

    kind: ScopeKind
    name: str
    factors: tuple[Factor, ...] | None = None
    required: AssuranceLevel | None = None
    prompt: Prompt | None = None
    trust_device_days: int | None = None
    session_minutes: int | None = None
    idle_minutes: int | None = None
    step_up_minutes: int | None = None
    networks: tuple[str, ...] | None = None
    without_factor: WithoutFactor | None = None
    authenticators: tuple[str, ...] | None = None
    risk_low: RiskAnswer | None = None
    risk_medium: RiskAnswer | None = None
    risk_high: RiskAnswer | None = None
    risk_observe_only: bool | None = None
    risk_allow_networks: tuple[str, ...] | None = None
    risk_deny_networks: tuple[str, ...] | None = None
    dormant_days: int | None = None
    posture: tuple[str, ...] | None = None
    registration: Registration | None = None
    terms_url: str | None = None
    terms_version: str | None = None
    recovery_approvers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class RiskRules:
    """`allow_networks`: the score is not asked there; `deny_networks`: nobody signs in from there.

    `observe_only`: scores are recorded and change nothing.
    """

    low: RiskAnswer = RiskAnswer.ALLOW
    medium: RiskAnswer = RiskAnswer.MFA
    high: RiskAnswer = RiskAnswer.MFA
    observe_only: bool = False
    allow_networks: tuple[str, ...] = ()
    deny_networks: tuple[str, ...] = ()

    def answer(self, level: RiskLevel) -> RiskAnswer:
        return {RiskLevel.LOW: self.low, RiskLevel.MEDIUM: self.medium, RiskLevel.HIGH: self.high}[level]


@dataclass(frozen=True, slots=True)
class SignInRules:
    """What holds for one person, all her policies together; the defaults hold where no policy speaks.

    `networks`: each of the lists must contain her address. `authenticators`: AAGUIDs of the models that a new passkey
    may be of; None: any. `posture`: what a trusted hop must say of her device.
    """

    session: timedelta
    idle: timedelta
    password_profile: PasswordProfile
    factors: frozenset[Factor] = frozenset({Factor.PASSKEY, Factor.PASSWORD, Factor.TOTP, Factor.UPSTREAM})
    required: AssuranceLevel = AssuranceLevel.MULTI_FACTOR
    prompt: Prompt = Prompt.ALWAYS
    trust_device: timedelta = timedelta(days=30)
    step_up: timedelta = timedelta(minutes=5)
    networks: tuple[tuple[str, ...], ...] = ()
    without_factor: WithoutFactor = WithoutFactor.ENROL
    authenticators: frozenset[str] | None = None
    risk: RiskRules = RiskRules()
    dormant: timedelta = timedelta(days=90)
    posture: frozenset[str] = frozenset()
    registration: Registration = Registration.OFF
    terms_url: str = ""
    terms_version: str = ""
    recovery_approvers: tuple[str, ...] = ()

    @property
    def can_be_met(self) -> bool:
        """Whether the factors that are allowed can prove what is required."""
        if Factor.PASSKEY in self.factors:
            return True
        match self.required:
            case AssuranceLevel.PHISHING_RESISTANT:
                return False
            case AssuranceLevel.MULTI_FACTOR:
                return {Factor.PASSWORD, Factor.TOTP} <= self.factors or Factor.UPSTREAM in self.factors
            case AssuranceLevel.SINGLE_FACTOR:
                return not self.factors.isdisjoint({Factor.PASSWORD, Factor.EMAIL_CODE, Factor.UPSTREAM})
            case _:
                assert_never(self.required)

    @property
    def password_suffices(self) -> bool:
        """Whether a password may be all that somebody proves: then it must be longer (SP 800-63B-4 section 3.1.1.2)."""
        return Factor.PASSWORD in self.factors and self.required is AssuranceLevel.SINGLE_FACTOR
