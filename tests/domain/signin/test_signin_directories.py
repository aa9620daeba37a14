"""Workforce, partners and consumers: each directory has rules of its own, and nobody else's (BP01-10)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ostiary.domain.audit.caller import AssuranceLevel
from ostiary.domain.directory.model import Directory
from ostiary.domain.sessions.model import SessionLevel
from ostiary.domain.signin_policy.model import Factor, RiskAnswer, ScopeKind, SignInPolicy, SignInRules
from ostiary.storage.transaction import Transaction
from people_house import PASSWORD, House, from_network

ROWS = (
    SignInPolicy(ScopeKind.DIRECTORY, "workforce", required=AssuranceLevel.PHISHING_RESISTANT, session_minutes=60),
    SignInPolicy(ScopeKind.DIRECTORY, "partners", required=AssuranceLevel.MULTI_FACTOR, networks=("192.0.2.0/24",)),
    SignInPolicy(
        ScopeKind.DIRECTORY,
        "consumers",
        required=AssuranceLevel.SINGLE_FACTOR,
        factors=(Factor.PASSWORD, Factor.EMAIL_CODE),
        risk_medium=RiskAnswer.ALLOW,
    ),
)
NAMES = {"wanda": "workforce", "pavel": "partners", "carla": "consumers"}


def test_one_password_opens_in_each_directory_what_its_own_row_says(house: House) -> None:
    for user_name, directory in NAMES.items():
        house.enrol(user_name)
        house.database.write(partial(_move, user_name, directory))
    for row in ROWS:
        house.put_policy(row)
    opened = {name: house.signin.start(name, PASSWORD, from_network()).session for name in NAMES}
    assert {name: session.level for name, session in opened.items()} == {
        "wanda": SessionLevel.FIRST_FACTOR,
        "pavel": SessionLevel.FIRST_FACTOR,
        "carla": SessionLevel.FULL,
    }
    assert [rules_of(house, name).required for name in NAMES] == list(reversed(AssuranceLevel))


def test_a_row_changes_the_people_of_its_directory_alone(house: House) -> None:
    for directory in NAMES.values():
        house.database.write(partial(_put_directory, directory))
    house.refresh()
    for row in ROWS:
        before = {name: house.policies.value.rules_of_directory(name) for name in NAMES.values()}
        house.put_policy(row)
        after = {name: house.policies.value.rules_of_directory(name) for name in NAMES.values()}
        assert [name for name in before if before[name] != after[name]] == [row.name]


def rules_of(house: House, name: str) -> SignInRules:
    with house.database.read() as tx:
        person = tx.directory.person_by_user_name(name)
    assert person is not None
    return house.policies.value.rules_for(person)


def _move(user_name: str, directory: str, tx: Transaction) -> None:
    _put_directory(directory, tx)
    person = tx.directory.person_by_user_name(user_name)
    assert person is not None
    tx.directory.put_person(replace(person, directory=directory))


def _put_directory(directory: str, tx: Transaction) -> None:
    tx.directory.put_directory(Directory(directory))
