"""Does the strictest of what is said win, and does silence say nothing?"""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Directory, Person, PersonStatus
from ostiary.domain.signin_policy.combining import combine
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import (
    Factor,
    Prompt,
    RiskAnswer,
    RiskLevel,
    ScopeKind,
    SignInPolicy,
    SignInRules,
    WithoutFactor,
)

WORKFORCE = Directory("workforce", session_minutes=600, idle_minutes=60)


def person(*groups: str, directory: str = "workforce") -> Person:
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return Person("p1", directory, "ada", "Ada", "", PersonStatus.ACTIVE, made, groups=groups)


def index(*policies: SignInPolicy) -> SignInPolicyIndex:
    return SignInPolicyIndex({"workforce": WORKFORCE}, {(p.kind, p.name): p for p in policies})


def of_directory(**said: object) -> SignInPolicy:
    return SignInPolicy(ScopeKind.DIRECTORY, "workforce", **said)  # type: ignore[arg-type]


def of_group(name: str, **said: object) -> SignInPolicy:
    return SignInPolicy(ScopeKind.GROUP, name, **said)  # type: ignore[arg-type]


def test_without_a_row_two_factors_are_asked_every_time() -> None:
    rules = index().rules_for(person())
    assert (rules.required, rules.prompt) == (AssuranceLevel.MULTI_FACTOR, Prompt.ALWAYS)
    assert (rules.session, rules.idle, rules.step_up) == (timedelta(hours=10), timedelta(hours=1), timedelta(minutes=5))
    assert Factor.EMAIL_CODE not in rules.factors


def test_a_directory_may_ask_for_less_than_the_house_begins_with() -> None:
    rules = index(of_directory(required=AssuranceLevel.SINGLE_FACTOR, prompt=Prompt.CONTEXT)).rules_for(person())
    assert (rules.required, rules.prompt) == (AssuranceLevel.SINGLE_FACTOR, Prompt.CONTEXT)


def test_a_group_may_ask_for_more_and_never_for_less() -> None:
    table = index(
        of_directory(required=AssuranceLevel.MULTI_FACTOR, session_minutes=300),
        of_group("admins", required=AssuranceLevel.PHISHING_RESISTANT, session_minutes=30),
        of_group("lax", required=AssuranceLevel.SINGLE_FACTOR, session_minutes=9000),
    )
    assert table.rules_for(person("admins")).required is AssuranceLevel.PHISHING_RESISTANT
    assert table.rules_for(person("admins")).session == timedelta(minutes=30)
    assert table.rules_for(person("lax")).required is AssuranceLevel.MULTI_FACTOR
    assert table.rules_for(person("lax")).session == timedelta(minutes=300)
    assert table.rules_for(person("admins", "lax")) == table.rules_for(person("lax", "admins"))


def test_an_application_binds_only_those_on_the_way_to_it() -> None:
    table = index(SignInPolicy(ScopeKind.APPLICATION, "bank", required=AssuranceLevel.PHISHING_RESISTANT))
    assert table.rules_for(person()).required is AssuranceLevel.MULTI_FACTOR
    assert table.rules_for(person(), application="bank").required is AssuranceLevel.PHISHING_RESISTANT


def test_factors_and_models_must_be_in_every_row_and_every_list_of_networks_must_hold_the_address() -> None:
    table = index(
        of_directory(
            factors=(Factor.PASSKEY, Factor.PASSWORD, Factor.TOTP), authenticators=("a", "b"), networks=("10.0.0.0/8",)
        ),
        of_group(
            "g", factors=(Factor.PASSKEY, Factor.EMAIL_CODE), authenticators=("b", "c"), networks=("10.1.0.0/16",)
        ),
    )
    rules = table.rules_for(person("g"))
    assert rules.factors == {Factor.PASSKEY}
    assert rules.authenticators == frozenset({"b"})
    assert rules.networks == (("10.0.0.0/8",), ("10.1.0.0/16",))


def test_risk_is_answered_by_the_strictest_row_and_observed_only_when_all_say_so() -> None:
    table = index(
        of_directory(risk_high=RiskAnswer.ALLOW, risk_observe_only=True, risk_deny_networks=("192.0.2.0/24",)),
        of_group("g", risk_high=RiskAnswer.BLOCK, risk_observe_only=False, risk_deny_networks=("198.51.100.0/24",)),
    )
    risk = table.rules_for(person("g")).risk
    assert risk.answer(RiskLevel.HIGH) is RiskAnswer.BLOCK
    assert not risk.observe_only
    assert risk.deny_networks == ("192.0.2.0/24", "198.51.100.0/24")
    assert table.rules_for(person()).risk.observe_only


def test_a_directory_that_is_not_known_has_the_strictest_rules() -> None:
    rules = index().rules_for(person(directory="gone"))
    assert rules.required is AssuranceLevel.PHISHING_RESISTANT
    assert (rules.session, rules.idle) == (timedelta(minutes=60), timedelta(minutes=15))


@pytest.mark.parametrize(
    ("factors", "required", "met"),
    [
        ({Factor.PASSKEY}, AssuranceLevel.PHISHING_RESISTANT, True),
        ({Factor.PASSWORD, Factor.TOTP}, AssuranceLevel.PHISHING_RESISTANT, False),
        ({Factor.PASSWORD, Factor.TOTP}, AssuranceLevel.MULTI_FACTOR, True),
        ({Factor.PASSWORD, Factor.EMAIL_CODE}, AssuranceLevel.MULTI_FACTOR, False),
        ({Factor.EMAIL_CODE}, AssuranceLevel.SINGLE_FACTOR, True),
        ({Factor.TOTP}, AssuranceLevel.SINGLE_FACTOR, False),
        (set(), AssuranceLevel.SINGLE_FACTOR, False),
    ],
)
def test_an_email_code_is_no_second_factor(factors: set[Factor], required: AssuranceLevel, met: bool) -> None:  # noqa: FBT001 - a column of the table
    rules = SignInRules(timedelta(1), timedelta(1), WORKFORCE.password_profile, frozenset(factors), required)
    assert rules.can_be_met is met


ROWS = st.builds(
    SignInPolicy,
    kind=st.just(ScopeKind.GROUP),
    name=st.sampled_from("abc"),
    factors=st.none() | st.lists(st.sampled_from(Factor), min_size=1).map(tuple),
    required=st.none() | st.sampled_from(AssuranceLevel),
    prompt=st.none() | st.sampled_from(Prompt),
    without_factor=st.none() | st.sampled_from(WithoutFactor),
    risk_medium=st.none() | st.sampled_from(RiskAnswer),
    session_minutes=st.none() | st.integers(5, 10_000),
    step_up_minutes=st.none() | st.integers(1, 60),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(ROWS, max_size=4), ROWS)
def test_one_more_row_never_makes_what_was_said_laxer(rows: list[SignInPolicy], more: SignInPolicy) -> None:
    before, after = combine(WORKFORCE, rows), combine(WORKFORCE, [*rows, more])
    for name, order in (("required", AssuranceLevel), ("prompt", Prompt), ("without_factor", WithoutFactor)):
        if any(getattr(row, name) is not None for row in rows):
            assert list(order).index(getattr(after, name)) >= list(order).index(getattr(before, name))
    if any(row.factors is not None for row in rows):
        assert after.factors <= before.factors
    assert after.session <= before.session
    assert combine(WORKFORCE, [*rows, SignInPolicy(ScopeKind.GROUP, "silent")]) == before
    assert combine(WORKFORCE, [more, *reversed(rows)]).required is after.required


def test_every_field_of_a_row_reaches_the_rules() -> None:
    """A field that nobody combines would be a promise that is not kept."""
    changed: dict[str, object] = {
        "factors": (Factor.PASSKEY,), "required": AssuranceLevel.SINGLE_FACTOR, "prompt": Prompt.CONTEXT,
        "without_factor": WithoutFactor.BLOCK, "authenticators": ("x",), "networks": ("10.0.0.0/8",),
        "risk_low": RiskAnswer.BLOCK, "risk_medium": RiskAnswer.BLOCK, "risk_high": RiskAnswer.BLOCK,
        "risk_observe_only": True, "risk_allow_networks": ("10.0.0.0/8",), "risk_deny_networks": ("10.0.0.0/8",),
        "posture": ("managed",), "registration": "open", "terms_url": "https://x.example", "terms_version": "9",
        "recovery_approvers": ("helpers",),
    }  # fmt: skip
    base = combine(WORKFORCE, [])
    for field in fields(SignInPolicy):
        if field.name in {"kind", "name"}:
            continue
        said = of_directory(**{field.name: changed.get(field.name, 1)})
        assert combine(WORKFORCE, [said]) != base, field.name
