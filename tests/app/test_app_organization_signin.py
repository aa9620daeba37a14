"""Do the rows of a file become the table of sign-in policies, and is every mistake told with its line?"""

from __future__ import annotations

from pathlib import Path

import pytest

from organization_house import Apply
from ostiary.app.house import House
from ostiary.app.organization.document import DocumentRefused
from ostiary.app.organization.execution import plan_only
from ostiary.app.organization.plan import Plan
from ostiary.app.organization.reading import read_document
from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.signin_policy.model import Factor, RiskAnswer, ScopeKind, SignInPolicy

GROUP = '[[group]]\nname = "admins"\nowner = "operator"\npurpose = "p"\n'
ROWS = """
[[sign_in_policy]]
directory = "consumers"
factors = ["passkey", "password"]
required = "single-factor"
registration = "open"
terms_url = "https://shop.example/terms"
terms_version = "2026-1"
[[sign_in_policy]]
group = "admins"
required = "phishing-resistant"
networks = ["10.0.0.0/8"]
authenticators = ["CB69481E-8FF7-4039-93EC-0A2729A154A8"]
risk_high = "block"
"""


def planned(house: House, text: str) -> Plan:
    document = read_document(text.encode(), file="org.toml", folder=Path())
    return plan_only(house.database, document, clock=house.clock)


def refusal(house: House, text: str) -> str:
    with pytest.raises(DocumentRefused) as refused:
        planned(house, text)
    return str(refused.value)


def kept(house: House) -> list[SignInPolicy]:
    with house.database.read() as tx:
        return list(tx.signin_policies.signin_policies())


def test_rows_are_applied_once_and_come_into_force(house: House, apply_text: Apply) -> None:
    apply_text(GROUP + ROWS)
    assert apply_text(GROUP + ROWS).plan.changes == ()
    consumers, admins = kept(house)
    assert (consumers.kind, consumers.name, consumers.factors) == (
        ScopeKind.DIRECTORY,
        "consumers",
        (Factor.PASSKEY, Factor.PASSWORD),
    )
    assert admins.authenticators == ("cb69481e-8ff7-4039-93ec-0a2729a154a8",)
    assert (admins.required, admins.risk_high) == (AssuranceLevel.PHISHING_RESISTANT, RiskAnswer.BLOCK)
    house.memory.refresh()
    rules = house.remembered.signin_policies.value.rules_of_directory("consumers")
    assert rules.required is AssuranceLevel.SINGLE_FACTOR
    assert rules.password_suffices


def test_a_row_that_the_file_lost_is_deleted(house: House, apply_text: Apply) -> None:
    apply_text(GROUP + ROWS)
    apply_text('[[sign_in_policy]]\ngroup = "admins"\nprompt = "context"\n')
    assert [policy.name for policy in kept(house)] == ["admins"]
    assert kept(house)[0].required is None


def test_a_group_does_not_leave_its_policy_behind(house: House, apply_text: Apply) -> None:
    apply_text(GROUP + ROWS)
    left = '[[group]]\nname = "others"\nowner = "operator"\npurpose = "p"\n'
    assert "the sign-in policy of group `admins` would be left" in refusal(house, left)


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('required = "multi-factor"', "exactly one of"),
        ('directory = "workforce"\ngroup = "admins"', "exactly one of"),
        ('directory = "nowhere"', "there is no directory `nowhere`"),
        ('group = "nobody"', "there is no group `nobody`"),
        ('application = "none"', "there is no application `none`"),
        ('directory = "workforce"\nfactors = ["totp"]', "nobody can prove multi-factor with totp alone"),
        ('directory = "workforce"\nfactors = ["password", "email-code"]', "nobody can prove multi-factor"),
        (
            'directory = "workforce"\nrequired = "phishing-resistant"\nfactors = ["password", "totp"]',
            "nobody can prove phishing-resistant",
        ),
        ('directory = "workforce"\nnetworks = ["10.0.0.1/8"]', "is not a network"),
        ('directory = "workforce"\nnetworks = []', "networks"),
        ('directory = "workforce"\nauthenticators = ["yubikey"]', "is not an AAGUID"),
        ('group = "admins"\nregistration = "open"', "belongs to a directory"),
        ('directory = "workforce"\nregistration = "open"', "strangers cannot register as workforce"),
        ('directory = "consumers"\nterms_url = "https://x.example"', "name both"),
        ('directory = "consumers"\nterms_url = "ftp:x"\nterms_version = "1"', "is not a web address"),
        ('directory = "consumers"\nrecovery_approvers = ["ghosts"]', "there is no group `ghosts`"),
        ('application = "ostiary-cli"\nrisk_high = "block"', "`risk_high` would do nothing here"),
        ('application = "ostiary-cli"\nidle_minutes = 5', "`idle_minutes` would do nothing here"),
        ('application = "ostiary-cli"\nauthenticators = ["x"]', "`authenticators` would do nothing here"),
        ('directory = "consumers"\nrequired = "none"', "required"),
        ('directory = "consumers"\nmfa = true', "mfa"),
    ],
)
def test_a_row_that_cannot_be_right_is_refused(house: House, row: str, told: str) -> None:
    assert told in refusal(house, f"{GROUP}[[sign_in_policy]]\n{row}\n")


def test_one_scope_has_one_row(house: House) -> None:
    row = '[[sign_in_policy]]\ndirectory = "workforce"\nprompt = "always"\n'
    assert "stands twice" in refusal(house, row + row)
