"""Do decisions agree with the documentation? Each table names the page that it was written from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ostiary.policy import Policy, PolicyKind, PolicySet, decide, decide_assume, decide_trust
from policy.policy_callers import policy, request

_VECTORS = Path(__file__).parent / "vectors"
_ROLE = "arn:aws:iam::123456789012:role/target"


def _cases(name: str) -> Iterator[Any]:
    for group in json.loads((_VECTORS / f"{name}.json").read_text(encoding="utf-8"))["groups"]:
        assert group["source"].startswith("https://docs.aws.amazon.com/")
        for number, case in enumerate(group["cases"]):
            title = case["name"] if isinstance(case, dict) else f"{group['source'].rpartition('/')[2]}-{number}"
            yield pytest.param(case, id=title)


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


@pytest.mark.parametrize("case", list(_cases("operators")))
def test_a_condition_holds_as_its_operator_is_documented(case: list[Any]) -> None:
    operator, values, value, allowed = case
    allow = policy([{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {operator: {"t:key": values}}}])
    context = {} if value is None else {"t:key": value}
    assert decide(request(context=context), PolicySet(identity=[allow])).allowed is allowed


@pytest.mark.parametrize("case", list(_cases("variables")))
def test_a_variable_stands_for_the_value_of_the_request(case: list[Any]) -> None:
    place, template, version, text, context, allowed = case
    statement: dict[str, Any] = {"Effect": "Allow", "Action": "*"}
    if place.endswith("Resource"):
        asked = request(context=context, resource=text)
        statement[place] = template
    else:
        asked = request(context=context | {"t:key": text})
        statement |= {"Resource": "*", "Condition": {place: {"t:key": template}}}
    allow = policy([statement], version=version)
    assert decide(asked, PolicySet(identity=[allow])).allowed is allowed


@pytest.mark.parametrize("case", list(_cases("decisions")))
def test_layers_decide_as_documented(case: dict[str, Any]) -> None:
    asked = request(case["caller"], account=case.get("account", "123456789012"), context=case.get("context"))
    decision = decide(asked, _policies(case))
    assert decision.allowed is case["allowed"], decision
    assert decision.layer == case.get("layer", decision.layer)
    assert decision.reason.endswith(case.get("ends", ""))


@pytest.mark.parametrize("case", list(_cases("trust")))
def test_a_role_is_assumed_as_documented(case: dict[str, Any]) -> None:
    action = case.get("action", "sts:AssumeRole")
    asked = request(case["caller"], action=action, resource=_ROLE, context=case.get("context"))
    trust = policy(case["trust"], PolicyKind.TRUST)
    assert decide_trust(asked, trust).allowed is case["alone"]
    decision = decide_assume(asked, trust, _policies(case))
    assert decision.allowed is case["allowed"], decision
    assert decision.layer == case.get("layer", decision.layer)
    assert decision.reason.endswith(case.get("ends", ""))
