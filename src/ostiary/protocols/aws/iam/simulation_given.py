"""What do the members of a simulation mean, and which of them mean nothing here?

https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ostiary.domain.access.context_entries import ContextEntry, read_context
from ostiary.domain.access.errors import InvalidSimulation
from ostiary.domain.access.simulation_inputs import Excluded, InlineExclusion, Wanted
from ostiary.kit import arn
from ostiary.protocols.aws.wire.service import Input

_SCENARIOS: Final = frozenset(
    {"EC2-VPC-InstanceStore", "EC2-VPC-InstanceStore-Subnet", "EC2-VPC-EBS", "EC2-VPC-EBS-Subnet"}
)
_ENTITY_TYPES: Final = frozenset({"user", "group", "role"})
_SHOWN: Final = 200


def wanted_in(given: Input) -> Wanted:
    """Raises InvalidSimulation."""
    _reject_scenario(given.get("ResourceHandlingOption"))
    exclusions = given.get("PolicyExclusionList", ())
    for exclusion in exclusions:
        _check_exclusion(exclusion)
    return Wanted(
        policies=given.get("PolicyInputList", ()),
        boundaries=given.get("PermissionsBoundaryPolicyInputList", ()),
        organization=[
            level.get("ServiceControlPolicyInputList", ())
            for level in given.get("OrderedOrganizationPolicyInputList", ())
        ],
        resource_policy=given.get("ResourcePolicy", ""),
        resource_owner=given.get("ResourceOwner", ""),
        caller_arn=given.get("CallerArn", ""),
        context=read_context(map(_entry, given.get("ContextEntries", ()))),
        excluded=frozenset(Excluded(one["PolicyType"]) for one in exclusions if "PolicyType" in one),
        excluded_inline=tuple(_inline(one["InlinePolicyIdentifier"]) for one in exclusions if _INLINE in one),
    )


_INLINE: Final = "InlinePolicyIdentifier"


def _entry(given: Mapping[str, Any]) -> ContextEntry:
    """Without a type, one value is a string and several are a list of them."""
    values = tuple(given.get("ContextKeyValues", ()))
    guessed = "string" if len(values) == 1 else "stringList"
    return ContextEntry(given.get("ContextKeyName", ""), values, given.get("ContextKeyType", guessed))


def _inline(given: Mapping[str, str]) -> InlineExclusion:
    return InlineExclusion(given["PolicyName"], given["AttachmentType"], given["AttachmentName"])


def _reject_scenario(option: str | None) -> None:
    if option in _SCENARIOS:
        raise InvalidSimulation(
            f"the scenario {option} is not simulated: this server keeps no EC2 resources; leave out"
            " ResourceHandlingOption and name each resource in ResourceArns"
        )
    if option is not None:
        raise InvalidSimulation(f"`{option[:_SHOWN]}` is not a ResourceHandlingOption")


def _check_exclusion(given: Mapping[str, Any]) -> None:
    """One of three members. A managed policy is attached to nobody here, so its exclusion changes nothing."""
    if len(given) != 1:
        raise InvalidSimulation(
            "each entry of PolicyExclusionList needs exactly one of PolicyType, PolicyArn and InlinePolicyIdentifier"
        )
    if "PolicyArn" in given:
        _check_policy_arn(given["PolicyArn"])
    if _INLINE in given and given[_INLINE]["AttachmentType"] not in _ENTITY_TYPES:
        raise InvalidSimulation(f"AttachmentType must be one of {', '.join(sorted(_ENTITY_TYPES))}")


def _check_policy_arn(text: str) -> None:
    try:
        parsed = arn.parse(text)
    except ValueError as error:
        raise InvalidSimulation(f"PolicyArn: {error}") from None
    if parsed.service != "iam" or not parsed.resource.startswith("policy/") or {"*", "?"} & set(parsed.account):
        raise InvalidSimulation(f"PolicyArn: `{text[:_SHOWN]}` is not the ARN of a managed policy")
    if parsed.resource.count("*") > 1:
        raise InvalidSimulation(f"`{text[:_SHOWN]}` may hold one `*` and any number of `?`")
