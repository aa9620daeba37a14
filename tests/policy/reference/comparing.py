"""Do the compiled evaluator and the reference give the same answer to one question?"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ostiary.policy import (
    Decision,
    Policy,
    PolicyKind,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    decide,
    decide_assume,
    decide_trust,
    parse_policy,
)
from policy.reference import evaluation
from policy.reference.evaluation import Answer, Document, Level, World


@dataclass(frozen=True)
class Compiled:
    policies: PolicySet
    trust: Policy | None

    @classmethod
    def of(cls, world: World) -> Compiled:
        return cls(
            PolicySet(
                identity=_compiled_level(world.identity, PolicyKind.IDENTITY),
                resource=None if world.resource is None else compiled(world.resource, PolicyKind.RESOURCE),
                boundary=None if world.boundary is None else compiled(world.boundary, PolicyKind.BOUNDARY),
                session=None if world.session is None else _compiled_level(world.session, PolicyKind.SESSION),
                service_controls=[_compiled_level(one, PolicyKind.SERVICE_CONTROL) for one in world.service_controls],
                resource_controls=[
                    _compiled_level(one, PolicyKind.RESOURCE_CONTROL) for one in world.resource_controls
                ],
            ),
            None if world.trust is None else compiled(world.trust, PolicyKind.TRUST),
        )

    def decide(self, request: Request) -> Decision:
        if self.trust is not None:
            return decide_assume(request, self.trust, self.policies)
        return decide(request, self.policies)


def compiled(document: Document, kind: PolicyKind) -> Policy:
    return parse_policy(json.dumps(document), policy_id=document["Id"], kind=kind)


def _compiled_level(level: Level, kind: PolicyKind) -> list[Policy]:
    return [compiled(document, kind) for document in level]


def differences(world: World, requests: Sequence[Request]) -> Iterator[tuple[Request, str]]:
    """The requests that are answered differently, and how."""
    ready = Compiled.of(world)
    for request in requests:
        if told := difference(world, ready, request):
            yield request, told


def difference(world: World, ready: Compiled, request: Request) -> str:
    told = _told(ready.decide(request), evaluation.decide(world, request))
    if world.trust is not None and ready.trust is not None:
        alone = _told(decide_trust(request, ready.trust), evaluation.decide_trust(world.trust, request))
        told += f" | alone: {alone}" if alone else ""
    return told


def _told(decision: Decision, answer: Answer) -> str:
    same = Answer(decision.allowed, decision.layer, decision.matched, decision.silent)
    if same == answer:
        return ""
    parts = [
        f"{name}: {getattr(same, name)} but the reference says {getattr(answer, name)}"
        for name in ("allowed", "layer", "matched", "silent")
        if getattr(same, name) != getattr(answer, name)
    ]
    return "; ".join(parts)


def written(world: World, request: Request) -> dict[str, Any]:
    """A pair as JSON, for seeds.json."""
    principal = request.principal
    return {
        "world": {name: value for name, value in vars(world).items() if value not in ((), None)},
        "principal": [principal.arn, principal.account, principal.kind, principal.role_arn],
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        "context": dict(request.context),
    }


def read(pair: dict[str, Any]) -> tuple[World, Request]:
    arn, account, kind, role_arn = pair["principal"]
    context = {key: value if isinstance(value, str) else tuple(value) for key, value in pair["context"].items()}
    principal = Principal(arn, account, PrincipalKind(kind), role_arn)
    request = Request(principal, pair["action"], pair["resource"], pair["resource_account"], context)
    return World(**pair["world"]), request
