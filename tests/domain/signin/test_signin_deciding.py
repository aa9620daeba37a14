"""What does somebody get for what she proved? The pure decision, case by case."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.credentials.model import Password
from ostiary.domain.directory.model import PasswordProfile
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin.deciding import (
    Facts,
    Held,
    Option,
    Verdict,
    check_factors_allowed,
    decide,
    methods_of,
)
from ostiary.domain.signin.errors import Refusal, SignInRefused
from ostiary.domain.signin_policy.model import Factor, Prompt, RiskAnswer, SignInRules, WithoutFactor
from people_house import MORNING

_SINGLE, _MULTI, _RESISTANT = AssuranceLevel
_RULES = SignInRules(timedelta(hours=12), timedelta(hours=1), PasswordProfile.NIST)
_PASSWORD = Password("p1", "$argon2id$", MORNING)
_ALL = Held(_PASSWORD, passkeys=1, totp=1, recovery_codes=10, address=True)
_TOTP = Held(_PASSWORD, totp=1, recovery_codes=10, address=True)
_NOTHING = Held(_PASSWORD, address=True)


def _facts(proved: str, held: Held, rules: SignInRules = _RULES, **more: object) -> Facts:
    methods = methods_of(proved.split(), held, rules)
    return replace(Facts(rules, methods, held, MORNING), **more)  # type: ignore[arg-type]


def _decide(proved: str, held: Held, rules: SignInRules = _RULES, **more: object) -> Verdict:
    return decide(_facts(proved, held, rules, **more))


def _refused(proved: str, held: Held, rules: SignInRules = _RULES, **more: object) -> Refusal:
    with pytest.raises(SignInRefused) as refused:
        _decide(proved, held, rules, **more)
    return refused.value.refusal


@pytest.mark.parametrize(
    ("proved", "methods"),
    [
        ("pwd", ("pwd",)),
        ("pwd otp", ("pwd", "otp", "mfa")),
        ("swk user", ("swk", "user", "mfa")),
        ("swk", ("swk",)),
        ("pwd swk", ("pwd", "swk", "mfa")),
        ("pwd email", ("pwd", "email")),
        ("email otp", ("email", "otp")),
        ("pwd mfa", ("pwd",)),
        ("pwd rc", ("pwd", "rc", "mfa")),
        ("email rc", ("email", "rc")),
    ],
)
def test_amr_says_mfa_only_where_two_factors_were_proved(proved: str, methods: tuple[str, ...]) -> None:
    assert methods_of(proved.split(), _TOTP, _RULES) == methods


def test_a_recovery_code_is_no_factor_when_none_is_left_that_it_stands_for() -> None:
    assert methods_of(["pwd", "rc"], Held(_PASSWORD, recovery_codes=3), _RULES) == ("pwd", "rc")


def test_after_a_password_her_factors_lead_on_and_mail_does_not() -> None:
    verdict = _decide("pwd", _ALL)
    assert verdict.level is SessionLevel.FIRST_FACTOR
    assert verdict.options == {Option.PASSKEY, Option.TOTP, Option.RECOVERY_CODE}


@pytest.mark.parametrize("proved", ["pwd otp", "swk user", "pwd hwk user", "pwd rc"])
def test_two_factors_are_all_that_multi_factor_asks_for(proved: str) -> None:
    assert _decide(proved, _ALL).level is SessionLevel.FULL


def test_only_a_passkey_finishes_where_phishing_resistance_is_required() -> None:
    rules = replace(_RULES, required=_RESISTANT)
    assert _decide("pwd", _ALL, rules).options == {Option.PASSKEY}
    assert _decide("pwd otp", _ALL, rules).options == {Option.PASSKEY}
    assert _decide("swk user", _ALL, rules).level is SessionLevel.FULL


def test_who_has_no_passkey_yet_registers_one_after_all_that_she_has() -> None:
    rules = replace(_RULES, required=_RESISTANT)
    assert _decide("pwd", _TOTP, rules).options == {Option.TOTP, Option.RECOVERY_CODE}
    assert _decide("pwd otp", _TOTP, rules).level is SessionLevel.ENROLMENT


def test_a_registered_factor_is_asked_for_also_where_nobody_must_have_one() -> None:
    rules = replace(_RULES, required=_SINGLE)
    assert _decide("pwd", _TOTP, rules).level is SessionLevel.FIRST_FACTOR
    assert _decide("pwd", _NOTHING, rules).level is SessionLevel.FULL


@pytest.mark.parametrize(
    ("policy", "level"),
    [(WithoutFactor.ENROL, SessionLevel.ENROLMENT), (WithoutFactor.EMAIL_CODE, SessionLevel.FIRST_FACTOR)],
)
def test_what_happens_without_a_factor_is_a_rule(policy: WithoutFactor, level: SessionLevel) -> None:
    assert _decide("pwd", _NOTHING, replace(_RULES, without_factor=policy)).level is level


def test_without_a_factor_the_rule_may_be_to_block() -> None:
    assert _refused("pwd", _NOTHING, replace(_RULES, without_factor=WithoutFactor.BLOCK)) is Refusal.NO_FACTOR


def test_a_mailed_code_in_place_of_a_factor_is_told_as_what_it_is() -> None:
    rules = replace(_RULES, without_factor=WithoutFactor.EMAIL_CODE)
    facts = _facts("pwd email", _NOTHING, rules)
    assert decide(facts).level is SessionLevel.FULL
    assert "mfa" not in facts.methods
    assert _refused("pwd", replace(_NOTHING, address=False), rules) is Refusal.NO_FACTOR


@pytest.mark.parametrize("guarded", [True, False])
def test_a_guarded_account_is_never_let_in_by_mail(*, guarded: bool) -> None:
    rules = replace(_RULES, required=_SINGLE, without_factor=WithoutFactor.EMAIL_CODE)
    expected = SessionLevel.ENROLMENT if guarded else SessionLevel.FULL
    assert _decide("pwd email", _NOTHING, rules, guarded=guarded).level is expected


def test_a_guarded_account_needs_two_factors_whatever_the_table_says() -> None:
    rules = replace(_RULES, required=_SINGLE, prompt=Prompt.CONTEXT)
    assert _decide("pwd", _TOTP, rules, guarded=True, familiar=True).level is SessionLevel.FIRST_FACTOR


def test_a_trusted_browser_stands_in_for_the_second_factor_and_amr_says_so() -> None:
    facts = _facts("pwd", _TOTP, replace(_RULES, prompt=Prompt.CONTEXT), familiar=True)
    assert decide(facts) == Verdict(SessionLevel.FULL, _SINGLE)
    assert facts.methods == ("pwd",)


@pytest.mark.parametrize(
    "change",
    [
        {"familiar": False},
        {"answer": RiskAnswer.MFA},
        {"answer": RiskAnswer.MFA_IF_ENROLLED},
        {"guarded": True},
        {"held": replace(_TOTP, password=replace(_PASSWORD, compromised_at=MORNING))},
        {"rules": replace(_RULES, prompt=Prompt.ALWAYS)},
        {"rules": replace(_RULES, prompt=Prompt.CONTEXT, required=_RESISTANT)},
    ],
)
def test_a_trusted_browser_stands_in_for_nothing_when_something_speaks_against_it(change: dict[str, object]) -> None:
    facts = _facts("pwd", _TOTP, replace(_RULES, prompt=Prompt.CONTEXT), familiar=True)
    assert decide(replace(facts, **change)).level is SessionLevel.FIRST_FACTOR  # type: ignore[arg-type]


def test_a_trusted_browser_of_somebody_without_factors_lets_her_enrol_only() -> None:
    rules = replace(_RULES, prompt=Prompt.CONTEXT)
    assert _decide("pwd", _NOTHING, rules, familiar=True).level is SessionLevel.ENROLMENT


def test_risk_blocks_whoever_proved_whatever() -> None:
    assert _refused("swk user", _ALL, answer=RiskAnswer.BLOCK) is Refusal.RISK


def test_risk_asks_for_two_factors_where_one_would_do() -> None:
    rules = replace(_RULES, required=_SINGLE)
    by_mail = _decide("pwd", _NOTHING, rules, answer=RiskAnswer.MFA)
    assert by_mail.options == {Option.EMAIL_CODE}
    assert _decide("pwd email", _NOTHING, rules, answer=RiskAnswer.MFA).level is SessionLevel.ENROLMENT
    assert _decide("pwd", _NOTHING, rules, answer=RiskAnswer.MFA_IF_ENROLLED).level is SessionLevel.FULL


def test_a_compromised_password_opens_only_the_way_to_a_new_one() -> None:
    held = replace(_TOTP, password=replace(_PASSWORD, compromised_at=MORNING))
    assert _decide("pwd", held).level is SessionLevel.FIRST_FACTOR
    assert _decide("pwd otp", held).level is SessionLevel.ENROLMENT


def test_a_compromised_password_alone_changes_nothing_without_her_mail() -> None:
    rules = replace(_RULES, required=_SINGLE)
    held = replace(_NOTHING, password=replace(_PASSWORD, compromised_at=MORNING))
    assert _decide("pwd", held, rules).options == {Option.EMAIL_CODE}
    assert _decide("pwd email", held, rules).level is SessionLevel.ENROLMENT
    assert _refused("pwd", replace(held, address=False), rules) is Refusal.NO_FACTOR


def test_an_old_password_is_replaced_after_all_factors_also_on_a_trusted_browser() -> None:
    rules = replace(_RULES, password_profile=PasswordProfile.AWS, prompt=Prompt.CONTEXT)
    later = MORNING + timedelta(days=91)
    assert _decide("pwd", _TOTP, rules, now=later, familiar=True).level is SessionLevel.FIRST_FACTOR
    assert _decide("pwd otp", _TOTP, rules, now=later).must_choose_password
    assert _decide("swk user", _ALL, rules, now=later).level is SessionLevel.FULL


def test_a_recovery_code_of_who_lost_all_factors_leads_to_new_ones_only() -> None:
    held = Held(_PASSWORD, recovery_codes=3, address=True)
    for policy in WithoutFactor:
        rules = replace(_RULES, without_factor=policy)
        assert _decide("pwd", held, rules).options == {Option.RECOVERY_CODE}
        assert _decide("pwd rc", replace(held, recovery_codes=2), rules).level is SessionLevel.ENROLMENT


def test_a_password_alone_registers_nothing_beside_a_factor_that_the_rules_do_not_take_any_more() -> None:
    rules = replace(_RULES, factors=frozenset({Factor.PASSWORD, Factor.PASSKEY}), required=_RESISTANT)
    assert _refused("pwd", replace(_TOTP, recovery_codes=0), rules) is Refusal.NO_FACTOR


def test_a_mailed_code_alone_never_reaches_two_factors() -> None:
    rules = replace(_RULES, factors=frozenset(Factor))
    assert _refused("email", _TOTP, rules) is Refusal.NO_FACTOR
    assert _decide("email", _ALL, rules).options == {Option.PASSKEY}
    assert _decide("email", _NOTHING, replace(rules, required=_SINGLE)).level is SessionLevel.FULL
    assert _decide("email", _TOTP, replace(rules, required=_SINGLE)).options == {Option.TOTP}


@pytest.mark.parametrize(("proved", "left"), [("pwd", Factor.PASSKEY), ("otp", Factor.PASSWORD), ("swk", Factor.TOTP)])
def test_a_proof_that_the_rules_do_not_take_is_refused(proved: str, left: Factor) -> None:
    with pytest.raises(SignInRefused) as refused:
        check_factors_allowed(replace(_RULES, factors=frozenset({left})), [proved])
    assert refused.value.refusal is Refusal.FACTOR


def test_a_proof_that_nobody_knows_is_refused() -> None:
    with pytest.raises(SignInRefused):
        check_factors_allowed(_RULES, ["kba"])


@pytest.mark.parametrize("policy", [WithoutFactor.ENROL, WithoutFactor.EMAIL_CODE])
def test_a_mailed_code_is_not_both_steps_of_somebody_who_has_a_password(policy: WithoutFactor) -> None:
    rules = replace(_RULES, factors=_RULES.factors | {Factor.EMAIL_CODE}, without_factor=policy)
    assert _refused("email", _NOTHING, rules) is Refusal.NO_FACTOR
    shop = replace(rules, required=_SINGLE)
    assert _refused("email", _NOTHING, shop, answer=RiskAnswer.MFA) is Refusal.NO_FACTOR
    assert _decide("email", _NOTHING, shop).level is SessionLevel.FULL
    assert _decide("pwd", _NOTHING, shop, answer=RiskAnswer.MFA).options == {Option.EMAIL_CODE}
    without_password = Held(address=True)
    level = _decide("email", without_password, rules).level
    assert level is (SessionLevel.ENROLMENT if policy is WithoutFactor.ENROL else SessionLevel.FULL)


def test_a_mailed_code_alone_enrols_nobody_whose_account_raises_an_alarm() -> None:
    rules = replace(_RULES, factors=_RULES.factors | {Factor.EMAIL_CODE}, without_factor=WithoutFactor.EMAIL_CODE)
    assert _refused("email", Held(address=True), rules, guarded=True) is Refusal.NO_FACTOR
