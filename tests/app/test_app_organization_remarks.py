"""Which doubts about policies are told when an organization file is planned?"""

from __future__ import annotations

from pathlib import Path

import pytest

from organization_house import EXAMPLE
from ostiary.app.house import House
from ostiary.app.organization.execution import plan_only
from ostiary.app.organization.reading import read_document
from ostiary.app.organization.remarks import remarks_on

TRUST = """{"Version": "2012-10-17", "Statement": {
  "Effect": "Allow", "Principal": {"AWS": "${account}"}, "Action": "sts:AssumeRole"}}"""
SOUND = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "*"}}'
MISTYPED = SOUND.replace("GetUser", "GetUsr")
ROLE = f"[[role]]\nname = \"app\"\ntrust_policy = '''{TRUST}'''\n"
CONTROL = '[[service_control_policy]]\nname = "guard"\ntargets = ["root"]\npolicy = '
PERMISSIONS = '[[permission_set]]\nname = "set"\n[permission_set.policies]\n'
USER = '[[iam_user]]\nname = "old"\nowner = "operator"\nreason = "r"\nexpires = 2999-01-01\n[iam_user.policies]\n'
APPLICATION = (
    '[[application]]\nclient_id = "todo"\nname = "Todo"\nkind = "machine"\nauthentication = "client_secret_basic"\n'
    'owner = "operator"\n[application.policies]\n'
)


def remarks(house: House, text: str) -> list[tuple[str, str]]:
    document = read_document(text.encode(), file="org.toml", folder=Path())
    plan = plan_only(house.database, document, clock=house.clock)
    return [(one.field, one.finding.code) for change in plan.changes for one in remarks_on(change)]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (f"{ROLE}[role.policies]\nP = '{MISTYPED}'", "policies.P"),
        (f"{ROLE}permissions_boundary = '{MISTYPED}'", "permissions_boundary"),
        (ROLE.replace("sts:AssumeRole", "sts:AssumeRol"), "trust_policy"),
        (f"{PERMISSIONS}P = '{MISTYPED}'", "policies.P"),
        (f"{USER}P = '{MISTYPED}'", "policies.P"),
        (f"{APPLICATION}P = '{MISTYPED}'", "policies.P"),
        (f"{CONTROL}'{MISTYPED}'", "document"),
    ],
)
def test_an_action_that_is_not_there_is_told_wherever_a_policy_stands(house: House, text: str, field: str) -> None:
    assert remarks(house, text) == [(field, "INVALID_ACTION")]


def test_what_is_sound_or_only_needless_is_not_told(house: House) -> None:
    needless = SOUND.replace('"iam:GetUser"', '["iam:GetUser", "iam:Get*"]')
    assert remarks(house, f"{ROLE}[role.policies]\nP = '{SOUND}'\nQ = '{needless}'") == []
    assert remarks(house, EXAMPLE.read_text()) == []
