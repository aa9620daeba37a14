"""Are the examples of docs/sign-in.md what the page says they are?"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from organization_house import Apply
from ostiary.app.house import House
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Person, PersonStatus
from ostiary.domain.signin_policy.index import SignInPolicyIndex
from ostiary.domain.signin_policy.model import Factor, Registration, RiskAnswer

PAGE = (Path(__file__).parents[2] / "docs/sign-in.md").read_text(encoding="utf-8")
NEEDED = """
[[group]]
name = "service-desk"
owner = "operator"
purpose = "helps"
[[application]]
client_id = "payments"
name = "Payments"
kind = "web"
authentication = "client_secret_basic"
owner = "operator"
redirect_uris = ["https://pay.example.com/callback"]
groups = ["service-desk"]
"""


def example(title: str) -> str:
    [block] = re.findall(rf"### {title}\n.*?```toml\n(.*?)```", PAGE, re.DOTALL)
    return str(block)


def table(house: House, apply_text: Apply, title: str) -> SignInPolicyIndex:
    apply_text(NEEDED + example(title))
    house.memory.refresh()
    return house.remembered.signin_policies.value


def person(house: House, directory: str, *groups: str) -> Person:
    return Person("p", directory, "p", "P", "", PersonStatus.ACTIVE, house.clock.now(), groups=groups)


def test_a_bank_takes_its_own_passkeys_only(house: House, apply_text: Apply) -> None:
    index = table(house, apply_text, "A bank")
    rules = index.rules_for(person(house, "workforce"))
    assert rules.factors == {Factor.PASSKEY}
    assert rules.required is AssuranceLevel.PHISHING_RESISTANT
    assert rules.authenticators is not None
    assert len(rules.authenticators) == 2
    assert rules.risk.high is RiskAnswer.BLOCK
    paying = index.rules_for(person(house, "workforce"), application="payments")
    assert paying.session.total_seconds() == 15 * 60


def test_a_start_up_asks_less_often_but_not_its_administrators(house: House, apply_text: Apply) -> None:
    index = table(house, apply_text, "A start-up")
    assert index.rules_for(person(house, "workforce")).prompt.value == "context"
    administrator = index.rules_for(person(house, "workforce", "administrators"))
    assert (administrator.prompt.value, administrator.required) == ("always", AssuranceLevel.PHISHING_RESISTANT)


def test_a_shop_lets_customers_register(house: House, apply_text: Apply) -> None:
    rules = table(house, apply_text, "A consumer shop").rules_of_directory("consumers")
    assert rules.registration is Registration.OPEN
    assert rules.password_suffices
    assert rules.can_be_met


@pytest.mark.parametrize("title", ["A bank", "A start-up", "A consumer shop"])
def test_every_example_leaves_somebody_a_way_in(house: House, apply_text: Apply, title: str) -> None:
    index = table(house, apply_text, title)
    for directory in index.directories:
        assert index.rules_of_directory(directory).can_be_met
