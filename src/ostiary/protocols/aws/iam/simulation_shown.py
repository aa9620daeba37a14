"""How is the outcome of a simulation told on the wire?

One result per action, which sums up its resources by the most restrictive, and one entry in it per resource.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_ResourceSpecificResult.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from ostiary.domain.access.simulation import Outcome, Scenario, Verdict
from ostiary.domain.access.simulation_inputs import POLICY_INPUT
from ostiary.policy import Layer, MatchedStatement
from ostiary.policy.registry.actions import find_action
from ostiary.policy.validation.json_tree import Position, Span
from ostiary.policy.validation.source import read_source, statements_of

_VERDICTS: Mapping[Verdict, str] = MappingProxyType(
    {
        Verdict.ALLOWED: "allowed",
        Verdict.DENIED: "implicitDeny",
        Verdict.DENIED_EXPLICITLY: "explicitDeny",
    }
)
_LAYERS: Mapping[Layer, str] = MappingProxyType(
    {
        Layer.IDENTITY: "IAM Policy",
        Layer.RESOURCE: "Resource Policy",
        Layer.BOUNDARY: "IAM Permissions Boundary Policy",
    }
)
_ANY: Final = "*"


class Shown:
    """The answer to one request; `statements` counts those that it names."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._told: dict[MatchedStatement, dict[str, Any]] = {}
        self._spans: dict[str, list[Span]] = {}
        self.statements = 0

    def result(self, action: str, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """Of one action; `outcomes` has one entry per resource, and is not empty."""
        verdict = max(one.verdict for one in outcomes)
        deciding = [one for one in outcomes if one.verdict is verdict]
        shown: dict[str, Any] = {
            "EvalActionName": action,
            "EvalResourceName": _template(action, outcomes),
            "EvalDecision": _VERDICTS[verdict],
            "MatchedStatements": self._statements(one for outcome in deciding for one in outcome.statements),
            "MissingContextValues": _each_once(key for one in outcomes for key in one.missing),
        }
        organization = [one.organization_allows for one in outcomes if one.organization_allows is not None]
        if organization:
            shown["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": all(organization)}
        shown |= _boundary(one.boundary_allows for one in outcomes)
        if _about_everything(outcomes):
            return shown | _details([one.layers for one in outcomes if one.layers is not None])
        details = _details([one.layers for one in outcomes if one.layers is not None])
        # As the interface says: of one account, the details are there and empty.
        shown |= details or ({"EvalDecisionDetails": {}} if False not in organization else {})
        shown["ResourceSpecificResults"] = [self._specific(one) for one in outcomes]
        return shown

    def _specific(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "EvalResourceName": outcome.resource,
            "EvalResourceDecision": _VERDICTS[outcome.verdict],
            "MatchedStatements": self._statements(outcome.statements),
            "MissingContextValues": list(outcome.missing),
            **_details([outcome.layers] if outcome.layers is not None else []),
            **_boundary([outcome.boundary_allows]),
        }

    def _statements(self, matched: Iterable[MatchedStatement]) -> list[dict[str, Any]]:
        each = list(dict.fromkeys(matched))
        self.statements += len(each)
        return [self._statement(one) for one in each]

    def _statement(self, matched: MatchedStatement) -> dict[str, Any]:
        known = self._told.get(matched)
        if known is None:
            span = self._spans_of(matched.policy_id)[matched.index]
            known = self._told[matched] = {
                "SourcePolicyId": self._name(matched.policy_id),
                "SourcePolicyType": self._type(matched),
                **_positions(span),
            }
        return known

    def _spans_of(self, policy_id: str) -> list[Span]:
        """Where the statements of a policy stand; each text is read once."""
        spans = self._spans.get(policy_id)
        if spans is None:
            root = read_source(self._scenario.texts[policy_id].text)
            spans = self._spans[policy_id] = [place.node.span for place in statements_of(root)]
        return spans

    def _name(self, policy_id: str) -> str:
        """A stored policy by its own name; ours begins with that of its entity."""
        entity = self._scenario.entity
        return policy_id.removeprefix(f"{entity.name}/") if entity is not None else policy_id

    def _type(self, matched: MatchedStatement) -> str:
        entity = self._scenario.entity
        if matched.layer is Layer.RESOURCE:
            return "resource"
        return "none" if entity is None or matched.policy_id.startswith(f"{POLICY_INPUT}.") else entity.kind


def _positions(span: Span) -> dict[str, Any]:
    """Columns count from 1 here, from 0 in a span; the end is the place after the last character."""
    return {"StartPosition": _position(span.start), "EndPosition": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"Line": position.line, "Column": position.column + 1}


def _template(action: str, outcomes: Sequence[Outcome]) -> str:
    """The form of the ARNs that the action is about, where it is known and one."""
    known = find_action(action)
    if _about_everything(outcomes) or known is None or len(known.resources) != 1:
        return _ANY
    return known.resources[0]


def _about_everything(outcomes: Sequence[Outcome]) -> bool:
    return [one.resource for one in outcomes] == [_ANY]


def _boundary(allows: Iterable[bool | None]) -> dict[str, Any]:
    told = [one for one in allows if one is not None]
    return {"PermissionsBoundaryDecisionDetail": {"AllowedByPermissionsBoundary": all(told)}} if told else {}


def _details(summaries: Sequence[Mapping[Layer, Verdict]]) -> dict[str, Any]:
    """The most restrictive of each layer; nothing where every resource is of the principal's own account."""
    worst: dict[Layer, Verdict] = {}
    for summary in summaries:
        for layer, verdict in summary.items():
            worst[layer] = max(verdict, worst.get(layer, verdict))
    return {"EvalDecisionDetails": {_LAYERS[layer]: _VERDICTS[one] for layer, one in worst.items()}} if worst else {}


def _each_once(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))
