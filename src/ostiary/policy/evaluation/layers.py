"""Which layers of policies must allow a request?

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

from ostiary.policy.evaluation.policy_set import PolicySet
from ostiary.policy.language.principals import Reach
from ostiary.policy.model import Layer, PrincipalKind, Request

_WITHOUT_OWN_POLICIES = frozenset({PrincipalKind.FEDERATED, PrincipalKind.SERVICE, PrincipalKind.ANONYMOUS})
WITHOUT_IDENTITY_LAYER = _WITHOUT_OWN_POLICIES | {PrincipalKind.ROOT}
# The layers that must allow, in the order in which a missing one is told.
CONTROLS = (Layer.RESOURCE_CONTROL, Layer.SERVICE_CONTROL)
_LIMITS = (Layer.BOUNDARY, Layer.SESSION)
_OWN = (*CONTROLS, Layer.IDENTITY, *_LIMITS)
_BOTH = {owner: (*CONTROLS, owner, Layer.IDENTITY, *_LIMITS) for owner in (Layer.RESOURCE, Layer.TRUST)}
_OWNER_AND_LIMITS = {owner: (*CONTROLS, owner, *_LIMITS) for owner in (Layer.RESOURCE, Layer.TRUST)}
_OWNER_ALONE = {owner: (*CONTROLS, owner) for owner in (Layer.RESOURCE, Layer.TRUST)}
NEVER_GRANTED_BY = {
    # An outside identity acts on resources only through a role; anonymous callers and root users assume no role.
    Layer.RESOURCE: frozenset({PrincipalKind.FEDERATED}),
    Layer.TRUST: frozenset({PrincipalKind.ANONYMOUS, PrincipalKind.ROOT}),
}


def needed_layers(
    request: Request, policies: PolicySet, owner_layer: Layer, owner: Reach, *, by_owner_alone: bool = False
) -> tuple[Layer, ...]:
    """The layers that must allow, in the order in which a missing one is told; fewer the further `owner` reaches.

    `owner` is the most direct Allow of the resource's side: of its resource policy or, for a role, its trust policy.
    """
    principal = request.principal
    if by_owner_alone or principal.kind in _WITHOUT_OWN_POLICIES:
        return _OWNER_ALONE[owner_layer]
    if principal.account != request.resource_account:
        return _BOTH[owner_layer]
    if owner is Reach.NONE:
        return _OWN if owner_layer is Layer.RESOURCE else _BOTH[owner_layer]
    match _limited(request, policies, owner_layer, owner):
        case Reach.DIRECT:
            return _OWNER_ALONE[owner_layer]
        case Reach.ROLE:
            return _OWNER_AND_LIMITS[owner_layer]
        case _:
            return _OWN if owner_layer is Layer.RESOURCE else _BOTH[owner_layer]


def _limited(request: Request, policies: PolicySet, owner_layer: Layer, owner: Reach) -> Reach:
    """How far the owner's grant reaches inside one account; where the documents disagree, less far."""
    if owner is Reach.EVERYONE and owner_layer is Layer.RESOURCE:
        return Reach.ROLE
    principal = request.principal
    is_session = principal.kind is PrincipalKind.ROLE_SESSION or ":federated-user/" in principal.arn
    if owner is Reach.DIRECT and policies.session is not None and not is_session:
        # The grant names the user, but the caller is a session of that user: its session policies limit it.
        return Reach.ROLE
    return owner
