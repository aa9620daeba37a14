"""What each level of risk is answered with, at the real door: the whole table (BP01-11)."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.signin_policy.model import Prompt, RiskAnswer, RiskLevel, ScopeKind, SignInPolicy
from ostiary.storage.transaction import Transaction
from people_house import PASSWORD, House
from web_browser import Browser, make_app, sign_in

LOW, MEDIUM, HIGH = RiskLevel
ALLOW, IF_ENROLLED, MFA, BLOCK = RiskAnswer
IN, SECOND_STEP, REFUSED = "/", "/signin/code", None


@pytest.mark.parametrize("level", RiskLevel)
@pytest.mark.parametrize(
    ("answer", "enrolled", "expected"),
    [
        (ALLOW, False, IN),
        (IF_ENROLLED, False, IN),
        (MFA, False, SECOND_STEP),
        (BLOCK, False, REFUSED),
        (ALLOW, True, IN),
        (IF_ENROLLED, True, SECOND_STEP),
        (MFA, True, SECOND_STEP),
        (BLOCK, True, REFUSED),
    ],
)
def test_a_level_is_answered_as_the_table_says(
    house: House, level: RiskLevel, answer: RiskAnswer, expected: str | None, *, enrolled: bool
) -> None:
    browser = coming_with(house, level, enrolled=enrolled, **{f"risk_{level.value}": answer})
    if answer is ALLOW and enrolled and level is not LOW:
        expected = SECOND_STEP  # by the other rule: the browser is not the one where she proved her factor
    assert answer_of(browser) == expected
    assert levels_noted(house) <= {level.value}


@pytest.mark.parametrize("level", [MEDIUM, HIGH])
def test_observed_risk_lets_in_and_says_what_would_have_been(house: House, level: RiskLevel) -> None:
    answers = {f"risk_{level.value}": BLOCK, "risk_observe_only": True}
    browser = coming_with(house, level, enrolled=False, **answers)
    assert answer_of(browser) == IN
    [event] = [event for event in house.events("AssessRisk") if event.details["intended"] == "block"]
    assert (event.details["answer"], event.details["level"]) == ("allow", level.value)


def coming_with(house: House, level: RiskLevel, *, enrolled: bool, **said: Any) -> Browser:
    """Ada, whose directory asks for a password alone, on the way in."""
    app, ada = make_app(house), house.enrol()
    usual, strange = Browser(app), Browser(app, address="198.51.100.9")
    sign_in(usual, ada)
    del usual.cookies["ostiary_session"]
    if not enrolled:
        lose_factors(house)
    if level is HIGH:
        house.clock.advance(timedelta(days=91))
    silent = {f"risk_{one.value}": ALLOW for one in RiskLevel}
    row = {"required": AssuranceLevel.SINGLE_FACTOR, "prompt": Prompt.CONTEXT, **silent, **said}
    house.put_policy(SignInPolicy(ScopeKind.DIRECTORY, "workforce", **row))
    return usual if level is LOW else strange


def answer_of(browser: Browser) -> str | None:
    browser.get("/signin")
    answer = browser.post("/signin", {"username": "ada", "password": PASSWORD})
    return answer.headers["location"] if answer.status_code == 303 else None


def levels_noted(house: House) -> set[str]:
    last = house.events("AssessRisk")[:1]
    return {str(event.details["level"]) for event in last if event.source_ip == "198.51.100.9"}


def lose_factors(house: House) -> None:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name("ada")
        assert person is not None
        factors = tx.credentials.totp_factors(person.person_id)
    for factor in factors:
        house.database.write(partial(_delete, factor.factor_id))


def _delete(factor_id: str, tx: Transaction) -> None:
    tx.credentials.delete_totp_factor(factor_id)
