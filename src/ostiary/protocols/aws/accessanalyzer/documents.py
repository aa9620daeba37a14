"""Which kind of policy is a document that a client sends, and which is refused?

On this wire a role's trust policy is a resource policy. It is told from others by what the language says: it has no
Resource element, which every other resource policy must have.
"""

from __future__ import annotations

from collections.abc import Mapping

from ostiary.policy import Policy, PolicyError, PolicyKind, parse_policy
from ostiary.protocols.aws.wire.errors import WireError, printable

_KINDS: Mapping[str, tuple[PolicyKind, ...]] = {
    "IDENTITY_POLICY": (PolicyKind.IDENTITY,),
    "RESOURCE_POLICY": (PolicyKind.RESOURCE, PolicyKind.TRUST),
    "SERVICE_CONTROL_POLICY": (PolicyKind.SERVICE_CONTROL,),
    "RESOURCE_CONTROL_POLICY": (PolicyKind.RESOURCE_CONTROL,),
}
_TRUST_POLICY = "AWS::IAM::AssumeRolePolicyDocument"


def read_policy(given: Mapping[str, str], member: str) -> Policy:
    """The policy in that member of the input. Raises WireError when the document is not one."""
    refusals: list[PolicyError] = []
    for kind in _KINDS[given["policyType"]]:
        try:
            return parse_policy(given[member], policy_id=member, kind=kind)
        except PolicyError as error:
            refusals.append(error)
    # Of the two refusals the one that does not ask for another kind of policy helps.
    told = next((one for one in refusals if not one.path.endswith("Resource")), refusals[0])
    raise refused(member, str(told))


def kind_to_validate(given: Mapping[str, str]) -> PolicyKind:
    """What the document is meant to be. Raises WireError when the input contradicts itself."""
    kinds = _KINDS[given["policyType"]]
    meant_for = given.get("validatePolicyResourceType")
    if meant_for is None:
        return next((kind for kind in kinds if _is_one(given["policyDocument"], kind)), kinds[0])
    if PolicyKind.TRUST not in kinds:
        raise refused("validatePolicyResourceType", "give it only with the policy type RESOURCE_POLICY")
    # The resources that AWS has checks of its own for do not exist here: their policies have the general ones.
    return PolicyKind.TRUST if meant_for == _TRUST_POLICY else PolicyKind.RESOURCE


def _is_one(document: str, kind: PolicyKind) -> bool:
    try:
        parse_policy(document, policy_id="", kind=kind)
    except PolicyError:
        return False
    return True


def refused(member: str, why: str) -> WireError:
    text = printable(why)
    return WireError(
        "ValidationException",
        f"The value of {member} is not valid: {text}",
        members={"reason": "fieldValidationFailed", "fieldList": [{"name": member, "message": text}]},
    )
