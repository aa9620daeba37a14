"""IAM's questions about what policies would decide, and which condition keys they read.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulateCustomPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForPrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ostiary.domain.access.simulation import Scenario
from ostiary.domain.access.simulation_inputs import check_action, check_resource
from ostiary.protocols.aws.iam.rooms import IamRooms
from ostiary.protocols.aws.iam.simulation_given import wanted_in
from ostiary.protocols.aws.iam.simulation_shown import Shown
from ostiary.protocols.aws.wire.errors import WireError
from ostiary.protocols.aws.wire.paging import next_token, read_token
from ostiary.protocols.aws.wire.service import Call, Input, Output

_ALL_RESOURCES: Final = ("*",)
_PAGE: Final = 100
# A page ends early when it grew this long: the interface allows it, and memory is bounded.
_MAX_STATEMENTS: Final = 2_000


def simulate_principal_policy(rooms: IamRooms, call: Call, given: Input) -> Output:
    scenario = rooms.simulations.of_principal(call.caller.account, given["PolicySourceArn"], wanted_in(given))
    return _page("SimulatePrincipalPolicy", scenario, call, given)


def simulate_custom_policy(rooms: IamRooms, call: Call, given: Input) -> Output:
    scenario = rooms.simulations.of_texts(call.caller.account, wanted_in(given))
    return _page("SimulateCustomPolicy", scenario, call, given)


def get_context_keys_for_principal_policy(rooms: IamRooms, call: Call, given: Input) -> Output:
    texts = given.get("PolicyInputList", ())
    return {
        "ContextKeyNames": list(
            rooms.simulations.context_keys_of_principal(call.caller.account, given["PolicySourceArn"], texts)
        )
    }


def get_context_keys_for_custom_policy(rooms: IamRooms, _call: Call, given: Input) -> Output:
    return {"ContextKeyNames": list(rooms.simulations.context_keys_of_texts(given["PolicyInputList"]))}


def _page(operation: str, scenario: Scenario, call: Call, given: Input) -> Output:
    """One result per action, from the marker on."""
    actions = [check_action(name) for name in given["ActionNames"]]
    if not actions:
        raise WireError("InvalidInput", "ActionNames must name at least one action.")
    resources = _resources(given)
    most = scenario.actions_at_once(actions, resources)
    account = call.caller.account
    first = read_token(operation, account, given, int, member="Marker", code="InvalidInput") or 0
    shown, results, at = Shown(scenario), [], first
    last = min(len(actions), first + min(most, given.get("MaxItems", _PAGE)))
    while at < last and shown.statements <= _MAX_STATEMENTS:
        outcomes = [scenario.simulate(actions[at], resource) for resource in resources]
        results.append(shown.result(actions[at], outcomes))
        at += 1
    answer: dict[str, object] = {"EvaluationResults": results, "IsTruncated": at < len(actions)}
    if at < len(actions):
        answer["Marker"] = next_token(operation, account, given, at)
    return answer


def _resources(given: Input) -> Sequence[str]:
    return list(dict.fromkeys(map(check_resource, given.get("ResourceArns", ())))) or _ALL_RESOURCES
