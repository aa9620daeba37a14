"""What the word of an upstream provider is worth, case by case (BP01-15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.domain.audit.caller import Assurance, AssuranceLevel
from ostiary.domain.credentials.model import Password
from ostiary.domain.directory.model import PasswordProfile
from ostiary.domain.federation.upstream import UpstreamProvider
from ostiary.domain.federation.upstream import methods_of as vouched_for
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.deciding import Facts, Held, Option, check_factors_allowed, decide, methods_of
from ostiary.domain.signin.errors import SignInRefused
from ostiary.domain.signin_policy.model import Factor, Prompt, RiskAnswer, SignInRules, WithoutFactor
from people_house import MORNING

_SINGLE, _MULTI, _RESISTANT = AssuranceLevel
_RULES = SignInRules(timedelta(hours=12), timedelta(hours=1), PasswordProfile.NIST)
_TOTP = Held(Password("p1", "$argon2id$", MORNING), totp=1, recovery_codes=10)
_PASSKEY = Held(passkeys=1)
_FULL, _FIRST, _ENROLMENT = SessionLevel.FULL, SessionLevel.FIRST_FACTOR, SessionLevel.ENROLMENT


@pytest.mark.parametrize(
    ("proved", "methods", "level"),
    [
        ("fed", ("fed",), _SINGLE),
        ("fed mfa", ("fed", "mfa"), _MULTI),
        ("fed mfa phr", ("fed", "phr", "mfa"), _RESISTANT),
        ("fed phr", ("fed", "phr"), _SINGLE),
        ("fed otp", ("fed", "otp", "mfa"), _MULTI),
        ("fed swk user", ("fed", "swk", "user", "mfa"), _RESISTANT),
        ("fed rc", ("fed", "rc", "mfa"), _MULTI),
        ("fed email", ("fed", "email"), _SINGLE),
        ("fed pwd", ("fed", "pwd"), _SINGLE),
        ("pwd mfa", ("pwd",), _SINGLE),
        ("email mfa", ("email",), _SINGLE),
    ],
)
def test_what_is_proved_with_it(proved: str, methods: tuple[str, ...], level: AssuranceLevel) -> None:
    found = methods_of(proved.split(), _TOTP, _RULES)
    assert found == methods
    assert Assurance(found).level is level


@pytest.mark.parametrize(
    ("proved", "held", "rules", "level", "options"),
    [
        ("fed", _TOTP, {}, _FIRST, {Option.TOTP, Option.RECOVERY_CODE}),
        ("fed", _PASSKEY, {}, _FIRST, {Option.PASSKEY}),
        ("fed", Held(), {}, _ENROLMENT, set()),
        ("fed mfa", _TOTP, {}, _FULL, set()),
        ("fed mfa", Held(), {}, _FULL, set()),
        ("fed", Held(), {"required": _SINGLE}, _FULL, set()),
        ("fed", _TOTP, {"required": _SINGLE}, _FIRST, {Option.TOTP, Option.RECOVERY_CODE}),
        ("fed", _TOTP, {"prompt": Prompt.CONTEXT}, _FIRST, {Option.TOTP, Option.RECOVERY_CODE}),
        ("fed mfa", _PASSKEY, {"required": _RESISTANT}, _FIRST, {Option.PASSKEY}),
        ("fed mfa", Held(), {"required": _RESISTANT}, _ENROLMENT, set()),
        ("fed mfa phr", Held(), {"required": _RESISTANT}, _FULL, set()),
    ],
)
def test_what_follows(
    proved: str, held: Held, rules: dict[str, object], level: SessionLevel, options: set[Option]
) -> None:
    changed = replace(_RULES, **rules)  # type: ignore[arg-type]
    methods = methods_of(proved.split(), held, changed)
    verdict = decide(Facts(changed, methods, held, MORNING, familiar=True))
    assert (verdict.level, set(verdict.options)) == (level, options)


def test_without_evidence_and_factor_the_rules_may_keep_her_out() -> None:
    rules = replace(_RULES, without_factor=WithoutFactor.BLOCK)
    with pytest.raises(SignInRefused):
        decide(Facts(rules, ("fed",), Held(), MORNING))


def test_risk_holds_for_it_too() -> None:
    with pytest.raises(SignInRefused):
        decide(Facts(_RULES, ("fed", "mfa"), _TOTP, MORNING, answer=RiskAnswer.BLOCK))


def test_factors_that_are_listed_without_it_refuse_it() -> None:
    rules = replace(_RULES, factors=frozenset({Factor.PASSKEY}))
    with pytest.raises(SignInRefused):
        check_factors_allowed(rules, ("fed", "mfa"))
    check_factors_allowed(_RULES, ("fed", "mfa", "phr"))


def test_no_value_of_a_provider_counts_by_itself() -> None:
    plain = UpstreamProvider("x", "workforce", "https://x.example.com", "us", "X")
    claims = {"acr": "phr", "amr": ["mfa", "hwk", "otp", "pwd"]}
    assert vouched_for(plain, claims) == ("fed",)
    assert vouched_for(replace(plain, mfa_amr=("otp",)), claims) == ("fed", "mfa")
    assert vouched_for(replace(plain, phishing_resistant_amr=("hwk",)), claims) == ("fed", "mfa", "phr")
