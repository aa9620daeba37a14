"""How is a decision told in one sentence, in AWS's words?

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from ostiary.policy.model import Layer, PrincipalKind, Request

_DENIES_IN = {
    Layer.RESOURCE_CONTROL: "a resource control policy",
    Layer.SERVICE_CONTROL: "a service control policy",
    Layer.RESOURCE: "a resource-based policy",
    Layer.TRUST: "the role trust policy",
    Layer.IDENTITY: "an identity-based policy",
    Layer.BOUNDARY: "a permissions boundary",
    Layer.SESSION: "a session policy",
}
_NAMES = {
    Layer.RESOURCE_CONTROL: "resource control policy",
    Layer.SERVICE_CONTROL: "service control policy",
    Layer.RESOURCE: "resource-based policy",
    Layer.TRUST: "role trust policy",
    Layer.IDENTITY: "identity-based policy",
    Layer.BOUNDARY: "permissions boundary",
    Layer.SESSION: "session policy",
}


def explicit_deny(request: Request, layer: Layer) -> str:
    return f"{_not_authorized(request)} with an explicit deny in {_DENIES_IN[layer]}"


def implicit_deny(request: Request, layer: Layer) -> str:
    return f"{_not_authorized(request)} because no {_NAMES[layer]} allows the {request.action} action"


def allow(request: Request, layer: Layer) -> str:
    if request.principal.kind is PrincipalKind.ROOT and layer is Layer.IDENTITY:
        because = f"the root user of the account may perform the {request.action} action"
    else:
        because = f"{_DENIES_IN[layer]} allows the {request.action} action"
    return (
        f"User: {_who(request)} is authorized to perform: {request.action} on resource: {request.resource}"
        f" because {because}"
    )


def _not_authorized(request: Request) -> str:
    return f"User: {_who(request)} is not authorized to perform: {request.action} on resource: {request.resource}"


def _who(request: Request) -> str:
    return "anonymous" if request.principal.kind is PrincipalKind.ANONYMOUS else request.principal.arn
