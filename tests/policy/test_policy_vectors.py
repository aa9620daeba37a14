"""Do decisions agree with the documentation? Each table names the page that it was written from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.policy import (
    Policy,
    PolicyError,
    PolicyKind,
    PolicySet,
    PrincipalKind,
    Request,
    decide,
    decide_assume,
    decide_trust,
    parse_policy,
    print_policy,
)
from policy.policy_callers import ACCOUNT, CALLERS, policy, request

_VECTORS = Path(__file__).parent / "vectors"
_ROLE = "arn:aws:iam::123456789012:role/target"
_OPERATORS = (
    "operators",
    "operators_booleans_and_presence",
    "operators_networks_and_arns",
    "operators_numbers_and_dates",
    "operators_sets",
    "operators_strings",
)
_EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_VERSION = "2012-10-17"
_DECISIONS_AT_LEAST = 450
_OTHER_ACCOUNT = "555555555555"
_GRANTEES = {
    "user": {"AWS": CALLERS["user"].arn},
    "session": {"AWS": CALLERS["session"].arn},
    "role": {"AWS": CALLERS["session"].role_arn},
    "federated-user": {"AWS": CALLERS["federated-user"].arn},
    "stranger": {"AWS": CALLERS["stranger"].arn},
    "account": {"AWS": ACCOUNT},
    "service": {"Service": CALLERS["service"].arn},
    "everyone": "*",
}


def _groups(name: str) -> Iterator[dict[str, Any]]:
    yield from json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))["groups"]


def _cases(*names: str) -> Iterator[Any]:
    for name in names:
        for group in _groups(name):
            page = group["source"].rpartition("/")[2]
            for number, case in enumerate(group["cases"]):
                named = isinstance(case, dict) and "name" in case
                yield pytest.param(case, id=f"{name}-{case['name'] if named else f'{page}-{number}'}")


def _policies(case: dict[str, Any]) -> PolicySet:
    return PolicySet(
        identity=[policy(one) for one in case.get("identity", [])],
        resource=policy(case["resource"], PolicyKind.RESOURCE) if "resource" in case else None,
        boundary=policy(case["boundary"], PolicyKind.BOUNDARY) if "boundary" in case else None,
        session=[policy(one, PolicyKind.SESSION) for one in case["session"]] if "session" in case else None,
        service_controls=_levels(case, "service_controls", PolicyKind.SERVICE_CONTROL),
        resource_controls=_levels(case, "resource_controls", PolicyKind.RESOURCE_CONTROL),
    )


def _levels(case: dict[str, Any], name: str, kind: PolicyKind) -> list[list[Policy]]:
    return [[policy(one, kind) for one in level] for level in case.get(name, [])]


def _assert_statement(
    asked: Request, elements: dict[str, Any], *, expected: bool | str, version: str = _VERSION
) -> None:
    """Of what the documents leave open, `doubt`, no Allow holds and every Deny."""
    statement = {"Action": "*", **elements}
    allow = policy([statement | {"Effect": "Allow"}], version=version)
    assert decide(asked, PolicySet(identity=[allow])).allowed is (expected is True)
    deny = policy([_EVERYTHING, statement | {"Effect": "Deny"}], version=version)
    assert decide(asked, PolicySet(identity=[deny])).explicit is (expected is True or expected == "doubt")


def test_every_decision_names_the_page_that_it_was_written_from() -> None:
    names = [path.stem for path in sorted(_VECTORS.glob("*.json"))]
    groups = [group for name in names for group in _groups(name)]
    assert [group["source"] for group in groups if not group["source"].startswith("https://docs.aws.amazon.com/")] == []
    assert sum(len(group["cases"]) for group in groups) >= _DECISIONS_AT_LEAST
    assert all(group["cases"] for group in groups)


def test_every_table_is_decided() -> None:
    assert {path.stem for path in _VECTORS.glob("*.json")} == {
        *_OPERATORS,
        *("conditions_logic", "global_keys", "tags", "variables", "resources", "actions", "documents"),
        *("principals", "decisions", "layers", "trust", "trust_conditions"),
    }


@pytest.mark.parametrize("case", list(_cases("documents")))
def test_a_text_is_a_policy_as_documented(case: list[Any]) -> None:
    kind, statement, accepted = case
    if accepted:
        text = print_policy(policy(statement, PolicyKind(kind)))
        assert print_policy(parse_policy(text, policy_id="p", kind=PolicyKind(kind))) == text
    else:
        with pytest.raises(PolicyError):
            policy(statement, PolicyKind(kind))


@pytest.mark.parametrize("case", list(_cases(*_OPERATORS)))
def test_a_condition_holds_as_its_operator_is_documented(case: list[Any]) -> None:
    operator, values, value, expected = case
    asked = request(context={} if value is None else {"t:key": value})
    _assert_statement(asked, {"Resource": "*", "Condition": {operator: {"t:key": values}}}, expected=expected)


@pytest.mark.parametrize("case", list(_cases("conditions_logic", "global_keys", "tags")))
def test_keys_and_operators_combine_as_documented(case: list[Any]) -> None:
    condition, context, expected = case
    _assert_statement(request(context=context), {"Resource": "*", "Condition": condition}, expected=expected)


@pytest.mark.parametrize("case", list(_cases("actions")))
def test_an_action_is_named_as_documented(case: list[Any]) -> None:
    element, text, action, expected = case
    asked, named = request(action=action), {element: text, "Resource": "*"}
    assert decide(asked, PolicySet(identity=[policy([{"Effect": "Allow", **named}])])).allowed is expected
    deny = policy([_EVERYTHING, {"Effect": "Deny", **named}])
    assert decide(asked, PolicySet(identity=[deny])).explicit is expected


@pytest.mark.parametrize("case", list(_cases("variables", "resources")))
def test_a_variable_stands_for_the_value_of_the_request(case: list[Any]) -> None:
    place, template, version, text, context, expected = case
    if place.endswith("Resource"):
        asked, elements = request(context=context, resource=text), {place: template}
    else:
        asked = request(context=context | {"t:key": text})
        elements = {"Resource": "*", "Condition": {place: {"t:key": template}}}
    _assert_statement(asked, elements, expected=expected, version=version)


@pytest.mark.parametrize("case", list(_cases("principals")))
def test_a_principal_is_named_as_documented(case: list[Any]) -> None:
    effect, element, value, caller, applies = case
    statement = {"Effect": effect, element: value, "Action": "sts:*"}
    if CALLERS[caller].kind is PrincipalKind.FEDERATED:
        trust = policy([statement], PolicyKind.TRUST)
        decision = decide_trust(request(caller, action="sts:AssumeRoleWithWebIdentity", resource=_ROLE), trust)
    else:
        # In another account nothing but the resource's policy lets a caller in, who may do everything in their own.
        in_force = PolicySet(
            identity=[policy([_EVERYTHING])], resource=policy([statement | {"Resource": "*"}], PolicyKind.RESOURCE)
        )
        decision = decide(request(caller, action="sts:TagSession", account=_OTHER_ACCOUNT), in_force)
    assert (decision.allowed if effect == "Allow" else decision.explicit) is applies, decision


@pytest.mark.parametrize("case", list(_cases("decisions")))
def test_layers_decide_as_documented(case: dict[str, Any]) -> None:
    asked = request(case["caller"], account=case.get("account", "123456789012"), context=case.get("context"))
    decision = decide(asked, _policies(case))
    assert decision.allowed is case["allowed"], decision
    assert decision.layer == case.get("layer", decision.layer)
    assert decision.reason.endswith(case.get("ends", ""))


def _says(letter: str, kind: PolicyKind, principal: object = None) -> Policy:
    """A policy that allows everything (A), speaks of something else (S), or allows everything and denies (D)."""
    who = {} if principal is None else {"Principal": principal}
    other = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"}
    statements = {"A": [_EVERYTHING], "S": [other], "D": [_EVERYTHING, deny]}[letter]
    return policy([statement | who for statement in statements], kind)


def _layers(case: dict[str, Any]) -> PolicySet:
    return PolicySet(
        identity=[_says(letter, PolicyKind.IDENTITY) for letter in case.get("identity", "")],
        resource=_says(case["resource"], PolicyKind.RESOURCE, _GRANTEES[case["to"]]) if "resource" in case else None,
        boundary=_says(case["boundary"], PolicyKind.BOUNDARY) if "boundary" in case else None,
        session=[_says(case["session"], PolicyKind.SESSION)] if "session" in case else None,
        service_controls=[[_says(one, PolicyKind.SERVICE_CONTROL)] for one in case.get("service_control", "")],
        resource_controls=[[_says(one, PolicyKind.RESOURCE_CONTROL, "*")] for one in case.get("resource_control", "")],
    )


@pytest.mark.parametrize("case", list(_cases("layers")))
def test_what_each_layer_says_decides_as_documented(case: dict[str, Any]) -> None:
    asked = request(case["caller"], account=_OTHER_ACCOUNT if case.get("other") else ACCOUNT)
    decision = decide(asked, _layers(case))
    assert decision.allowed is case["allowed"], decision
    assert decision.layer == case.get("layer", decision.layer)


@pytest.mark.parametrize("case", list(_cases("trust", "trust_conditions")))
def test_a_role_is_assumed_as_documented(case: dict[str, Any]) -> None:
    action = case.get("action", "sts:AssumeRole")
    asked = request(case["caller"], action=action, resource=_ROLE, context=case.get("context"))
    trust = policy(case["trust"], PolicyKind.TRUST)
    assert decide_trust(asked, trust).allowed is case["alone"]
    decision = decide_assume(asked, trust, _policies(case))
    assert decision.allowed is case["allowed"], decision
    assert decision.layer == case.get("layer", decision.layer)
    assert decision.reason.endswith(case.get("ends", ""))
