"""Are all actions known that a policy can name and that the code asks for?"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import ostiary
from ostiary.domain.tokens.permissions import PERMISSIONS
from ostiary.policy.registry.actions import (
    AccessLevel,
    all_services,
    find_action,
    find_service,
    matching_actions,
)
from ostiary.policy.registry.keys import all_keys, find_key
from ostiary.protocols.aws import accessanalyzer, cloudtrail, iam, secretsmanager, sts
from ostiary.protocols.aws.wire import service_operations
from ostiary.protocols.web.routes import ROUTES

MODELS = {
    "sts": "sts",
    "iam": "iam",
    "secretsmanager": "secretsmanager",
    "cloudtrail": "cloudtrail",
    "accessanalyzer": "access-analyzer",
    "sso-admin": "sso",
    "identitystore": "identitystore",
    "rolesanywhere": "rolesanywhere",
}
SOURCE = Path(ostiary.__file__).parent
ACTION = re.compile(r"(?:ostiary|sts|iam|secretsmanager|cloudtrail|access-analyzer):[A-Za-z]+")
KEYS = {key.name for key in all_keys()}


@pytest.mark.parametrize("model", MODELS)
def test_every_operation_of_a_service_is_an_action(model: str) -> None:
    service = find_service(MODELS[model])
    assert service is not None
    assert set(service_operations(model)) <= {action.name for action in service.actions.values()}


def asked_in_tables() -> Iterator[str]:
    for service in (sts.SERVICE, iam.SERVICE, secretsmanager.SERVICE, cloudtrail.SERVICE, accessanalyzer.SERVICE):
        yield from (row.action for row in service.operations.values())
    yield from (permission.action for permission in PERMISSIONS.values())
    yield from (route.action for route in ROUTES if route.action)


def asked_in_code() -> Iterator[str]:
    """Whole strings of the source that have the form of an action; condition keys have the same."""
    for path in SOURCE.rglob("*.py"):
        if "registry" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and ACTION.fullmatch(node.value):
                    yield node.value


def test_every_action_of_a_permission_table_is_known() -> None:
    asked = set(asked_in_tables())
    assert len(asked) > 25
    assert {action for action in asked if find_action(action) is None} == set()


def test_every_action_that_a_room_asks_for_is_known() -> None:
    asked = {name for name in asked_in_code() if find_key(name) is None}
    assert {"ostiary:InvitePerson", "ostiary:RevokeSessions", "sts:TagSession"} <= asked
    assert {action for action in asked if find_action(action) is None} == set()


def test_every_ostiary_action_is_asked_for_somewhere() -> None:
    service = find_service("ostiary")
    assert service is not None
    asked = set(asked_in_tables()) | set(asked_in_code())
    assert {f"ostiary:{action.name}" for action in service.actions.values()} - asked == set()


def test_actions_that_no_operation_has_are_known_too() -> None:
    for name in ("sts:TagSession", "sts:SetSourceIdentity", "iam:PassRole", "sso-directory:SearchUsers"):
        assert find_action(name) is not None
        assert find_action(name.upper()) is find_action(name)


def test_an_action_names_only_keys_that_are_known() -> None:
    named = {key for service in all_services() for action in service.actions.values() for key in action.keys}
    assert len(named) > 30
    assert named <= KEYS


def test_a_resource_of_an_action_is_an_arn_of_six_parts() -> None:
    for service in all_services():
        for action in service.actions.values():
            assert all(arn.startswith("arn:aws:") and arn.count(":") >= 5 for arn in action.resources), action


@pytest.mark.parametrize(
    ("name", "level"),
    [
        ("sts:AssumeRole", AccessLevel.WRITE),
        ("sts:TagSession", AccessLevel.TAGGING),
        ("iam:ListUsers", AccessLevel.LIST),
        ("iam:GetUser", AccessLevel.READ),
        ("iam:PutRolePolicy", AccessLevel.PERMISSIONS_MANAGEMENT),
        ("iam:CreateUser", AccessLevel.WRITE),
        ("secretsmanager:GetSecretValue", AccessLevel.READ),
        ("secretsmanager:PutResourcePolicy", AccessLevel.PERMISSIONS_MANAGEMENT),
        ("secretsmanager:TagResource", AccessLevel.TAGGING),
        ("access-analyzer:ValidatePolicy", AccessLevel.READ),
        ("cloudtrail:LookupEvents", AccessLevel.READ),
    ],
)
def test_an_action_has_the_access_level_of_the_reference(name: str, level: AccessLevel) -> None:
    action = find_action(name)
    assert action is not None
    assert action.level is level


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("iam:GetUser", ("iam:GetUser",)),
        ("IAM:getuser", ("iam:GetUser",)),
        ("iam:GetUser?olicy", ("iam:GetUserPolicy",)),
        ("sts:*Session*", ("sts:GetSessionToken", "sts:TagSession")),
        ("sts:Assume*With*", ("sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity")),
        ("sts:", ()),
        ("sts", ()),
        ("", ()),
        ("s3:*", ()),
        ("sts:?", ()),
        ("sts:AssumeRole ", ()),
        ("\u017fts:*", ()),
    ],
)
def test_a_pattern_names_the_actions_that_it_matches(pattern: str, names: tuple[str, ...]) -> None:
    assert matching_actions(pattern) == names


def test_a_star_names_every_action() -> None:
    every = tuple(
        f"{service.prefix}:{action.name}" for service in all_services() for action in service.actions.values()
    )
    assert len(every) > 500
    assert matching_actions("*") == matching_actions("**") == matching_actions("*:*") == every
    assert len(matching_actions("iam:*")) > 180


def test_a_hostile_pattern_is_bounded() -> None:
    assert matching_actions("*a" * 90 + "!:x") == ()
    assert matching_actions("iam:" + "*?" * 90) == ()
    assert matching_actions("*" * 1_000_000) == ()
    assert find_action("iam:" + "a" * 1_000_000) is None
    assert find_service("a" * 1_000_000) is None
